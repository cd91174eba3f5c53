/** Debian's own Release files, as its mirrors served them: real keys, real subkeys, and a real stale signature. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Outcome } from "../../src/model/evidence.js";
import { verifyOpenPgp } from "../../src/verify/openpgp.js";
import { readCertificate } from "../../src/verify/openpgp-certificate.js";
import { readVector, splitRing } from "../verify/openpgp-files.js";

/** The day on which they were fetched. */
const NOW = Date.UTC(2026, 10, 21);
/** By what Debian calls them: the archive's keys of two releases sign with a subkey, the release team's by itself. */
const SIGNERS = {
  bookworm: "B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8",
  trixie: "04B54C3CDCA79751B16BC6B5225629DF75B188BD",
  stable: "4D64FEC119C2029067D6E791F8D2585B8783D481",
};

const certificates = new Map<string, Uint8Array>();
before(async () => {
  for (const certificate of splitRing(readVector("debian", "debian-archive-keyring.gpg"))) {
    const facts = await readCertificate(certificate);
    assert.ok(facts.ok && facts.weakness === null && !facts.revoked && facts.signingKeys.length > 0);
    certificates.set(facts.fingerprint, certificate);
  }
});

function ask(data: string, signature: string, pinned: ReadonlyMap<string, Uint8Array> = certificates) {
  const [bytes, file] = [readVector("debian", data), readVector("debian", signature)];
  return verifyOpenPgp({ bytes, signature: file, certificates: pinned, now: NOW, publishedAt: null });
}

const codeOf = (outcome: Outcome): string => (outcome.outcome === "invalid" ? outcome.code : outcome.outcome);

test("three signatures in one file hold, each by the key that it names", async () => {
  const outcome = await ask("bookworm_Release", "bookworm_Release.gpg");
  assert.ok(outcome.outcome === "verified");
  const named = outcome.signers.map((signer) => (signer.type === "openpgp" ? signer.fingerprint : ""));
  assert.deepEqual(named.sort(), Object.values(SIGNERS).sort());
});

test("with one of the three pinned it holds, and the others are strangers'; with none of them it is a stranger's", async () => {
  for (const fingerprint of Object.values(SIGNERS)) {
    const only = new Map([...certificates].filter(([key]) => key === fingerprint));
    const outcome = await ask("bookworm_Release", "bookworm_Release.gpg", only);
    assert.ok(outcome.outcome === "verified" && outcome.signers.length === 1 && outcome.notes?.length === 2);
  }
  const others = new Map([...certificates].filter(([key]) => !Object.values(SIGNERS).includes(key)));
  assert.equal(codeOf(await ask("bookworm_Release", "bookworm_Release.gpg", others)), "unknown-signer");
});

test("a signature that a mirror kept too long is over other bytes", async () => {
  const outcome = await ask("bookworm-updates_Release", "bookworm-updates_Release.gpg");
  assert.equal(codeOf(outcome), "SIGNATURE_INVALID");
  assert.equal(codeOf(await ask("bookworm-updates_Release", "bookworm_Release.gpg")), "SIGNATURE_INVALID");
});

test("a cleartext message is no detached signature, although gpgv calls it good", async () => {
  assert.equal(codeOf(await ask("bookworm-updates_Release", "bookworm-updates_InRelease")), "SIGNATURE_MALFORMED");
  assert.equal(codeOf(await ask("bookworm-updates_InRelease", "bookworm-updates_InRelease")), "SIGNATURE_MALFORMED");
});
