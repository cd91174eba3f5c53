/** Publishers pinned by their OpenPGP key: who else could have signed, and what a missing signature means. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as openpgp from "openpgp";
import { type Project, registryEntry } from "../../registry-fixtures/project.js";
import { secureInstall } from "../../registry-fixtures/secure-install.js";
import { setScene, small } from "./scene.js";
import { codesOf, type ShownReport } from "./shown.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;
const [author, coauthor, stranger] = await Promise.all([makeKey("author"), makeKey("coauthor"), makeKey("stranger")]);

/** By package: what lies at its `.asc`, and the codes of its verdict. */
const CASES: Readonly<
  Record<string, { readonly codes: readonly string[]; sign(bytes: Uint8Array): Promise<unknown> }>
> = {
  "by-the-author": { codes: [], sign: (bytes) => sign(bytes, author) },
  "without-a-signature": { codes: ["SIGNATURE_ABSENT"], sign: async () => null },
  "by-a-stranger": { codes: ["SIGNER_UNTRUSTED"], sign: (bytes) => sign(bytes, stranger) },
  "by-a-publisher-of-others": { codes: ["SIGNER_UNTRUSTED"], sign: (bytes) => sign(bytes, coauthor) },
  "over-other-bytes": { codes: ["SIGNATURE_INVALID"], sign: () => sign(Buffer.from("other bytes"), author) },
  "over-another-package": {
    codes: ["SIGNATURE_INVALID"],
    sign: () => sign(simulator.release("by-the-author", "1.0.0").tarball ?? Buffer.alloc(0), author),
  },
  "a-web-page": { codes: ["SIGNATURE_MALFORMED"], sign: async () => "<!doctype html><title>Welcome</title>\n" },
  "with-text-before-the-armor": {
    codes: ["SIGNATURE_MALFORMED"],
    sign: async (bytes) => `Good signature from the author\n\n${await sign(bytes, author)}`,
  },
  "by-one-where-two-must": { codes: ["SIGNER_UNTRUSTED"], sign: (bytes) => sign(bytes, author) },
};
const NAMES = Object.keys(CASES);

let report: ShownReport;
before(async () => {
  for (const [name, { sign: signed }] of Object.entries(CASES)) {
    const { tarball } = simulator.publish(small(name));
    const signature = await signed(tarball ?? Buffer.alloc(0));
    simulator.put(`${name}/-/${name}-1.0.0.tgz.asc`, signature === null ? null : String(signature));
  }
  const project = await scene.project(Object.fromEntries(NAMES.map((name) => [name, "1.0.0"])));
  await pin(project);
  report = await scene.refused(project, { code: "SIGNATURE_ABSENT", of: "without-a-signature@1.0.0" });
});

for (const [name, { codes }] of Object.entries(CASES)) {
  test(`publisher's signature: ${name} (${codes[0] ?? "passes"})`, () => {
    assert.deepEqual(codesOf(report, `${name}@1.0.0`), codes);
  });
}

test("a registry never counts as a publisher: all of them carry its sound signature", () => {
  for (const { evidence } of report.verdicts) {
    assert.ok(evidence.some(({ kind, outcome }) => kind === "registry-signature" && outcome === "verified"));
  }
});

test("with the right key it passes, is installed, and the last line says by whom", async () => {
  const project = await scene.project({ "by-the-author": "1.0.0" });
  await pin(project);
  const installed = await scene.installed(project);
  assert.deepEqual(installed.verdicts[0]?.publishers, ["author"]);
  const options = { caFile: scene.served.caFile, env: { PATH: scene.witness.path } };
  const { status, stdout } = await secureInstall(project, ["gate"], options);
  assert.equal(status, 0);
  assert.match(
    stdout,
    /^PASSED {2}1 package: 1 signed by the registry, .* 1 by a pinned publisher, 0 on a checksum alone/m,
  );
});

test("the publisher's server is down: undecided, and never taken for unsigned or for good", async () => {
  const project = await scene.project({ "by-the-author": "1.0.0" });
  await pin(project);
  simulator.status(500, { on: /\.asc$/ });
  await scene.refused(project, { code: "FETCH_FAILED", of: "by-the-author@1.0.0", status: 75 });
});

test("one key under two publishers would count twice: the trust store is malformed", async () => {
  const project = await scene.project({ "by-the-author": "1.0.0" });
  await pin(project, { coauthor: author });
  const error = await scene.stopped(project, { code: "TRUST_MALFORMED" });
  assert.match(error.at ?? "", /trust\.json:\d+:\d+/);
});

test("a key that is pinned, and not there", async () => {
  const project = await scene.project({ "by-the-author": "1.0.0" });
  await pin(project, {}, [author]);
  await scene.stopped(project, { code: "TRUST_MALFORMED" });
});

async function pin(
  project: Project,
  other: Readonly<Record<string, openpgp.PrivateKey>> = {},
  certificates: readonly openpgp.PrivateKey[] = [author, coauthor],
): Promise<void> {
  const keys = { author, coauthor, ...other };
  const publishers = Object.entries(keys).map(([name, key]) => [
    name,
    { identities: [{ type: "openpgp", fingerprint: fingerprint(key), signatureUrl: "{url}.asc" }] },
  ]);
  const reason = "the author signs every release";
  await project.writeTrust({
    registries: { fixture: registryEntry(simulator) },
    publishers: Object.fromEntries(publishers),
    rules: [
      { select: "npm:*", publishers: { atLeast: 1, of: ["author"] }, reason },
      { select: "npm:by-one-where-two-must", publishers: { atLeast: 2, of: ["author", "coauthor"] }, reason },
    ],
  });
  for (const key of certificates) {
    await project.write(`.secure-install/keys/${fingerprint(key)}.asc`, key.toPublic().armor());
  }
}

async function makeKey(name: string): Promise<openpgp.PrivateKey> {
  const { privateKey } = await openpgp.generateKey({
    userIDs: [{ name, email: `${name}@example.org` }],
    date: new Date(Date.now() - 86_400_000),
    format: "object",
  });
  return privateKey;
}

async function sign(bytes: Uint8Array, key: openpgp.PrivateKey): Promise<string> {
  const message = await openpgp.createMessage({ binary: bytes });
  return openpgp.sign({ message, signingKeys: key, detached: true, format: "armored" });
}

function fingerprint(key: openpgp.Key): string {
  return key.getFingerprint().toUpperCase();
}
