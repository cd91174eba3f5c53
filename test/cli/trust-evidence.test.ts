/**
 * Evidence that is carried into a network where nobody can ask npm's public registry: exported where it can be asked,
 * imported where only a mirror can be, and verified there over the mirror's bytes.
 */
import assert from "node:assert/strict";
import { after, afterEach, describe, test } from "node:test";
import { makeProject, type Project } from "../../registry-fixtures/project.js";
import { openProxy } from "../../registry-fixtures/proxy.js";
import { servePublicly } from "../../registry-fixtures/public-registry.js";
import { recordedAsServed, recordedManifests, recordedTarball } from "../../registry-fixtures/recorded.js";
import { sideBySide } from "../../registry-fixtures/side-by-side.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";
import { manifestAddress, parseClaims } from "../../src/ecosystem/npm.js";
import { StopError } from "../../src/model/finding.js";
import { EVIDENCE_LIMITS, evidenceLine, readEvidence } from "../../src/pipeline/evidence-line.js";
import { readFacts } from "../../src/verify/npm-facts.js";
import { parseReport, type ShownReport } from "../attacks/shown.js";
import { typeInside } from "../pipeline/inside.js";

const SMALL = ["is-stream", "undici-types"];
const records = recordedAsServed().filter((one) => SMALL.includes(one.name) && recordedTarball(one) !== null);
const [old, current] = [records[0] ?? assert.fail(), records[1] ?? assert.fail()];
const open = createSimulator({ name: "public", signs: false });
const mirror = createSimulator({ name: "mirror", signs: false });
for (const record of records) for (const one of [open, mirror]) one.publishSigned(record, recordedTarball(record));
const registry = await servePublicly(open);
const atMirror = await registry.serveBeside(mirror);
const nowhere = await openProxy({});
const CLOSED = { HTTPS_PROXY: nowhere.url, NO_PROXY: "localhost" };
const FILE = "evidence.jsonl";
const projects: Project[] = [];
after(() => Promise.all([registry.close(), nowhere.close()]));
afterEach(async () => {
  for (const one of [open, mirror]) one.reset();
  await Promise.all(projects.splice(0).map((project) => project.remove()));
});

/** A project, with a store of its own, that has its packages from the public registry or from the mirror. */
async function projectFrom(from: "public" | "mirror"): Promise<Project> {
  const site = from === "public" ? open : mirror;
  const { manifest, lockfile } = sideBySide(site, records);
  const project = await makeProject(manifest);
  projects.push(project);
  await project.writeNpmrc({ registry: site.url });
  await project.writeLockfile(lockfile);
  const office = { url: atMirror.url, serves: "npmjs", evidenceFrom: "npmjs" };
  if (from === "mirror") await project.writeTrust({ registries: { office } });
  for (const { name, version } of records) mirror.strip(name, version);
  return project;
}

async function exported(): Promise<string> {
  const project = await projectFrom("public");
  const argv = ["trust", "evidence", "export", "--output", FILE, `--cafile=${registry.caFile}`];
  const { status, stdout, stderr } = await typeInside(project, argv, registry.env);
  assert.deepEqual([status, stdout, stderr], [0, "", `Evidence of 2 packages in ${FILE}.\n`]);
  return project.read(FILE);
}

async function imported(project: Project, text: string | Uint8Array) {
  await project.write(FILE, text);
  const argv = ["trust", "evidence", "import", FILE, "--json"];
  const { status, stdout, stderr } = await typeInside(project, argv, CLOSED);
  return {
    status,
    told: parseReport(stdout, stderr) as ShownReport & { kept: number; better: number; foreign: number },
  };
}

async function gate(project: Project, ...args: readonly string[]): Promise<readonly [number, ShownReport]> {
  const argv = ["gate", "--json", `--cafile=${registry.caFile}`, ...args];
  const { status, stdout, stderr } = await typeInside(project, argv, CLOSED);
  return [status, parseReport(stdout, stderr)];
}

const codesIn = (report: ShownReport) => report.verdicts.map(({ findings }) => findings.map(({ code }) => code));
const forgedLine = (text: string, change: (line: Loose) => void): string =>
  text
    .split("\n")
    .map((line) => {
      if (line === "") return line;
      const parsed = JSON.parse(line);
      change(parsed);
      return JSON.stringify(parsed);
    })
    .join("\n");
