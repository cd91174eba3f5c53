/** `secure-install trust sign`: an owner signs the step from the branch's trust store to the one that is here. */

import { StopError } from "../model/finding.js";
import type { OwnerIdentity } from "../model/policy.js";
import type { World } from "../model/world.js";
import { FLAG, openBase, stateOf } from "../pipeline/base.js";
import { namedBase } from "../pipeline/base-ref.js";
import { storeAt } from "../pipeline/base-store.js";
import { signWithGpg, signWithSsh } from "../pipeline/owner-sign.js";
import { decisionsDigest, flawOf, type StoreState, signatureName, signersOf, stepMessage } from "../pipeline/owners.js";
import { changeStore } from "../pipeline/store-change.js";
import { openTrust, repositoryRoot } from "../pipeline/trust.js";
import { forJson, forTerminal } from "../report/escape.js";
import { changeLine } from "../trust/change.js";
import { changesBetween } from "../trust/changes.js";
import { identityWords } from "../trust/words.js";
import { absolute, type CommonFlags } from "./flags.js";
import { commitLine, placeOf } from "./trust-writing.js";

export interface SignFlags extends CommonFlags {
  /** Full fingerprint of an OpenPGP certificate. */
  readonly key?: string;
  readonly sshKey?: string;
}

/** Where a change goes unless somebody says otherwise. */
const USUAL_BASE = "refs/remotes/origin/HEAD";

/**
 * Signs with the key that is named, or with the one OpenPGP certificate that the owners have, and writes the signature
 * into the store once it is known to count. Throws StopError USAGE where there is nothing to sign, or nobody who may.
 */
export async function trustSign(world: World, flags: SignFlags): Promise<number> {
  const { clock, environment } = world;
  const now = clock.now();
  const place = placeOf(world, flags);
  const { from, to } = await stepFor(world, flags, now);
  const owners = from.store.owners?.identities ?? [];
  if (owners.length === 0) throw usage("the trust store of the base names no owners, so nobody needs to sign");
  const message = stepMessage(from.files, to.files);
  if (decisionsDigest(from.files) === decisionsDigest(to.files))
    throw usage("nothing has changed that is to be signed");
  // What lies elsewhere in the repository is no more to be run than what lies here.
  const project = (await repositoryRoot(world, place.project)) ?? place.project;
  const { owner, signature } =
    flags.sshKey === undefined
      ? await byGpg(world, project, ownerFor(owners, flags.key), message)
      : await bySsh(world, project, owners, { file: absolute(environment, flags.sshKey) ?? "", message });
  const why = await flawOf(owner, { message, signature, from, to, now });
  if (why !== null) throw usage(`the signature that was made would not count: ${why}`);
  const name = signatureName(owner);
  const written = await changeStore(world, place, (files) => {
    if (decisionsDigest(files) !== decisionsDigest(to.files))
      throw usage("the trust store was changed in the meantime");
    return new Map([...files, [name, signature]]);
  });
  const after = { files: new Map([...to.files, [name, signature]]), store: to.store };
  await say(world, flags, { from, to: after, owner, changed: written.changed, directory: written.directory, now });
  return 0;
}

/** The two states between which the step lies. */
async function stepFor(
  world: World,
  flags: SignFlags,
  now: number,
): Promise<{ readonly from: StoreState; readonly to: StoreState }> {
  const place = placeOf(world, flags);
  const refs = flags.base === undefined ? (namedBase(world.environment.variables)?.refs ?? []) : [flags.base];
  const base = await openBase(world, place, { refs: refs.length === 0 ? [USUAL_BASE] : refs, at: FLAG });
  const to = await stateOf(world, await openTrust(world, place, now));
  if (to === null) throw usage("there is no trust store here");
  const from = await storeAt(base, now);
  if (from === null) throw usage(`there is no trust store at ${base.name} yet, so it names no owners`);
  return { from, to };
}

function ownerFor(
  owners: readonly OwnerIdentity[],
  key: string | undefined,
): Extract<OwnerIdentity, { type: "openpgp" }> {
  const certificates = owners.filter((owner) => owner.type === "openpgp");
  const [only, another] = certificates;
  if (key === undefined) {
    if (only !== undefined && another === undefined) return only;
    throw usage(`whose signature is it? The owners are ${told(owners)}`, "Name yours with --key or --ssh-key.");
  }
  const fingerprint = key.replace(/^0x/i, "").replace(/\s/g, "").toUpperCase();
  if (!/^([0-9A-F]{40}|[0-9A-F]{64})$/.test(fingerprint)) {
    const why = "is not a full fingerprint: anyone can make another key with the same short id";
    throw usage(`"${key}" ${why}`, "gpg --fingerprint shows the full one, of 40 or 64 hex digits.");
  }
  const owner = certificates.find((each) => each.fingerprint === fingerprint);
  if (owner === undefined) throw usage(`${fingerprint} is not an owner. The owners are ${told(owners)}`);
  return owner;
}

interface Made {
  readonly owner: OwnerIdentity;
  readonly signature: Uint8Array;
}

async function byGpg(
  world: World,
  project: string,
  owner: Extract<OwnerIdentity, { type: "openpgp" }>,
  message: Uint8Array,
): Promise<Made> {
  return { owner, signature: await signWithGpg(world, project, owner.fingerprint, message) };
}

async function bySsh(
  world: World,
  project: string,
  owners: readonly OwnerIdentity[],
  { file, message }: { readonly file: string; readonly message: Uint8Array },
): Promise<Made> {
  const { sshKeyText } = await import("../model/ssh-key.js");
  const { signerOfSsh } = await import("../verify/ssh-signature.js");
  const signature = await signWithSsh(world, project, file, message);
  const key = signerOfSsh(signature);
  const owner = owners.find((each) => each.type === "ssh" && key !== null && each.key === sshKeyText(key));
  if (owner === undefined) throw usage(`the key in ${file} is not an owner's. The owners are ${told(owners)}`);
  return { owner, signature };
}

interface Result {
  readonly from: StoreState;
  readonly to: StoreState;
  readonly owner: OwnerIdentity;
  readonly changed: readonly string[];
  readonly directory: string;
  readonly now: number;
}

/** Tells what was signed, change by change, and how many signatures there are by now. */
async function say(
  world: World,
  flags: SignFlags,
  { from, to, owner, changed, directory, now }: Result,
): Promise<void> {
  const { certificatePackets } = await import("../verify/openpgp-split.js");
  const changes = changesBetween(from.store, to.store, now, certificatePackets).filter(
    ({ place }) => !place.startsWith("signatures/"),
  );
  const { by } = await signersOf(from, to, now);
  const atLeast = from.store.owners?.atLeast ?? 0;
  if (flags.json === true) {
    const object = { directory, changed, owner, changes, signatures: by.length, atLeast };
    world.terminal.out(`${forJson({ format: 1, command: "trust sign", ...object }, 2)}\n`);
    return;
  }
  const lines = [
    `Signed as ${identityWords(owner)}:`,
    ...changes.map(changeLine),
    `${by.length} of ${atLeast} signatures are there.`,
    ...(changed.length === 0 ? [] : [commitLine(world, { directory, changed })]),
  ];
  world.terminal.out(lines.map((line) => `${forTerminal(line)}\n`).join(""));
}

function told(owners: readonly OwnerIdentity[]): string {
  return owners.map(identityWords).join(", ");
}

function usage(says: string, help?: string): StopError {
  return new StopError("USAGE", says, { at: "trust sign", ...(help === undefined ? {} : { help }) });
}
