/** What `--key` and `--to` name: one certificate, in a file or by its full fingerprint. */
import path from "node:path";
import { StopError } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";
import type { World } from "../model/world.js";
import { type CertificateFacts, objectionTo, readCertificate } from "../verify/openpgp-certificate.js";
import { mergedEntries, mergedEntry, type RingEntry, readEntry, readRing } from "../verify/openpgp-keyring.js";
import { exportFromGpg } from "./keys-gpg.js";
import type { River } from "./river.js";

/** A certificate, what it says, and where it was. */
export interface Named {
  readonly entry: RingEntry;
  readonly facts: CertificateFacts;
  readonly from: string;
}

const HELP =
  "Name a file with the armored public key, or write the full fingerprint, 40 or 64 hex digits: gpg --fingerprint shows it.";
const KEYRING = "Name a file of public keys: gpg --armor --export writes one.";
/** In the store of this user: certificates that `trust find` has proposed, by fingerprint. Nothing is believed of them. */
const KIND = "proposed-key";

/**
 * Reads the one certificate that is meant. Throws StopError: USAGE for a short key id, a user id, a file that is none or
 * holds anything but one public certificate; KEY_REVOKED, KEY_EXPIRED, KEY_WEAK or SIGNATURE_TIME for one that can't
 * sign what is to come.
 */
export async function namedCertificate(river: River, text: string): Promise<Named> {
  const fingerprint = fingerprintIn(text);
  const found = fingerprint === null ? await inFile(river, text) : await byFingerprint(river, fingerprint);
  const read = await readCertificate(found.entry.packets);
  if (!read.ok) throw unusable(found.from, read.why);
  const objection = objectionTo(read, river.now);
  if (objection === null) return { ...found, facts: read };
  throw new StopError(objection.code, `${read.fingerprint} can't be pinned: ${objection.says}`, { at: found.from });
}

/** The fingerprint that is written there, upper case; null for the name of a file. Throws StopError USAGE for a short id. */
export function fingerprintIn(text: string): string | null {
  const hex = text.replace(/^0x/i, "").replace(/\s/g, "");
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/i.test(hex)) return hex.toUpperCase();
  if (!/^[0-9a-f]{8,}$/i.test(hex)) return null;
  const what = [8, 16, 24].includes(hex.length) ? "a short key id" : `${hex.length} hex digits, and no fingerprint`;
  throw new StopError("USAGE", `${text} is ${what}`, {
    help: `Anyone can make another key with the same short id, in minutes; only the whole fingerprint names one key. ${HELP} A file of this name is written ./${text}.`,
  });
}

/** With what the trust store has of the same key: a file without the revocation that lies there revokes no less. */
async function inFile({ world, trust }: River, text: string): Promise<Omit<Named, "facts">> {
  const file = path.resolve(world.environment.workingDirectory, text);
  const bytes = await readKeyFile(world, text, LIMITS.certificateBytes, HELP).catch((error: unknown) => {
    if (!(error instanceof StopError) || !/[@<\s]/.test(text)) throw error;
    throw new StopError("USAGE", `"${text}" is a user id, or a file that is not there`, {
      help: `Anyone can write any name and address into a key; only the whole fingerprint names one key. ${HELP}`,
    });
  });
  const read = readEntry(bytes);
  if (!read.ok) throw unusable(text, read.why);
  const pinned = trust.certificates.get(read.value.fingerprint);
  const there = pinned === undefined ? null : readEntry(pinned);
  const merged = there?.ok ? mergedEntry([read.value, there.value]) : read;
  if (!merged.ok) throw unusable(text, merged.why);
  return { entry: merged.value, from: file };
}

/** The bytes of a file of keys that was named on the command line. Throws StopError USAGE, with this help. */
export async function readKeyFile(world: World, text: string, maxBytes: number, help = KEYRING): Promise<Uint8Array> {
  const file = path.resolve(world.environment.workingDirectory, text);
  const unread = (says: string): StopError => new StopError("USAGE", says, { at: text, help });
  if ((await world.files.status(file).catch(() => null)) === null) throw unread(`there is no file ${text}`);
  const bytes = await world.files.read(file, maxBytes).catch((error: unknown) => {
    throw unread(error instanceof RangeError ? `${text} has more than ${maxBytes} bytes` : `${text} can't be read`);
  });
  if (bytes === null) throw unread(`${text} is gone`);
  return bytes;
}

function unusable(file: string, why: string): StopError {
  return new StopError("USAGE", `${file} is not one public key: ${why}`, {
    at: file,
    help: "The file must hold exactly one public certificate and nothing around it: gpg --armor --export <FINGERPRINT> writes one. Several are taken by secure-install trust import.",
  });
}

/** Every copy within reach, put together, so that a revocation in any of them counts. */
async function byFingerprint(river: River, fingerprint: string): Promise<Omit<Named, "facts">> {
  const { world, trust, quarantine, place } = river;
  const exported = await exportFromGpg(world, place.project, [fingerprint]);
  const copies: { readonly bytes: Uint8Array | null; readonly from: string }[] = [
    { bytes: trust.certificates.get(fingerprint) ?? null, from: "the trust store" },
    { bytes: exported.ok ? exported.bytes : null, from: "gpg's keyring" },
    { bytes: await quarantine.kept(fingerprint, KIND, LIMITS.certificateBytes), from: "what trust find proposed" },
  ];
  const found = copies.flatMap(({ bytes, from }) => {
    const ring = bytes === null ? null : readRing(bytes);
    return ring?.ok ? ring.value.entries.map((entry) => ({ entry, from })) : [];
  });
  const subkey = found.find(
    ({ entry }) => entry.fingerprint !== fingerprint && entry.keys.some((key) => key.fingerprint === fingerprint),
  );
  const own = found.filter(({ entry }) => entry.fingerprint === fingerprint);
  const [entry] = mergedEntries(own.map((one) => one.entry)).entries;
  if (entry !== undefined) return { entry, from: own.map(({ from }) => from).join(", ") };
  if (subkey !== undefined) {
    throw new StopError("USAGE", `${fingerprint} is a subkey of ${subkey.entry.fingerprint}: name that one`);
  }
  const gpg = exported.ok ? "gpg's keyring does not have it" : exported.why;
  throw new StopError("USAGE", `there is no key ${fingerprint} here: ${gpg}, and trust find has not proposed it`, {
    help: "Keys are not fetched from key servers, where anyone may put one under any name. Get it from its owner, and name the file; or see what secure-install trust find <package> proposes.",
  });
}

/** Keeps what `trust find` proposes, so that it can be named by its fingerprint alone. */
export async function keepProposal({ quarantine }: River, entry: RingEntry): Promise<void> {
  await quarantine.keep(entry.fingerprint, KIND, entry.packets);
}
