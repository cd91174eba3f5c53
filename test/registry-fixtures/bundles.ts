/** Sigstore's own verifier over what the fixtures mint, with every threshold at one. */
import { bundleFromJSON } from "@sigstore/bundle";
import { PublicKey, TrustedRoot } from "@sigstore/protobuf-specs";
import { type Signer, toSignedEntity, toTrustMaterial, Verifier, type VerifierOptions } from "@sigstore/verify";
import type { SigningKey } from "../../registry-fixtures/signing-key.js";
import type { TrustedRoot as TrustedRootJson } from "../../registry-fixtures/sigstore/trusted-root.js";

export type Thresholds = VerifierOptions;

/** Who signed; throws where it does not verify. */
export function verifyBundle(
  bundle: object,
  root: TrustedRootJson,
  known: readonly Pick<SigningKey, "keyid" | "key">[] = [],
  thresholds: Thresholds = {},
): Signer {
  const keys = known.map(({ keyid, key }) => [
    keyid,
    PublicKey.fromJSON({ rawBytes: key, keyDetails: "PKIX_ECDSA_P256_SHA_256" }),
  ]);
  const material = toTrustMaterial(TrustedRoot.fromJSON(root), Object.fromEntries(keys));
  const limits = { tlogThreshold: 1, ctlogThreshold: 1, timestampThreshold: 1, ...thresholds };
  return new Verifier(material, limits).verify(toSignedEntity(bundleFromJSON(bundle)));
}
