/** The commands that change the trust store: what they refuse, what they write, and what they say of it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { generateKey } from "openpgp";
import { type Project, registryEntry } from "../../registry-fixtures/project.js";
import { readDenials, readExceptions } from "../../src/trust/exceptions.js";
import { readObservations } from "../../src/trust/observed.js";
import { setScene, small } from "../attacks/scene.js";
import { typeInside } from "../pipeline/inside.js";
import { root } from "../trust/samples.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;
const DAY_MS = 86_400_000;
const ajv = new Ajv2020({ strict: true, strictRequired: false });

const STORE = ".secure-install";
const EXCEPTIONS = join(STORE, "exceptions.json");
const OBSERVED = join(STORE, "observed.lock");

/** Types `trust …`; where a lockfile is judged, with the scene's authority. */
async function trust(project: Project, ...args: readonly string[]) {
  const judges = args[0] === "except" || args[0] === "accept";
  return typeInside(project, ["trust", ...args, ...(judges ? [`--cafile=${scene.served.caFile}`] : [])]);
}

async function stripped(): Promise<Project> {
  simulator.strip("greeter", "1.0.0");
  return scene.project({ greeter: "1.0.0" });
}

/** Types it, and asserts that it is refused with these words, and that no byte of the project changed. */
async function refused(project: Project, args: readonly string[], says: RegExp, status = 64): Promise<string> {
  const before = await project.snapshot();
  const typed = await trust(project, ...args);
  assert.match(typed.stderr, says);
  assert.deepEqual([typed.status, typed.stdout], [status, ""]);
  assert.deepEqual(await project.snapshot(), before);
  return typed.stderr;
}

function matchesSchema(file: "exceptions" | "deny", text: string): void {
  const schema = JSON.parse(readFileSync(join(root(), "schemas", `${file}.schema.json`), "utf8"));
  const accepts = ajv.getSchema(schema.$id) ?? ajv.compile(schema);
  assert.ok(accepts(JSON.parse(text)), JSON.stringify(accepts.errors));
}

const because = ["--reason", "we have looked at it"] as const;

