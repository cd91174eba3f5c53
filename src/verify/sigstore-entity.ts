/**
 * A bundle as `@sigstore/verify` takes it, its certificate and timestamps read. What speaks for packages of a company is
 * held under the public instance first, and under the company's own then: it is read for both of them once.
 */
import type { Bundle } from "@sigstore/bundle";
import { type SignedEntity, toSignedEntity } from "@sigstore/verify";
import { remember } from "./sigstore-material.js";

const entities = new WeakMap<Bundle, SignedEntity>();

/**
 * Throws what the library throws for a certificate or a timestamp that can't be read.
 * @param artifact the signed bytes, for a bundle that has none of its own
 */
export function entityOf(bundle: Bundle, artifact?: Uint8Array): SignedEntity {
  const known = artifact === undefined ? entities.get(bundle) : undefined;
  if (known !== undefined) return known;
  const entity = toSignedEntity(bundle, artifact === undefined ? undefined : Buffer.from(artifact));
  if (entity.key.$case === "certificate") remember(entity.key.certificate);
  if (artifact === undefined) entities.set(bundle, entity);
  return entity;
}