function thrownBy(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: lines are taken apart and forged in many ways.
type Loose = any;

const text = await exported();

describe("trust evidence", () => {
  test("export: a line for each statement, sorted, with what is needed and no more", () => {
    const lines = text.trimEnd().split("\n");
    assert.deepEqual([...lines].sort(), lines);
    const told = lines.map((line) => JSON.parse(line) as Loose);
    assert.deepEqual(
      told.map((line) => [line.package, line.address, Object.keys(line)[2]]),
      [
        [`npm:is-stream@${old.version}`, `${registry.url}is-stream`, "publication"],
        [`npm:is-stream@${old.version}`, `${registry.url}is-stream/${old.version}`, "claims"],
        [`npm:undici-types@${current.version}`, `${registry.url}undici-types/${current.version}`, "claims"],
      ],
    );
    const { claims } = told[1];
    assert.deepEqual(Object.keys(claims.dist).sort(), ["integrity", "signatures", "tarball"]);
    assert.ok(!("readme" in claims) && !("maintainers" in claims));
  });

  test("export to stdout, and once more by what the store holds", async () => {
    const project = await projectFrom("public");
    const argv = ["trust", "evidence", "export", `--cafile=${registry.caFile}`];
    const first = await typeInside(project, argv, registry.env);
    assert.deepEqual([first.status, first.stdout, first.stderr], [0, text, "Evidence of 2 packages.\n"]);
    const again = await typeInside(project, [...argv, "--offline", "--quiet"], CLOSED);
    assert.deepEqual([again.status, again.stdout, again.stderr], [0, text, ""]);
  });

  test("import: with it, and only with it, a closed network's run passes; later without any network", async () => {
    const project = await projectFrom("mirror");
    const [before, report] = await gate(project);
    assert.deepEqual([before, report.result], [75, "UNDECIDED"]);
    const { status, told } = await imported(project, text);
    assert.deepEqual([status, told.kept, told.better, told.foreign], [0, 3, 0, 0]);
    for (const args of [[], ["--offline"]]) {
      const [passed, after] = await gate(project, ...args);
      assert.deepEqual([passed, after.counts.passed], [0, 2], JSON.stringify(after.verdicts));
      for (const { evidence } of after.verdicts)
        assert.ok(evidence.some(({ kind, outcome }) => kind === "registry-signature" && outcome === "verified"));
    }
  });

  test("import says what it did, in a sentence that promises nothing", async () => {
    const project = await projectFrom("mirror");
    await project.write(FILE, text);
    const first = await typeInside(project, ["trust", "evidence", "import", FILE], CLOSED);
    const said = "evidence.jsonl: 3 statements kept. They prove nothing until they are verified with the bytes.\n";
    assert.deepEqual([first.status, first.stdout], [0, said]);
    const again = await typeInside(project, ["trust", "evidence", "import", FILE], CLOSED);
    assert.match(
      again.stdout,
      /0 statements kept.*\n3 statements not taken: what the store holds is as good, or better/,
    );
  });

  test("statements of registries that nobody declared are counted, and not kept", async () => {
    const project = await projectFrom("mirror");
    const elsewhere = text.replaceAll(registry.url, "https://npm.example.net/");
    const { status, told } = await imported(project, elsewhere);
    assert.deepEqual([status, told.kept, told.foreign], [0, 0, 3]);
  });

  test("export of what can't be had: nothing is written", async () => {
    const project = await projectFrom("public");
    const argv = ["trust", "evidence", "export", "--output", FILE, `--cafile=${registry.caFile}`];
    const { status, stderr } = await typeInside(project, argv, CLOSED);
    assert.equal(status, 75);
    assert.match(stderr, /^What the registries say of 2 packages could not be had\.\n {2}FETCH_FAILED/);
    await assert.rejects(project.read(FILE));
  });

  test("what is left out of a manifest changes no fact that is verified", async () => {
    const manifests = recordedManifests().slice(0, 60);
    for (const manifest of manifests) {
      const { name, version } = manifest;
      const odd = { ...manifest, scripts: { install: "node x", test: "y" }, directories: { bin: "./b", doc: "d" } };
      for (const whole of [manifest, odd] as const) {
        const claims = parseClaims(Buffer.from(JSON.stringify(whole)), name, version);
        assert.ok(claims.ok);
        const line = {
          name,
          version,
          registry: "https://npm.example.net/",
          kind: "claims",
          claims: claims.value,
        } as const;
        const [read] = readEvidence(Buffer.from(`${evidenceLine(line)}\n`), FILE);
        assert.ok(read?.kind === "claims");
        assert.equal(read.registry, line.registry);
        const facts = (one: typeof claims.value) => readFacts(one.manifest, name, null);
        assert.deepEqual(await facts(read.claims), await facts(claims.value), `${name}@${version}`);
        const { manifest: _, ...said } = read.claims;
        const { manifest: __, ...before } = claims.value;
        assert.deepEqual(said, before);
      }
    }
  });
});

describe("an evidence file that lies", () => {
  test("EVIDENCE_MALFORMED: lines that this program would not have written, and nothing of the file is kept", async () => {
    const [first = "", second = "", third = ""] = text.split("\n");
    const bad: readonly [string, string | Uint8Array][] = [
      ["a line twice", `${text}${third}\n`],
      ["a statement twice, in other words", `${text}${third.replace('"dist":{', '"gypfile":true,"dist":{')}\n`],
      ["another order of keys", third.replace(/^\{("package":"[^"]*"),("address":"[^"]*")/, "{$2,$1")],
      ["white space", third.replace('":{', '": {')],
      ["a key twice", third.replace('"package":', '"package":"npm:x@1.0.0","package":')],
      ["an unknown key", third.replace(/\}$/, ',"trusted":true}')],
      ["__proto__", third.replace(/\}$/, ',"__proto__":{"trusted":true}}')],
      ["__proto__ inside", third.replace('"dist":{', '"__proto__":{"dist":{}},"dist":{')],
      ["another package's claims", third.replaceAll('"name":"undici-types"', '"name":"is-stream"')],
      ["another package's address", third.replace("/undici-types/", "/is-stream/")],
      ["another version's address", third.replace(`/${current.version}"`, '/0.0.1"')],
      ["a name that is none", third.replaceAll("undici-types", "__proto__")],
      ["a version that is none", third.replaceAll(current.version, "latest")],
      [
        "a publication of another package",
        first.replace('"publication":{"name":"is-stream"', '"publication":{"name":"x"'),
      ],
      ["neither claims nor publication", '{"package":"npm:x@1.0.0","address":"https://x/x/1.0.0"}'],
      ["signatures that are none", third.replace(/"signatures":\[.*?\]/, '"signatures":[{"keyid":1}]')],
      ["an empty line", `${first}\n\n${second}\n`],
      ["not JSON", "PK\u0003\u0004"],
      ["not UTF-8", Buffer.from([0x7b, 0xff, 0x7d])],
      ["megabytes in a line", `{"package":"npm:x@1.0.0","address":"${"x".repeat(EVIDENCE_LIMITS.lineLength)}"}`],
      [
        "nested without end",
        `{"package":"npm:x@1.0.0","address":"https://x/x/1.0.0","claims":{"name":"x","version":"1.0.0","bin":${"[".repeat(9000)}${"]".repeat(9000)}}}`,
      ],
      ["more lines than are read", "\n".repeat(EVIDENCE_LIMITS.lines + 1)],
      ["a line's end of another system", text.replaceAll("\n", "\r\n")],
    ];
    for (const [what, lines] of bad) {
      const error = thrownBy(() => readEvidence(Buffer.from(lines), FILE));
      assert.ok(error instanceof StopError, what);
      assert.deepEqual([error.code, error.message.length < 300], ["EVIDENCE_MALFORMED", true], what);
    }
    const project = await projectFrom("mirror");
    const { status, told } = await imported(project, `${first}\n${second}\n${third.replace('":{', '": {')}\n`);
    assert.deepEqual([status, told.error?.code, told.error?.at], [78, "EVIDENCE_MALFORMED", "evidence.jsonl:3:1"]);
    const [undecided] = await gate(project);
    assert.equal(undecided, 75, "nothing was kept");
  });

  test("every prefix and every line mangled: malformed, or the same", () => {
    for (let end = 0; end < text.length; end += 37) {
      const cut = text.slice(0, end);
      if (cut === "" || text[end - 1] === "}" || cut.endsWith("\n")) continue;
      assert.throws(() => readEvidence(Buffer.from(cut), FILE), { code: "EVIDENCE_MALFORMED" }, `up to ${end}`);
    }
  });

  test("a signature that its key did not make: the whole file is refused, and nothing is kept", async () => {
    const project = await projectFrom("mirror");
    const swapped = forgedLine(text, (line) => {
      if (line.package.startsWith("npm:is-stream") && line.claims)
        line.claims.dist.signatures = current.dist.signatures?.map((one) => ({
          ...one,
          keyid: old.dist.signatures?.[0]?.keyid,
        }));
    });
    const { status, told } = await imported(project, swapped);
    assert.deepEqual([status, told.findings.map(({ code }) => code)], [65, ["SIGNATURE_INVALID"]]);
    assert.equal((await gate(project))[0], 75);
  });

  test("an integrity of other bytes, under a signature over the true ones, or under none", async () => {
    const project = await projectFrom("mirror");
    const integrity = current.dist.integrity;
    const other = forgedLine(text, (line) => {
      if (line.claims?.name === "is-stream") line.claims.dist.integrity = integrity;
    });
    assert.equal((await imported(project, other)).status, 65);
    const stripped = forgedLine(other, (line) => {
      if (line.claims?.name === "is-stream") line.claims.dist.signatures = [];
    });
    assert.equal((await imported(project, stripped)).status, 0);
    const [online, undecided] = await gate(project);
    assert.deepEqual([online, undecided.counts.passed], [75, 1], "before it refuses, the registry is asked again");
    const [offline, refused] = await gate(project, "--offline");
    assert.deepEqual([offline, refused.verdicts[0]?.result], [65, "FAILED"]);
  });

  test("a manifest that tells another story is refused by the next run", async () => {
    const project = await projectFrom("mirror");
    assert.equal((await gate(project))[0], 75);
    const forged = forgedLine(text, (line) => {
      if (line.claims) line.claims.scripts = { postinstall: "node evil.js" };
    });
    // The signature covers name, version and digest: the story is held against the bytes, by the run.
    const order = forged
      .trimEnd()
      .split("\n")
      .map((line) => {
        const parsed = JSON.parse(line) as Loose;
        if (!parsed.claims) return line;
        const claims = parseClaims(
          Buffer.from(JSON.stringify(parsed.claims)),
          parsed.claims.name,
          parsed.claims.version,
        );
        assert.ok(claims.ok);
        const { name, version } = parsed.claims;
        return evidenceLine({ name, version, registry: registry.url, kind: "claims", claims: claims.value });
      });
    assert.equal((await imported(project, `${order.sort().join("\n")}\n`)).status, 0);
    const [status, report] = await gate(project, "--offline");
    assert.equal(status, 65);
    assert.ok(
      codesIn(report).every((codes) => codes.includes("MANIFEST_MISMATCH")),
      JSON.stringify(codesIn(report)),
    );
  });

  test("better evidence is not overwritten: neither what is signed by what is not, nor anything by its like", async () => {
    const project = await projectFrom("mirror");
    assert.equal((await imported(project, text)).told.kept, 3);
    const unsigned = forgedLine(text, (line) => {
      if (line.claims) line.claims.dist.signatures = [];
    });
    const second = await imported(project, unsigned);
    assert.deepEqual([second.told.kept, second.told.better], [0, 3]);
    assert.equal((await gate(project))[0], 0);
    const other = await projectFrom("mirror");
    assert.equal((await imported(other, unsigned)).told.kept, 3);
    const better = await imported(other, text);
    assert.deepEqual(
      [better.told.kept, better.told.better],
      [2, 1],
      "claims that a pinned key has signed take their place",
    );
    assert.equal((await gate(other))[0], 0);
  });

  test("a publish time set back counts for nothing where the registry can be asked", async () => {
    const late = createSimulator({ name: "late" });
    const [key] = late.trustKeys();
    late.publish({ "package.json": '{"name":"late","version":"1.0.0"}' }, { publishTime: "2026-02-01T00:00:00.000Z" });
    late.rotateKey({ expiresOld: "2026-01-01T00:00:00.000Z" });
    const served = await registry.serveBeside(late);
    const { manifest, lockfile } = sideBySide(late, [{ name: "late", version: "1.0.0" }]);
    const project = await makeProject(manifest);
    projects.push(project);
    await project.writeNpmrc({ registry: served.url });
    await project.writeLockfile(lockfile);
    const keys = late.trustKeys();
    assert.equal(keys[0]?.keyid, key?.keyid);
    await project.writeTrust({
      registries: { late: { url: served.url, home: ["*"], keys, require: ["integrity", "registry-signature"] } },
    });
    const publication = { at: Date.parse("2025-06-01T00:00:00Z"), siblings: [] };
    const line = { name: "late", version: "1.0.0", registry: served.url, kind: "publication", publication } as const;
    assert.equal((await imported(project, `${evidenceLine(line)}\n`)).told.kept, 1);
    const [status, report] = await gate(project);
    assert.deepEqual([status, codesIn(report)], [65, [["KEY_EXPIRED"]]]);
  });

  test("no file, and a folder", async () => {
    const project = await projectFrom("mirror");
    for (const file of ["nothing.jsonl", "."]) {
      const { status } = await typeInside(project, ["trust", "evidence", "import", file, "--json"], CLOSED);
      assert.equal(status, 64, file);
    }
  });
});

test("an address is spelled as the registry is asked", () => {
  assert.equal(
    manifestAddress("https://npm.example.net/", "@acme/lib", "1.0.0"),
    "https://npm.example.net/@acme%2flib/1.0.0",
  );
});