test("except: what it is for, which kinds, until when and why must all be said, and be possible", async () => {
  const project = await stripped();
  const waive = ["--waive", "registry-signature"];
  for (const [args, says] of [
    [["except", "greeter@1.0.0", ...waive], /a reason is missing/],
    [["except", "greeter@1.0.0", ...waive, "--reason", " \n "], /a reason is missing/],
    [["except", "greeter", ...waive, ...because], /"greeter" is not one version/],
    [["except", "greeter@^1.0.0", ...waive, ...because], /is not one version/],
    [["except", "npm:@scope/*@1.0.0", ...waive, ...because], /is not one version/],
    [["except", "pypi:greeter@1.0.0", ...waive, ...because], /is not of npm/],
    [["except", "greeter@1.0.1", ...waive, ...because], /greeter@1\.0\.1 is not in .*\n.*there is 1\.0\.0/s],
    [["except", "stranger@1.0.0", ...waive, ...because], /is not in .*--lockfile/s],
    [["except", "greeter@1.0.0", "--waive", "integrity", ...because], /integrity can't be waived/],
    [
      ["except", "greeter@1.0.0", "--waive", "registry-signatur", ...because],
      /not a kind of evidence\. .*registry-signature/,
    ],
    [["except", "greeter@1.0.0", "--waive", "", ...because], /not a kind of evidence/],
    [
      ["except", "greeter@1.0.0", "--waive", "registry-signature,provenance", ...because],
      /nobody asks npm:greeter@1.0.0 for provenance/,
    ],
    [["except", "greeter@1.0.0", ...waive, ...because, "--expires", "2020-01-01"], /"2020-01-01" is past/],
    [["except", "greeter@1.0.0", ...waive, ...because, "--expires", "0d"], /is past/],
    [["except", "greeter@1.0.0", ...waive, ...because, "--expires", "400d"], /more than a year ahead/],
    [["except", "greeter@1.0.0", ...waive, ...because, "--expires", "2027-02-30"], /is no date/],
    [["except", "greeter@1.0.0", ...waive, ...because, "--expires", "soon"], /is no date/],
    [
      ["except", "greeter@1.0.0", ...because],
      /lacks registry-signature[\s\S]*trust except npm:greeter@1\.0\.0 --waive registry-signature/,
    ],
  ] as const) {
    await refused(project, args, says);
  }
});

test("except: what is invalid can't be waived, and neither can a denial", async () => {
  const tampered = await scene.project({ greeter: "1.0.0" });
  simulator.tamper("greeter", "1.0.0", (bytes) => Buffer.concat([bytes, Buffer.from("x")]));
  const args = ["except", "greeter@1.0.0", "--waive", "registry-signature", ...because];
  await refused(tampered, args, /can't be let through[\s\S]*DIGEST_MISMATCH/, 65);
  simulator.reset();
  const forged = await scene.project({ greeter: "1.0.0" });
  simulator.replay("greeter", "1.0.0", { name: "sandwich", version: "1.0.0" }, "signatures");
  await refused(forged, args, /SIGNATURE_INVALID/, 65);
  const denied = await stripped();
  await denied.write(join(STORE, "deny.json"), { format: 1, deny: [{ select: "npm:greeter", reason: "malware" }] });
  await refused(denied, args, /POLICY_DENIED/, 65);
  const json = await trust(denied, ...args, "--json");
  const { command, changed, findings } = JSON.parse(json.stdout);
  assert.deepEqual([json.status, command, changed, findings[0].code], [65, "trust except", [], "POLICY_DENIED"]);
});

test("except: two digests under one name are no one package, and one without SHA-512 is nothing", async () => {
  const project = await scene.forged({ greeter: "1.0.0" }, ({ packages }) => {
    const entry = packages["node_modules/greeter"];
    assert.ok(entry);
    packages["node_modules/other/node_modules/greeter"] = {
      ...entry,
      integrity: `sha512-${Buffer.alloc(64).toString("base64")}`,
    };
  });
  const args = ["except", "greeter@1.0.0", "--waive", "registry-signature", ...because];
  await refused(project, args, /locked with two digests/);
  const weak = await scene.forged({ greeter: "1.0.0" }, ({ packages }) => {
    delete packages["node_modules/greeter"]?.integrity;
  });
  await refused(weak, args, /without a digest of SHA-512/);
});

test("except: exactly these bytes pass until tomorrow, and the gate counts it; once more changes nothing", async () => {
  const project = await stripped();
  await scene.refused(project, { code: "SIGNATURE_ABSENT", of: "greeter@1.0.0", args: ["gate"] });
  const args = ["except", "greeter@1.0.0", "--waive", "registry-signature", ...because];
  const { status, stdout, stderr } = await trust(project, ...args);
  assert.equal(status, 0, stderr);
  assert.match(
    stdout,
    /^npm:greeter@1\.0\.0 passes without registry-signature until 20\d\d-[\dT:-]+Z: we have looked at it$/m,
  );
  assert.match(stdout, /^ {2}WEAKER {4}exceptions/m);
  assert.match(stdout, /^Review and commit \.secure-install\/exceptions\.json\.$/m);
  assert.ok(stdout.trimEnd().split("\n").length === 3, stdout);
  const text = await project.read(EXCEPTIONS);
  matchesSchema("exceptions", text);
  const [exception] = readExceptions(Buffer.from(text));
  const left = (exception?.expires ?? 0) - Date.now();
  assert.ok(left > DAY_MS - 60_000 && left < DAY_MS + 2_000, String(left));
  assert.deepEqual(Object.keys(JSON.parse(text).exceptions[0]), ["select", "digest", "waive", "expires", "reason"]);
  const { status: passed, report } = await scene.run(project, ["gate"]);
  assert.deepEqual([passed, report.result], [0, "PASSED"]);
  const again = await trust(project, ...args);
  assert.deepEqual([again.status, again.stdout], [0, "npm:greeter@1.0.0 has this exception already.\n"]);
  assert.equal(await project.read(EXCEPTIONS), text);
});

test("except: another end or reason changes the one that is there, and no other line", async () => {
  const project = await stripped();
  const args = ["except", "greeter@1.0.0", "--waive", "registry-signature"];
  await trust(project, ...args, ...because);
  const before = await project.read(EXCEPTIONS);
  const { status, stdout } = await trust(project, ...args, ...because, "--expires", "30d", "--json");
  assert.equal(status, 0);
  const { changed, changes, exception, format, command } = JSON.parse(stdout);
  assert.deepEqual([format, command, changed, changes.length > 0], [1, "trust except", ["exceptions.json"], true]);
  assert.equal(changes[0].direction, "weaker");
  const after = await project.read(EXCEPTIONS);
  const [one, two] = [before.split("\n"), after.split("\n")];
  assert.deepEqual(two.filter((line, at) => line !== one[at]).length, 1);
  assert.equal(JSON.parse(after).exceptions[0].expires, exception.expires);
  matchesSchema("exceptions", after);
});

test("except: what passes as it is needs none", async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  const { status, stdout } = await trust(project, "except", "greeter@1.0.0", ...because);
  assert.deepEqual([status, stdout], [0, "npm:greeter@1.0.0 passes as it is: there is nothing to waive.\n"]);
});

test("except: what could not be judged is not said to pass, and can be let through all the same", async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  await refused(project, ["except", "greeter@1.0.0", "--offline", ...because], /could not be judged[\s\S]*FETCH_/, 75);
  const args = ["except", "greeter@1.0.0", "--waive", "registry-signature", "--offline", ...because];
  const { status, stdout } = await trust(project, ...args);
  assert.equal(status, 0);
  assert.match(stdout, /^It could not be judged here: FETCH_/m);
});

