/** `trust add`, `import`, `export` and `rotate` as they are typed: what they show, what they write, what follows. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type * as openpgp from "openpgp";
import type { Project } from "../../registry-fixtures/project.js";
import { setScene, small } from "../attacks/scene.js";
import { codesOf } from "../attacks/shown.js";
import { typeInside } from "../pipeline/inside.js";
import * as shop from "../verify/openpgp-workshop.js";
import { type Gpg, keyFile, keyOf, makeGpg, NO_GPG, refused, told } from "./keys-bench.js";

const scene = await setScene(undefined, { inside: true });
const { simulator, served } = scene;
const CA = `--cafile=${served.caFile}`;

/** Publishes a package, and where a key is given, its signature beside the tarball. */
async function publish(name: string, key: openpgp.PrivateKey | null, version = "1.0.0"): Promise<void> {
  const { tarball } = simulator.publish(small(name, version));
  if (key === null) return;
  const signature = await shop.armor(await shop.sign(key, { bytes: tarball ?? Buffer.alloc(0) }));
  simulator.put(`${name}/-/${name}-${version}.tgz.asc`, signature);
}

const ann = await keyOf("Ann", "ann@example.org");
const bob = await keyOf("Bob", "bob@example.org");
const ANN = shop.fingerprintOf(ann);
const BOB = shop.fingerprintOf(bob);
await publish("signed", ann);
await publish("plain", null);
await publish("other", ann);
await publish("ranged", ann, "2.0.0");

const trustOf = async (project: Project) => JSON.parse(await project.read(".secure-install/trust.json"));

