/** A certificate as its packets, for telling what was added to a copy of it, and what was taken away. */
import { createHash } from "node:crypto";
import { LIMITS } from "../model/limits.js";
import { dearmor } from "./openpgp-armor.js";
import { type Packet, splitPackets, TAG } from "./openpgp-packets.js";
import { SIGNATURE_TYPE } from "./openpgp-signature.js";

const MAX_PACKETS = 10_000;

/**
 * The packets of a certificate's file, armored or binary, in their order: `id` stands for all of a packet's body;
 * `revokes` marks the revocation of the certificate or of a subkey (RFC 9580, section 5.2.1), which takes something
 * away whoever made it. The revocation of a user ID is none of these: an end that stood beside the ID would go with it.
 * Null where the file can't be read.
 */
export function certificatePackets(
  file: Uint8Array,
): readonly { readonly id: string; readonly revokes: boolean }[] | null {
  const armor = dearmor(file, "PUBLIC KEY BLOCK", LIMITS.certificateBytes);
  const packets = armor.ok ? splitPackets(armor.value, MAX_PACKETS) : armor;
  if (!packets.ok) return null;
  return packets.value.map((packet) => ({ id: idOf(packet), revokes: revokes(packet) }));
}

function idOf({ tag, body }: Packet): string {
  return `${tag} ${createHash("sha256").update(body).digest("hex")}`;
}

/** The type is the third octet in version 3, and the second in later ones. */
function revokes({ tag, body }: Packet): boolean {
  const type = body[(body[0] ?? 0) < 4 ? 2 : 1];
  return tag === TAG.signature && (type === SIGNATURE_TYPE.keyRevocation || type === SIGNATURE_TYPE.subkeyRevocation);
}