test("except: what it has here may be waived for where it has not, and that is said", async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  const { status, stdout } = await trust(
    project,
    "except",
    "greeter@1.0.0",
    "--waive",
    "registry-signature",
    ...because,
  );
  assert.equal(status, 0);
  assert.match(stdout, /^Here it has registry-signature: the exception counts where it has not\.$/m);
});

test("except: a lockfile elsewhere can be named, by file or by folder", async () => {
  const project = await stripped();
  await project.write("api/package-lock.json", await project.read("package-lock.json"));
  await project.write("api/package.json", await project.read("package.json"));
  await project.write("package-lock.json", {
    name: "project",
    version: "1.0.0",
    lockfileVersion: 3,
    requires: true,
    packages: {},
  });
  const args = ["except", "greeter@1.0.0", "--waive", "registry-signature", ...because];
  await refused(project, args, /is not in/);
  for (const named of ["api", "api/package-lock.json"]) {
    const typed = await trust(project, ...args, "--lockfile", named);
    assert.equal(typed.status, 0, typed.stderr);
  }
});

test("except: a publisher's signature is waived as the kind that proves the publisher", async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  const built = { type: "built-by", issuer: "https://ci.example", repository: "https://git.example/a/b" };
  await project.writeTrust({
    registries: { fixture: registryEntry(simulator) },
    publishers: { author: { identities: [built] } },
    rules: [{ select: "npm:greeter", publishers: { atLeast: 1, of: ["author"] }, reason: "ours" }],
  });
  await refused(project, ["except", "greeter@1.0.0", ...because], /lacks provenance,/);
  assert.equal((await trust(project, "except", "greeter@1.0.0", "--waive", "provenance", ...because)).status, 0);
  assert.equal((await scene.run(project, ["gate"])).status, 0);
});

test("deny: one line more, refused from then on; the same again changes nothing, and a selector must be one", async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  for (const [selector, says] of [
    ["greeter", /names no ecosystem: write npm:greeter/],
    ["npm:gree*", /is not a package name/],
    ["npm:greeter@not a range", /is not a version range/],
    ["npm:gr\u0435eter", /package name|no selector/],
    ["cargo:greeter", /neither npm nor pypi/],
  ] as const) {
    await refused(project, ["deny", selector, ...because], says);
  }
  await refused(project, ["deny", "npm:greeter"], /a reason is missing/);
  const { status, stdout } = await trust(project, "deny", "npm:greeter@1.x", ...because);
  assert.equal(status, 0);
  assert.match(stdout, /^npm:greeter@1\.x is denied: we have looked at it$/m);
  assert.match(stdout, /^ {2}STRONGER {2}deny/m);
  const text = await project.read(join(STORE, "deny.json"));
  matchesSchema("deny", text);
  await scene.refused(project, { code: "POLICY_DENIED", of: "greeter@1.0.0", args: ["gate"] });
  const again = await trust(project, "deny", "npm:greeter@1.x", ...because);
  assert.match(again.stdout, /denied already/);
  assert.equal(await project.read(join(STORE, "deny.json")), text);
  await trust(project, "deny", "npm:other", "--reason", "too\n  much");
  const denials = readDenials(Buffer.from(await project.read(join(STORE, "deny.json"))));
  assert.deepEqual(
    denials.map(({ reason }) => reason),
    ["we have looked at it", "too much"],
  );
});

test("deny: a repository's root holds the store, also where the command is typed below it; none yet is made", async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  await project.write(".git/HEAD", "ref: refs/heads/main\n");
  await project.write("app/package.json", {});
  const below = { ...project, directory: join(project.directory, "app") };
  const { stdout } = await trust(below, "deny", "npm:x", ...because);
  assert.match(stdout, /^Review and commit \.\.\/\.secure-install\/deny\.json\.$/m);
  const text = await project.read(join(STORE, "deny.json"));
  assert.equal(
    text,
    `{\n  "format": 1,\n  "deny": [\n    {\n      "select": "npm:x",\n      "reason": "we have looked at it"\n    }\n  ]\n}\n`,
  );
});

