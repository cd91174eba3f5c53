/** Who may change the trust store, and what they sign: the step from one state of its decisions to another. */
import { createHash } from "node:crypto";
import type { OwnerIdentity, TrustStore } from "../model/policy.js";
import { parseSshKey, type SshKey } from "../model/ssh-key.js";
import { withUnixLines } from "../trust/changes-certificates.js";
import type { StoreFiles } from "../trust/store.js";

/** For `ssh-keygen -Y sign -n`: no signature that was made for something else counts. */
export const NAMESPACE = "secure-install-trust";

const FORMAT = 1;
/** How the line of an observation ends that a person has looked at; it has one spelling (trust/observed.ts). */
const REVIEWED = '"reviewed":true}';

/** A state of a store: its files as they lie there, and what they mean. */
export interface StoreState {
  readonly files: StoreFiles;
  readonly store: TrustStore;
}

/**
 * The text that owners sign. It names both states, so that a signature neither brings an old state back, nor goes with
 * another state of the branch than the one that its maker saw.
 */
export function stepMessage(from: StoreFiles, to: StoreFiles): Buffer {
  const lines = [
    "secure-install trust store",
    `format ${FORMAT}`,
    `from sha256:${decisionsDigest(from)}`,
    `to sha256:${decisionsDigest(to)}`,
  ];
  return Buffer.from(lines.map((line) => `${line}\n`).join(""));
}

/**
 * SHA-256 (hex) over what people decided: every file but the signatures themselves, and of the observations only those
 * that somebody reviewed, since bots may add others at any time. Line ends are those of Unix, whatever a clone made of
 * them.
 */
export function decisionsDigest(files: StoreFiles): string {
  const hash = createHash("sha256");
  for (const name of [...files.keys()].filter((file) => !file.startsWith("signatures/")).sort()) {
    const unix = withUnixLines(files.get(name) ?? new Uint8Array());
    const decided = name === "observed.lock" ? Buffer.from(reviewedLines(unix).sort().join("\n")) : unix;
    if (name === "observed.lock" && decided.length === 0) continue;
    hash.update(`${name}\0${decided.length}\0`).update(decided);
  }
  return hash.digest("hex");
}

/** The lines of observed.lock that somebody reviewed, each once. */
export function reviewedLines(bytes: Uint8Array | undefined): string[] {
  const lines = Buffer.from(bytes ?? [])
    .toString("utf8")
    .split(/\r?\n/);
  return [...new Set(lines.filter((line) => line.endsWith(REVIEWED)))];
}

/** The file in which an owner's signature lies, by its name in the store. */
export function signatureName(owner: OwnerIdentity): string {
  if (owner.type === "openpgp") return `signatures/${owner.fingerprint}.asc`;
  return `signatures/${createHash("sha256")
    .update(sshKeyOf(owner.key)?.blob ?? owner.key)
    .digest("hex")}.sig`;
}

export interface Signed {
  /** Each owner once, whose signature over the step holds. */
  readonly by: readonly OwnerIdentity[];
  /** Why a signature that is there does not count, in words. */
  readonly remarks: readonly string[];
}

/**
 * Which owners of the state `from` have signed the step to `to`: by the keys that stand in `from`, so that nobody whom
 * the step itself brings in is heard. A certificate that the step revokes is not heard either.
 */
export async function signersOf(from: StoreState, to: StoreState, now: number): Promise<Signed> {
  const message = stepMessage(from.files, to.files);
  const by: OwnerIdentity[] = [];
  const remarks: string[] = [];
  for (const owner of from.store.owners?.identities ?? []) {
    const name = signatureName(owner);
    const signature = to.files.get(name);
    if (signature === undefined) continue;
    const why = await flawOf(owner, { message, signature, from, to, now });
    if (why === null) by.push(owner);
    else remarks.push(`${name}: ${why}`);
  }
  const twice = await sameKeys(by, from.store);
  for (const owner of twice)
    remarks.push(`${signatureName(owner)}: it is by a key that an OpenPGP signature is by, too`);
  return { by: by.filter((owner) => !twice.includes(owner)), remarks };
}

/**
 * SSH keys that are also keys of an OpenPGP certificate of another owner among these: gpg's agent lends its keys to ssh,
 * and one key is one signature, whatever it is wrapped in.
 */
async function sameKeys(owners: readonly OwnerIdentity[], { certificates }: TrustStore): Promise<OwnerIdentity[]> {
  const { outline } = await import("../verify/openpgp-outline.js");
  const packets = owners.flatMap((owner) => {
    const bytes = owner.type === "openpgp" ? certificates.get(owner.fingerprint) : undefined;
    const outlined = bytes === undefined ? null : outline(bytes);
    return outlined?.ok ? [Buffer.from(outlined.value.packets)] : [];
  });
  return owners.filter((owner) => {
    const numbers = owner.type === "ssh" ? sshKeyOf(owner.key)?.parts.at(-1) : undefined;
    // A modulus may have a byte for its sign in front, which OpenPGP does not write.
    const own = numbers === undefined ? null : Buffer.from(numbers[0] === 0 ? numbers.subarray(1) : numbers);
    return own !== null && packets.some((held) => held.includes(own));
  });
}

interface Step {
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  readonly from: StoreState;
  readonly to: Pick<StoreState, "store">;
  readonly now: number;
}

/** Why the signature of an owner does not hold for the step, or null where it does. */
export async function flawOf(owner: OwnerIdentity, step: Step): Promise<string | null> {
  if (owner.type === "openpgp") return openPgpFlaw(owner.fingerprint, step);
  const { verifySsh } = await import("../verify/ssh-signature.js");
  const key = sshKeyOf(owner.key);
  if (key === null) return "its key can't be read";
  const { message, signature } = step;
  const outcome = verifySsh({ message, signature, namespace: NAMESPACE, key });
  return outcome.ok ? null : outcome.why;
}

async function openPgpFlaw(fingerprint: string, { message, signature, from, to, now }: Step): Promise<string | null> {
  const { verifyOpenPgp } = await import("../verify/openpgp.js");
  const certificates = [from.store.certificates.get(fingerprint), to.store.certificates.get(fingerprint)];
  for (const certificate of certificates) {
    if (certificate === undefined) continue;
    const pinned = new Map([[fingerprint, certificate]]);
    const input = { bytes: message, signature, certificates: pinned, now, publishedAt: null };
    const outcome = await verifyOpenPgp(input);
    if (outcome.outcome === "verified") continue;
    return outcome.outcome === "invalid" ? outcome.detail : "it is by another key";
  }
  return certificates[0] === undefined ? "its certificate is not in keys/" : null;
}

function sshKeyOf(text: string): SshKey | null {
  const read = parseSshKey(text);
  return read.ok ? read.key : null;
}