describe("trust add --key", () => {
  test("pins the key, its publisher and a rule; says what is signed, and the next run holds to it", async () => {
    const project = await scene.project({ signed: "1.0.0" });
    const file = await keyFile(project, "ann.asc", ann);
    const ran = await typeInside(project, ["trust", "add", "npm:signed", "--key", file, CA]);
    assert.equal(ran.status, 0, ran.stderr);
    assert.equal(
      ran.stdout,
      "rules[0] pins signed-author: npm:signed must be proven by signed-author. Signed: 1 of 1 in this lockfile.\n" +
        `Review and commit .secure-install/keys/${ANN}.asc, .secure-install/trust.json.\n`,
    );
    const groups = (ANN.match(/.{4}/g) ?? []).join(" ");
    assert.ok(ran.stderr.replaceAll(/ {2,}/g, " ").includes(groups), ran.stderr);
    for (const shown of [
      "Ann <ann@example.org>",
      "ed25519 (strength of 128 bits)",
      "never ends",
      "by its primary key",
    ]) {
      assert.ok(ran.stderr.includes(shown), `${shown} is not in ${ran.stderr}`);
    }
    const trust = await trustOf(project);
    assert.deepEqual(trust.publishers, { "signed-author": { identities: [{ type: "openpgp", fingerprint: ANN }] } });
    assert.deepEqual(trust.rules[0].publishers, { atLeast: 1, of: ["signed-author"] });
    assert.match(await project.read(`.secure-install/keys/${ANN}.asc`), /^-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n/);
    const { report, status } = await scene.run(project, ["audit"]);
    assert.deepEqual([status, report.verdicts[0]?.publishers], [0, ["signed-author"]]);
    // A second time, no byte changes.
    const before = await project.snapshot();
    const again = await told(project, ["trust", "add", "npm:signed", "--key", file, CA]);
    assert.deepEqual([again.changed, await project.snapshot()], [[], before]);
  });

  test("warns where the next run would refuse, and it does", async () => {
    const project = await scene.project({ plain: "1.0.0", signed: "1.0.0" });
    const file = await keyFile(project, "bob.asc", bob);
    const unsigned = await told(project, ["trust", "add", "npm:plain", "--key", file, CA]);
    assert.deepEqual([unsigned.trial.signed, unsigned.trial.tried], [0, 1]);
    assert.match(
      unsigned.warnings.join(),
      /the next run would not pass plain@1\.0\.0 \(there is no signature at https:/,
    );
    const other = await told(project, ["trust", "add", "npm:signed", "--key", file, "--as", "plain-author", CA]);
    assert.match(other.warnings.join(), /would not pass signed@1\.0\.0/);
    const { report } = await scene.run(project, ["audit"]);
    assert.deepEqual(codesOf(report, "plain@1.0.0"), ["SIGNATURE_ABSENT"]);
    assert.notDeepEqual(codesOf(report, "signed@1.0.0"), []);
  });

  test("warns of a version that a range leaves without a rule", async () => {
    const project = await scene.project({ signed: "1.0.0" });
    const file = await keyFile(project, "ann.asc", ann);
    const { trial, warnings } = await told(project, ["trust", "add", "npm:signed@>=2", "--key", file, CA]);
    assert.deepEqual([trial.covered, trial.uncovered[0].code], [0, "POLICY_UNCOVERED"]);
    assert.match(warnings.join(), /would refuse signed@1\.0\.0/);
  });

  test("adds a further publisher to the rule of exactly that selector, and a further identity by --as", async () => {
    const project = await scene.project({ signed: "1.0.0", other: "1.0.0" });
    await told(project, ["trust", "add", "npm:signed", "--key", await keyFile(project, "a.asc", ann), CA]);
    const file = await keyFile(project, "b.asc", bob);
    const two = await told(project, [
      "trust",
      "add",
      "npm:signed",
      "--key",
      file,
      "--as",
      "bob",
      "--at-least",
      "1",
      CA,
    ]);
    assert.deepEqual([two.rule, two.atLeast, two.of], ["rules[0]", 1, ["signed-author", "bob"]]);
    assert.deepEqual(two.warnings, ["WEAKER: rules[0] asked for 1 of signed-author; 1 of signed-author, bob is less"]);
    assert.deepEqual([two.trial.signed, two.trial.refused], [0, []]);
    const strict = await told(project, ["trust", "add", "npm:signed", "--key", file, "--at-least", "2", CA]);
    assert.match(strict.warnings.join(), /^the next run would not pass signed@1\.0\.0/);
    await told(project, ["trust", "add", "npm:signed", "--key", file, "--at-least", "1", CA]);
    const third = await keyOf("Ann at work", "ann@work.example");
    const more = await keyFile(project, "c.asc", third);
    await told(project, [
      "trust",
      "add",
      "npm:other",
      "--key",
      more,
      "--as",
      "signed-author",
      "--reason",
      "her second key",
      CA,
    ]);
    const trust = await trustOf(project);
    assert.equal(trust.publishers["signed-author"].identities.length, 2);
    assert.deepEqual([trust.rules.length, trust.rules[1].reason], [2, "her second key"]);
    const tooMany = await refused(project, ["trust", "add", "npm:plain", "--key", file, "--at-least", "2", CA], 64);
    assert.match(tooMany.says, /nothing could ever satisfy it/);
  });

  test("--signature-url is written down, and asked", async () => {
    const project = await scene.project({ other: "1.0.0" });
    simulator.put("signatures/other-1.0.0.sig", await signatureOf("other"));
    const file = await keyFile(project, "ann.asc", ann);
    const url = `${served.url}signatures/{name}-{version}.sig`;
    const { trial } = await told(project, ["trust", "add", "npm:other", "--key", file, "--signature-url", url, CA]);
    assert.deepEqual([trial.signed, trial.tried], [1, 1]);
    assert.equal((await trustOf(project)).publishers["other-author"].identities[0].signatureUrl, url);
    const elsewhere = await told(project, [
      "trust",
      "add",
      "npm:other",
      "--key",
      ANN,
      "--signature-url",
      "{url}.sig",
      CA,
    ]);
    assert.match(elsewhere.warnings.join(), /WEAKER: every rule that names other-author/);
    assert.equal((await trustOf(project)).publishers["other-author"].identities[0].signatureUrl, "{url}.sig");
    const http = ["--signature-url", "http://example.org/{name}.sig"];
    assert.match(
      (await refused(project, ["trust", "add", "npm:plain", "--key", file, ...http, CA], 64)).says,
      /plain HTTP/,
    );
  });

  test("makes a store where there is none, and needs no lockfile", async () => {
    const project = await scene.project({});
    const { rm } = await import("node:fs/promises");
    await rm(join(project.directory, ".secure-install"), { recursive: true });
    await rm(join(project.directory, "package-lock.json"));
    const ran = await typeInside(project, [
      "trust",
      "add",
      "npm:signed",
      "--key",
      await keyFile(project, "a.asc", ann),
      CA,
    ]);
    assert.equal(ran.status, 0, ran.stderr);
    assert.match(ran.stdout, /There is no lockfile here to try it on/);
    assert.deepEqual(Object.keys(await trustOf(project)), ["format", "publishers", "rules"]);
  });
});

describe("trust add --built-by", () => {
  const add = ["trust", "add", "npm:@acme/*", "--built-by", "https://github.com/acme/lib.git", CA];

  test("pins a workflow, with the issuer of the repository's host", async () => {
    const project = await scene.project({});
    const flags = [
      "--workflow",
      ".github/workflows/release.yml",
      "--ref",
      "refs/tags/*",
      "--repository-id",
      "1",
      "--owner-id",
      "2",
      "--runner",
      "github-hosted",
    ];
    const { publisher, warnings } = await told(project, [...add, ...flags]);
    assert.deepEqual([publisher, warnings], ["acme-ci", []]);
    assert.deepEqual((await trustOf(project)).publishers["acme-ci"].identities, [
      {
        type: "built-by",
        issuer: "https://token.actions.githubusercontent.com",
        repository: "https://github.com/acme/lib",
        repositoryId: "1",
        ownerId: "2",
        workflow: ".github/workflows/release.yml",
        ref: "refs/tags/*",
        runner: "github-hosted",
      },
    ]);
  });

  test("a repository without its scheme is told how it is written", async () => {
    const project = await scene.project({});
    const argv = ["trust", "add", "npm:signed", "--built-by", "github.com/acme/lib", CA];
    const { status, stderr } = await typeInside(project, argv);
    assert.equal(status, 64);
    assert.match(stderr, /"github\.com\/acme\/lib" is no address.*[\s\S]*--built-by https:\/\/github\.com\/acme\/lib/);
  });

  test("warns without the numbers that outlive a name, and refuses what is not of its form", async () => {
    const project = await scene.project({});
    assert.match((await told(project, add)).warnings.join(), /whoever gets the repository's name/);
    const own = ["trust", "add", "npm:x", "--built-by", "https://git.example.net/x", CA];
    assert.match((await refused(project, own, 64)).says, /--issuer/);
    assert.match((await refused(project, [...add, "--ref", "main*"], 64)).says, /"ref"/);
    assert.match((await refused(project, [...add, "--key", "x.asc"], 64)).says, /name one identity/);
    assert.match((await refused(project, ["trust", "add", "npm:x", CA], 64)).says, /name one identity/);
  });
});

describe("trust import and export", () => {
  test("many certificates of one file, each under its fingerprint; a second time nothing changes", async () => {
    const project = await scene.project({});
    const ring = join(project.home, "ring.gpg");
    writeFileSync(ring, Buffer.concat([ann.toPublic().write(), bob.toPublic().write(), ann.toPublic().write()]));
    const { imported } = await told(project, ["trust", "import", ring, "--as", "team"]);
    assert.deepEqual(
      imported.map((one: { written: string }) => one.written),
      ["new", "new"],
    );
    assert.equal((await trustOf(project)).publishers.team.identities.length, 2);
    const again = await typeInside(project, ["trust", "import", ring, "--as", "team"]);
    assert.equal(again.stdout, "Imported: 0 new, 0 updated, 2 unchanged.\n");
    const { keyring, fingerprints } = await told(project, ["trust", "export", "--publisher", "team"]);
    assert.deepEqual(fingerprints, [ANN, BOB].sort());
    const back = await keyFile(project, "back.asc", keyring);
    assert.equal(
      (await typeInside(project, ["trust", "import", back])).stdout,
      "Imported: 0 new, 0 updated, 2 unchanged.\n",
    );
    await refused(project, ["trust", "export", "--publisher", "teem"], 64);
  });

  test("what can't be read is said in the words of a file of many keys", async () => {
    const project = await scene.project({});
    for (const [file, says] of [
      ["nowhere.gpg", /there is no file nowhere\.gpg/],
      [".", /\. can't be read/],
    ] as const) {
      for (const argv of [
        ["import", file],
        ["find", "signed", "--keyring", file, CA],
      ]) {
        const { status, stderr } = await typeInside(project, ["trust", ...argv]);
        assert.equal(status, 64);
        assert.match(stderr, says);
        assert.doesNotMatch(stderr, /exactly one|full fingerprint/);
      }
    }
  });

  test("a newer copy adds its revocation, and from then on the key is refused", async () => {
    const project = await scene.project({ signed: "1.0.0" });
    await told(project, ["trust", "add", "npm:signed", "--key", await keyFile(project, "a.asc", ann), CA]);
    const copy = await shop.copyOf(ann);
    copy.revocationSignatures = [await shop.revoke(copy, { reason: 2 })];
    const { imported } = await told(project, ["trust", "import", await keyFile(project, "revoked.asc", copy)]);
    assert.deepEqual([imported[0].written, imported[0].objection.includes("compromised")], ["updated", true]);
    const { report } = await scene.run(project, ["audit"]);
    assert.deepEqual(codesOf(report, "signed@1.0.0"), ["KEY_REVOKED"]);
  });
});

describe("trust rotate", () => {
  async function rotating(next: openpgp.Key): Promise<{ project: Project; file: string }> {
    const project = await scene.project({ signed: "1.0.0" });
    await told(project, [
      "trust",
      "add",
      "npm:signed",
      "--key",
      await keyFile(project, "a.asc", ann),
      "--as",
      "ann",
      CA,
    ]);
    return { project, file: await keyFile(project, "next.asc", next) };
  }

  test("adds the new key to the publisher; what the old one signed still counts", async () => {
    const { project, file } = await rotating(bob);
    const ran = await typeInside(project, ["trust", "rotate", "ann", "--to", file]);
    assert.equal(ran.status, 0, ran.stderr);
    assert.match(ran.stderr, /NOT VOUCHED FOR: neither key vouches for the other: how do you know/);
    assert.equal(
      ran.stdout,
      `ann has the key ${BOB}. The old key stays beside it; --until retires it.\n` +
        `Review and commit .secure-install/keys/${BOB}.asc, .secure-install/trust.json.\n`,
    );
    assert.deepEqual(
      (await trustOf(project)).publishers.ann.identities.map((one: { fingerprint: string }) => one.fingerprint),
      [ANN, BOB],
    );
    assert.equal((await scene.run(project, ["audit"])).status, 0);
  });

  test("--until retires the old key: what it signed before counts, by another's word for the time, and nothing later", async () => {
    const { tarball } = simulator.publish(small("dated"), { publishTime: shop.ago(50).toISOString() });
    const signature = await shop.armor(await shop.sign(ann, { bytes: tarball ?? Buffer.alloc(0) }));
    simulator.put("dated/-/dated-1.0.0.tgz.asc", signature);
    const outcomes: [number, number, readonly string[]][] = [
      [40, 0, []],
      [60, 65, ["KEY_EXPIRED"]],
      [-40, 0, []],
    ];
    for (const [days, status, codes] of outcomes) {
      const project = await scene.project({ dated: "1.0.0" });
      await told(project, [
        "trust",
        "add",
        "npm:dated",
        "--key",
        await keyFile(project, "a.asc", ann),
        "--as",
        "ann",
        CA,
      ]);
      const until = shop.ago(days).toISOString().slice(0, 10);
      const next = await keyFile(project, "b.asc", bob);
      const ran = await typeInside(project, ["trust", "rotate", "ann", "--to", next, "--until", until]);
      assert.match(ran.stdout, new RegExp(`The old key counts until ${until}T00:00:00Z`));
      const [old, young] = (await trustOf(project)).publishers.ann.identities;
      assert.deepEqual([old.until, young.until], [`${until}T00:00:00Z`, undefined]);
      const audit = await scene.run(project, ["audit"]);
      assert.deepEqual([audit.status, codesOf(audit.report, "dated@1.0.0")], [status, codes]);
    }
  });

  test("--compromised sets the old key apart, and what it signed is refused", async () => {
    const { project, file } = await rotating(bob);
    const since = ["--compromised", "2026-08-17", "--reason", "the laptop was stolen"];
    await refused(project, ["trust", "rotate", "ann", "--to", file, "--compromised", "2026-08-17"], 64);
    await refused(
      project,
      ["trust", "rotate", "ann", "--to", file, "--compromised", "2026-02-30", "--reason", "x"],
      64,
    );
    const { oldPublisher, keptIn } = await told(project, ["trust", "rotate", "ann", "--to", file, ...since]);
    assert.deepEqual(keptIn, ["rules[0]"]);
    const { publishers, rules } = await trustOf(project);
    assert.deepEqual(publishers.ann.identities, [{ type: "openpgp", fingerprint: BOB }]);
    const { identities, ...state } = publishers[oldPublisher];
    assert.deepEqual(identities, [{ type: "openpgp", fingerprint: ANN }]);
    assert.deepEqual(state, { status: "compromised", since: "2026-08-17T00:00:00Z", reason: "the laptop was stolen" });
    assert.deepEqual(rules[0].publishers.of, ["ann", oldPublisher]);
    const { report } = await scene.run(project, ["audit"]);
    assert.ok(codesOf(report, "signed@1.0.0").includes("KEY_COMPROMISED"), codesOf(report, "signed@1.0.0").join());
  });

  test("a rule that asks for two does not get two out of one person's keys", async () => {
    const { project, file } = await rotating(await keyOf("Ann", "ann@new.example"));
    await told(project, [
      "trust",
      "add",
      "npm:signed",
      "--key",
      await keyFile(project, "b.asc", bob),
      "--as",
      "bob",
      "--at-least",
      "2",
      CA,
    ]);
    const since = ["--compromised", "2026-08-17", "--reason", "the laptop was stolen"];
    const { keptIn, lostIn } = await told(project, ["trust", "rotate", "ann", "--to", file, ...since]);
    assert.deepEqual([keptIn, lostIn], [[], ["rules[0]"]]);
    assert.deepEqual((await trustOf(project)).rules[0].publishers.of, ["ann", "bob"]);
  });

  test("tells of the old key's signature on the new one, unless the old one is stolen", async () => {
    const signed = await (await keyOf("Ann", "ann@example.org")).signPrimaryUser([ann]);
    const { project, file } = await rotating(signed);
    const { vouched, says } = await told(project, ["trust", "rotate", "ann", "--to", file]);
    assert.deepEqual([vouched, says], [true, "the old key has signed the new one"]);
    const other = await rotating(signed);
    const since = ["--compromised", "2026-08-17", "--reason", "stolen"];
    const stolen = await told(other.project, ["trust", "rotate", "ann", "--to", other.file, ...since]);
    assert.deepEqual([stolen.vouched, stolen.says.includes("a thief")], [false, true]);
  });

  test("a key that the old one has signed as another person's is no rotation", async () => {
    const { project, file } = await rotating(await bob.signPrimaryUser([ann]));
    const { vouched, says } = await told(project, ["trust", "rotate", "ann", "--to", file]);
    assert.deepEqual([vouched, says.startsWith("neither key vouches for the other")], [false, true]);
  });

  test("refuses a publisher that is not there, the same key, and a key of somebody else", async () => {
    const { project, file } = await rotating(bob);
    const nobody = await refused(project, ["trust", "rotate", "anm", "--to", file], 64);
    assert.match(nobody.says, /no publisher "anm" in trust\.json\. Did you mean "ann"\?/);
    await refused(project, ["trust", "rotate", "ann", "--to", ANN], 64);
    await told(project, ["trust", "add", "npm:plain", "--key", file, "--as", "bob", CA]);
    assert.match(
      (await refused(project, ["trust", "rotate", "ann", "--to", file], 64)).says,
      /belongs to the publisher bob/,
    );
  });
});

describe("with gpg", { skip: NO_GPG }, () => {
  let gpg: Gpg;
  before(() => {
    gpg = makeGpg();
  });
  after(() => gpg.remove());

  test("a key by its fingerprint out of gpg's own keyring, signing what gpg signs; then back into a keyring", async () => {
    const fingerprint = gpg.generate("Carol <carol@example.org>");
    const { tarball } = simulator.publish(small("by-gpg"));
    const data = join(gpg.home, "by-gpg.tgz");
    writeFileSync(data, tarball ?? "");
    gpg.run("--armor", "--local-user", fingerprint, "--detach-sign", data);
    simulator.put("by-gpg/-/by-gpg-1.0.0.tgz.asc", readFileSync(`${data}.asc`));
    const project = await scene.project({ "by-gpg": "1.0.0" });
    const spaced = (fingerprint.match(/.{4}/g) ?? []).join(" ");
    const { trial } = await told(project, ["trust", "add", "npm:by-gpg", "--key", spaced, CA], { GNUPGHOME: gpg.home });
    assert.deepEqual([trial.signed, trial.tried], [1, 1]);
    const other = makeGpg();
    try {
      const file = join(project.home, "out.asc");
      const ran = await typeInside(project, ["trust", "export", "--output", file]);
      assert.equal(ran.stdout, "1 certificate written.\n");
      other.run("--import", file);
      assert.match(other.run("--with-colons", "--list-keys").toString(), new RegExp(fingerprint));
    } finally {
      other.remove();
    }
    assert.equal((await scene.run(project, ["audit"])).status, 0);
  });

  test("gpg's certification of the new key by the old one is seen", async () => {
    const [old, next] = [gpg.generate("Dave <dave@example.org>"), gpg.generate("Dave <dave@new.example>")];
    const project = await scene.project({});
    const env = { GNUPGHOME: gpg.home };
    await told(project, ["trust", "add", "npm:signed", "--key", old, "--as", "dave", CA], env);
    const stranger = await told(project, ["trust", "rotate", "dave", "--to", next], env);
    assert.equal(stranger.vouched, false);
    gpg.run("--local-user", old, "--quick-sign-key", next);
    const fresh = await scene.project({});
    await told(fresh, ["trust", "add", "npm:signed", "--key", old, "--as", "dave", CA], env);
    assert.equal((await told(fresh, ["trust", "rotate", "dave", "--to", next], env)).vouched, true);
  });
});

async function signatureOf(name: string): Promise<string> {
  const { tarball } = simulator.publish(small(name), { replace: true });
  return shop.armor(await shop.sign(ann, { bytes: tarball ?? Buffer.alloc(0) }));
}