test("accept: what was not seen whole, or does not hold, is refused", async () => {
  const tampered = await scene.project({ greeter: "1.0.0" });
  const args = ["accept", "greeter@1.0.0", ...because];
  await refused(tampered, ["accept", "greeter@1.0.0"], /a reason is missing/);
  await refused(tampered, ["accept", "greeter@2.0.0", ...because], /is not in/);
  simulator.tamper("greeter", "1.0.0", (bytes) => Buffer.concat([bytes, Buffer.from("x")]));
  await refused(tampered, args, /can't be accepted[\s\S]*DIGEST_MISMATCH/, 65);
  simulator.reset();
  simulator.replay("greeter", "1.0.0", { name: "sandwich", version: "1.0.0" }, "signatures");
  await refused(await scene.project({ greeter: "1.0.0" }), args, /SIGNATURE_INVALID/, 65);
  simulator.reset();
  const denied = await scene.project({ greeter: "1.0.0" });
  await denied.write(join(STORE, "deny.json"), { format: 1, deny: [{ select: "npm:greeter", reason: "malware" }] });
  await refused(denied, args, /POLICY_DENIED/, 65);
  const typed = await refused(await scene.project({ greeter: "1.0.0" }), [...args, "--offline"], /FETCH_/, 75);
  assert.match(typed, /Nothing was written/);
});

test("accept: what is refused for more than its drift is so afterwards, and says so", async () => {
  const { status, stdout } = await trust(await stripped(), "accept", "greeter@1.0.0", "--reason", "ours");
  assert.equal(status, 0);
  assert.match(stdout, /^It is still refused: SIGNATURE_ABSENT, .+$/m);
});

test("accept: lost evidence is refused by the gate until a person takes it, and the history is told", async () => {
  const version = (number: string) => simulator.publish(small("drifter", number));
  for (const number of ["1.0.0", "1.1.0"]) version(number);
  const first = await scene.project({ drifter: "1.0.0" });
  const seen = await trust(first, "accept", "npm:drifter@1.0.0", "--reason", "ours");
  assert.equal(seen.status, 0, seen.stderr);
  assert.match(seen.stdout, /^npm:drifter@1\.0\.0 is accepted: ours$/m);
  assert.match(seen.stdout, /^ {2}now {5}1\.0\.0 .*reviewed.*registry-signature/m);
  assert.match(seen.stdout, /^ {2}trust: accept npm:drifter@1\.0\.0: ours$/m);
  assert.match(await first.read(join(STORE, ".gitattributes")), /merge=union/);
  const again = await trust(first, "accept", "drifter@1.0.0", "--reason", "ours");
  assert.deepEqual([again.status, again.stdout], [0, "npm:drifter@1.0.0 was reviewed so already.\n"]);

  const later = await scene.project({ drifter: "1.1.0" });
  await later.writeTrust({ registries: { fixture: registryEntry(simulator, { require: ["integrity"] }) } });
  await later.write(OBSERVED, await first.read(OBSERVED));
  simulator.strip("drifter", "1.1.0");
  await scene.refused(later, { code: "DRIFT_EVIDENCE_VANISHED", of: "drifter@1.1.0", args: ["gate"] });
  const { status, stdout, stderr } = await trust(later, "accept", "drifter@1.1.0", "--reason", "their registry moved");
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^ {2}before {2}1\.0\.0 .*registry-signature/m);
  assert.match(stdout, /^ {2}now {5}1\.1\.0 .*no signature/m);
  assert.match(stdout, /^ {2}WEAKER/m);
  assert.equal((await scene.run(later, ["gate"])).status, 0);
  const lines = readObservations(Buffer.from(await later.read(OBSERVED))).get("npm:drifter") ?? [];
  assert.deepEqual(
    lines.map(({ version: number, reviewed }) => [number, reviewed]),
    [
      ["1.0.0", true],
      ["1.1.0", true],
    ],
  );
});

