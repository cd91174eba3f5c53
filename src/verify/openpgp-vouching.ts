/** Whether one certificate has certified another: how a publisher introduces a new key (RFC 9580, section 5.2.1.4). */
import type { SignaturePacket, User } from "openpgp";
import { type Certificate, claimsOwn, openCertificate } from "./openpgp-library.js";
import { outline } from "./openpgp-outline.js";
import { revocationOf } from "./openpgp-revocation.js";
import { standingAt } from "./openpgp-standing.js";
import { flawIn, identitiesAt, timeOf } from "./openpgp-statements.js";

const CERTIFICATION = 0x10;
/** Later than any time that a packet can hold. */
const END_OF_TIME = Number.MAX_VALUE;

/**
 * Whether the certificate `earlier` has certified a user ID that `later` claims for itself, and whose name or address it
 * has itself: in its own lifetime, with a strong hash and without an end, and took nothing back. People certify each
 * other's keys under each other's names; whoever has such a certification may add any name to their key, and it says
 * nothing of that name. A revoked one vouches for nobody: it may have been its thief who did. False where either can't
 * be read.
 */
export async function vouchesFor(earlier: Uint8Array, later: Uint8Array): Promise<boolean> {
  const [by, of] = [await open(earlier), await open(later)];
  if (by === null || of === null || by.outline.fingerprint === of.outline.fingerprint) return false;
  if ((await revocationOf(by, null)) !== null || (await revocationOf(of, null)) !== null) return false;
  const [names, own] = [new Set((await claimed(by)).flatMap(namesIn)), new Set(await claimed(of))];
  for (const user of of.key.users) {
    const userId = user.userID?.userID;
    if (userId === undefined || !own.has(userId) || !namesIn(userId).some((name) => names.has(name))) continue;
    if (await certifies(by, of, user)) return true;
  }
  return false;
}

async function claimed(certificate: Certificate): Promise<string[]> {
  return (await identitiesAt(certificate, END_OF_TIME)).map(({ userId }) => userId);
}

/** The name and the address of a user ID, as far as it has them, in small letters. */
function namesIn(userId: string): string[] {
  const [, name = userId, address = ""] = /^([^<>]*)<([^<>\s]+)>\s*$/.exec(userId) ?? [];
  return [name, address].map((one) => one.trim().toLowerCase()).filter((one) => one !== "");
}

async function certifies(by: Certificate, of: Certificate, user: User): Promise<boolean> {
  if (user.revocationSignatures.some((revocation) => claimsOwn(revocation, by.key))) return false;
  const over = { key: of.key.keyPacket, userID: user.userID };
  for (const signature of user.otherCertifications) {
    if (!claimsOwn(signature, by.key) || flawIn([signature]) !== null) continue;
    if (Number.isFinite(signature.getExpirationTime().valueOf())) continue;
    if (!(await by.holds(signature, by.key.keyPacket, CERTIFICATION, over))) continue;
    if (await inLife(by, signature)) return true;
  }
  return false;
}

async function inLife(by: Certificate, signature: SignaturePacket): Promise<boolean> {
  const at = timeOf(signature);
  const standing = await standingAt(by, null, at, false);
  return standing.ok && at < standing.expires;
}

async function open(bytes: Uint8Array): Promise<Certificate | null> {
  const outlined = outline(bytes);
  if (!outlined.ok) return null;
  const opened = await openCertificate(outlined.value);
  return opened.ok ? opened.value : null;
}
