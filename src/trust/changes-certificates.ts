/** Changes of the OpenPGP certificates in keys/. */
import { type Change, other, stronger, weaker } from "./change.js";

/**
 * The packets of a certificate in their order (RFC 9580, section 10.1): `id` stands for all bytes of one; `revokes`
 * for a signature of type 0x20 or 0x28, which can only take something away. Null where the bytes can't be read.
 */
export type SplitCertificate = (
  bytes: Uint8Array,
) => readonly { readonly id: string; readonly revokes: boolean }[] | null;

type Certificates = ReadonlyMap<string, Uint8Array>;

/** Everything but an added revocation may let more pass: a new subkey, a later end, a revocation that is gone. */
export function certificateChanges(
  before: Certificates,
  after: Certificates,
  split: SplitCertificate | null,
): readonly Change[] {
  const all = [...new Set([...before.keys(), ...after.keys()])].sort();
  return all.flatMap((fingerprint) => {
    const place = `keys/${fingerprint}.asc`;
    const [old, now] = [before.get(fingerprint), after.get(fingerprint)];
    if (old === undefined) return [other(place, "A certificate is new; by itself it is trusted for nothing.")];
    // A bad signature by a certificate that is pinned refuses; by one that is unknown, it is only a stranger's.
    if (now === undefined) {
      return [weaker(place, "A certificate is gone: what is wrong with its signatures would no longer be seen.")];
    }
    return Buffer.compare(withUnixLines(old), withUnixLines(now)) === 0
      ? []
      : [compared(place, split?.(old) ?? null, split?.(now) ?? null)];
  });
}

/** The same bytes, with the line ends of Unix, whatever a clone made of them; a certificate that is not armored has none. */
export function withUnixLines(bytes: Uint8Array): Buffer {
  const isText = ((bytes[0] ?? 0) & 0x80) === 0;
  const given = Buffer.from(bytes);
  return isText ? Buffer.from(given.toString("latin1").replaceAll("\r\n", "\n"), "latin1") : given;
}

function compared(place: string, old: ReturnType<SplitCertificate>, now: ReturnType<SplitCertificate>): Change {
  const changed = weaker(place, "A certificate changed: keys may have been added, prolonged, or no longer be revoked.");
  if (old === null || now === null) return changed;
  const known = new Set(old.map(({ id }) => id));
  const added = now.filter(({ id }) => !known.has(id));
  const rest = now.filter(({ id }) => known.has(id));
  const kept = rest.length === old.length && rest.every(({ id }, at) => id === old[at]?.id);
  if (!kept || added.some(({ revokes }) => !revokes)) return changed;
  if (added.length === 0) return other(place, "A certificate is written otherwise; it says the same.");
  return stronger(place, "A revocation was added to a certificate.");
}
