/**
 * Every file of the collected keys and parser corner cases, and what is decided about it: which of them is a
 * certificate that could sign today, and that none of the corner cases passes for anything.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { verifyOpenPgp } from "../../src/verify/openpgp.js";
import { readCertificate } from "../../src/verify/openpgp-certificate.js";
import { readSignatureFile } from "../../src/verify/openpgp-signature.js";
import { readVector, vector } from "../verify/openpgp-files.js";

const NOW = Date.UTC(2026, 10, 21);

function filesUnder(folder: string): readonly string[] {
  const names = readdirSync(vector("openpgp", folder), { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => statSync(join(vector("openpgp", folder), name)).isFile())
    .map((name) => name.replaceAll("\\", "/"))
    .sort();
}

/** Sound, bound, not revoked, not at its end, with a key that may sign. All others of `keys/` are none of that. */
const USABLE: Readonly<Record<string, readonly string[]>> = {
  apt: ["marvinparanoid.pub"],
  "keyid-collision": ["dda252ebb8ebe1af-1.asc", "dda252ebb8ebe1af-2.asc"],
  rfc9580: ["A.3.transferable-pubkey-v6.asc"],
  // Only the subkey of the next two is at its end, or not bound; the future one's self-signature is of a later day,
  // before which nothing that it signs is accepted.
  "rnp-forged-keys": [
    "ecc-25519-pub-future-cert.pgp",
    "ecc-p256-pub-expired-subkey.pgp",
    "ecc-p256-pub-no-binding.pgp",
    "ecc-p256-pub.pgp",
  ],
  "rnp-key-edge-cases": [
    "alice-uid-binding.pgp",
    "alice-wrong-mpi-bit-count.pgp",
    "key-25519-non-tweaked.asc",
    "key-primary-uid-conflict-pub.pgp",
    "renee-new-expiration-pub.asc",
  ],
  "rnp-key-validity": [
    "alice-revoker.pgp",
    "alice-sign-sub-pub.pgp",
    "alice-sub-pub.pgp",
    "encrypting-primary.pgp", // with a subkey that signs
  ],
  sequoia: [
    "1pa3pc-dkgpg.pgp",
    "emmelie-dorothea-dina-samantha-awina-ed25519.pgp",
    "erika-corinna-daniela-simone-antonia-nistp521.pgp",
    "primary-key-0-public.pgp",
    "primary-key-5-make-aaaaa-self-sig.pgp",
    // The states of one certificate before its revocation, and without it; 3, with it, is not among them.
    "really-revoked-cert-2-new-self-sig.pgp",
    "really-revoked-cert-4-new-self-sig.pgp",
    // What is revoked here is a subkey that encrypts, a picture or a name.
    "really-revoked-subkey-1-soft-revocation.pgp",
    "really-revoked-subkey-2-new-self-sig.pgp",
    "really-revoked-subkey-3-hard-revocation.pgp",
    "really-revoked-subkey-4-new-self-sig.pgp",
    "really-revoked-user-attribute-0-public.pgp",
    "really-revoked-user-attribute-1-soft-revocation.pgp",
    "really-revoked-user-attribute-2-new-self-sig.pgp",
    "really-revoked-userid-0-public.pgp",
    "really-revoked-userid-3-hard-revocation.pgp",
    "sha-mbles.alice.asc",
  ],
};

test("keys: exactly these certificates could sign today", async () => {
  const usable: string[] = [];
  for (const name of filesUnder("keys")) {
    const facts = await readCertificate(readFileSync(vector("openpgp", "keys", name)));
    if (!facts.ok || facts.weakness !== null || facts.revoked || facts.signingKeys.length === 0) continue;
    if (facts.expires === null || facts.expires > NOW) usable.push(name);
  }
  const expected = Object.entries(USABLE).flatMap(([folder, names]) => names.map((name) => `${folder}/${name}`));
  assert.deepEqual(usable.sort(), expected.sort());
});

test("parser: none of the corner cases is a certificate, and the only one of a signature's form verifies nothing", async () => {
  const collision = readVector("openpgp", "keys", "keyid-collision", "dda252ebb8ebe1af-1.asc");
  const facts = await readCertificate(collision);
  assert.ok(facts.ok);
  const certificates = new Map([[facts.fingerprint, collision]]);
  const signatures: string[] = [];
  for (const name of filesUnder("parser")) {
    const bytes = readFileSync(vector("openpgp", "parser", name));
    assert.ok(!(await readCertificate(bytes)).ok, name);
    if (readSignatureFile(bytes).ok) signatures.push(name);
    const given = { bytes: Buffer.from("x"), signature: bytes, certificates, now: NOW, publishedAt: null };
    assert.notEqual((await verifyOpenPgp(given)).outcome, "verified", name);
  }
  assert.deepEqual(signatures, ["sequoia/malformed-embedded-sig.pgp"]);
});