test("accept: other bytes under a known version are nobody's to settle", async () => {
  simulator.publish(small("replaced"));
  const first = await scene.project({ replaced: "1.0.0" });
  assert.equal((await trust(first, "accept", "replaced@1.0.0", "--reason", "ours")).status, 0);
  simulator.publish(small("replaced", "1.0.0", { description: "other bytes" }), { replace: true });
  const later = await scene.project({ replaced: "1.0.0" });
  await later.write(OBSERVED, await first.read(OBSERVED));
  await refused(later, ["accept", "replaced@1.0.0", "--reason", "x"], /can't be accepted[\s\S]*DRIFT_DIGEST/, 65);
});

test("remove: exactly one thing, named by its place, and what it was is said", async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  const rules = ["a", "b", "c"].map((name) => ({ select: `npm:${name}`, require: ["provenance"], reason: "why" }));
  await project.writeTrust({ registries: { fixture: registryEntry(simulator) }, rules });
  await project.write(join(STORE, "deny.json"), { format: 1, deny: [{ select: "npm:bad", reason: "malware" }] });
  for (const [what, says] of [
    ["rules[3]", /rules\[3\] is not in trust\.json/],
    ["rules[-1]", /neither a publisher nor the place/],
    ["exceptions[0]", /is not in exceptions\.json/],
    ["constructor", /neither a publisher/],
    ["__proto__", /neither a publisher/],
    ["registries[0]", /neither a publisher/],
    ["nobody", /neither a publisher/],
  ] as const) {
    await refused(project, ["remove", what], says);
  }
  const { status, stdout } = await trust(project, "remove", "rules[1]");
  assert.equal(status, 0);
  assert.match(stdout, /^Removed rules\[1\] from trust\.json: \{"select":"npm:b",/m);
  assert.match(stdout, /^ {2}WEAKER/m);
  const left = JSON.parse(await project.read(join(STORE, "trust.json"))).rules;
  assert.deepEqual(
    left.map(({ select }: { select: string }) => select),
    ["npm:a", "npm:c"],
  );
  const { stdout: json } = await trust(project, "remove", "deny[0]", "--json");
  assert.deepEqual(JSON.parse(json).changed, ["deny.json"]);
  assert.deepEqual(JSON.parse(await project.read(join(STORE, "deny.json"))), { format: 1, deny: [] });
});

test("remove: where owners are named, a weakening says that they must sign, and nothing else does", async () => {
  const { publicKey } = await generateKey({ userIDs: [{ name: "x" }], format: "object", type: "curve25519" });
  const fingerprint = publicKey.getFingerprint().toUpperCase();
  const project = await scene.project({ greeter: "1.0.0" });
  await project.writeTrust({ owners: { atLeast: 1, identities: [{ type: "openpgp", fingerprint }] } });
  await project.write(join(STORE, "keys", `${fingerprint}.asc`), publicKey.armor());
  const stronger = await trust(project, "deny", "npm:bad", ...because);
  const weaker = await trust(project, "remove", "deny[0]");
  assert.deepEqual([/trust sign/.test(stronger.stdout), /trust sign/.test(weaker.stdout)], [false, true]);
  await refused(project, ["remove", fingerprint], /is a certificate of owners/);
});

test("remove: a publisher whom a rule needs stays, and so does a certificate that somebody names", async () => {
  const { publicKey } = await generateKey({ userIDs: [{ name: "x" }], format: "object", type: "curve25519" });
  const fingerprint = publicKey.getFingerprint().toUpperCase();
  const project = await scene.project({ greeter: "1.0.0" });
  const author = { identities: [{ type: "openpgp", fingerprint }] };
  const rule = { select: "npm:greeter", publishers: { atLeast: 1, of: ["author"] }, reason: "ours" };
  await project.writeTrust({ publishers: { author }, rules: [rule] });
  await project.write(join(STORE, "keys", `${fingerprint}.asc`), publicKey.armor());
  await refused(project, ["remove", "author"], /author is named by rules\[0\]/);
  await refused(project, ["remove", fingerprint], /is a certificate of author/);
  await refused(project, ["remove", fingerprint.slice(-16)], /short key id\. Anyone can make another key/);
  await refused(project, ["remove", fingerprint.slice(-8)], /short key id/);
  await trust(project, "remove", "rules[0]");
  const { stdout } = await trust(project, "remove", "publishers.author");
  assert.match(stdout, /^Removed publishers\.author from trust\.json/m);
  assert.match(
    stdout,
    new RegExp(`No identity names this certificate now: secure-install trust remove ${fingerprint}`),
  );
  const gone = await trust(project, "remove", `keys/${fingerprint}.asc`);
  assert.match(gone.stdout, new RegExp(`^Removed keys/${fingerprint}\\.asc\\.$`, "m"));
  assert.equal((await trust(project, "check")).status, 0);
});
