/** What a change does to the trust store, and which of its two states judges. */
import { type Finding, finding } from "../model/finding.js";
import type { TrustStore } from "../model/policy.js";
import { type Change, changesBetween } from "../trust/changes.js";
import { observationLine } from "../trust/observed.js";
import { builtinStore, readStore } from "../trust/store.js";
import { identityWords } from "../trust/words.js";
import { forkedBefore, mergedStore } from "./base-merged.js";
import type { Base } from "./base-store.js";
import { reviewedLines, type Signed, type StoreState, signersOf } from "./owners.js";
import { readCertificate } from "./trust.js";

export interface Judging {
  readonly trust: TrustStore;
  /** The commit at which the judging store stands; null where that on the disk judges. */
  readonly commit: string | null;
  readonly findings: readonly Finding[];
}

/**
 * The branch's store judges, whatever comes with the change: unless there is none yet, or enough of the owners whom the
 * branch names have signed the step from the one to the other. Either state is null where there is no store.
 */
export async function judgedFrom(
  base: Base,
  before: StoreState | null,
  after: StoreState | null,
  now: number,
): Promise<Judging> {
  if (before === null) return withoutBase(base, after);
  const byBase = { trust: before.store, commit: base.commit };
  const alone = { ...byBase, findings: [judgedBy(base, "note")] };
  if (after === null) {
    return (await forkedBefore(base)) ? alone : { ...byBase, findings: [judgedBy(base, "warn"), deleted(base)] };
  }
  const step = { base, before: before.store, after: after.store, owners: before.store.owners };
  const changes = await changesOf(step, now);
  if (changes.length === 0) return alone;
  const signed = await signersOf(before, after, now);
  // Whoever signs, signs all that differs, and all of it judges; else only what the change itself does is told.
  if (isSigned({ ...step, signed })) {
    const findings = changes.map((change) => findingOn(change, { ...step, signed }));
    const trust = await signedStore(before, after, now);
    return { trust, commit: base.commit, findings: [judgedBySigned({ ...step, signed }), ...findings] };
  }
  const merging = { ...step, after: await mergedStore(base, before, after, now), signed };
  const findings = (await changesOf(merging, now)).map((change) => findingOn(change, merging));
  return findings.length === 0 ? alone : { ...byBase, findings: [judgedBy(base, "warn"), ...findings] };
}

/** From the base's store to what comes of it. */
interface Step {
  readonly base: Base;
  readonly before: TrustStore;
  readonly after: TrustStore;
  readonly owners: TrustStore["owners"];
  readonly signed: Signed;
}

function withoutBase({ name }: Base, after: StoreState | null): Judging {
  if (after === null) return { trust: builtinStore(), commit: null, findings: [] };
  const says = `There is no trust store at ${name} yet: the one that comes with this change judged.`;
  const help = "Review the new store as you would review code; from the next change on it judges.";
  return { trust: after.store, commit: null, findings: [finding("TRUST_BASE", { severity: "warn", says, help })] };
}

/** Every change of meaning, but for the signatures over it. */
async function changesOf({ before, after }: Pick<Step, "before" | "after">, now: number): Promise<readonly Change[]> {
  if (before.digest === after.digest) return [];
  const { certificatePackets } = await import("../verify/openpgp-split.js");
  return changesBetween(before, after, now, certificatePackets).filter(({ place }) => !place.startsWith("signatures/"));
}

function isSigned({ owners, signed }: Pick<Step, "owners" | "signed">): boolean {
  return owners !== null && signed.by.length >= owners.atLeast;
}

function findingOn({ direction, place, says }: Change, step: Step): Finding {
  const text = `${direction.toUpperCase()}: ${place}: ${says}`;
  if (place === "observed.lock" && isRewritten(step.before, step.after)) {
    const help = "Take observed.lock from the branch again: observations may be added, never edited or removed.";
    return finding("TRUST_CHANGED", { severity: "refuse", says: text, help });
  }
  const { owners } = step;
  if (owners === null || isSigned(step) || direction === "stronger") return finding("TRUST_CHANGED", { says: text });
  const { by, remarks } = step.signed;
  const got = by.length === 0 ? "none" : by.map(identityWords).join(", ");
  return finding("TRUST_CHANGED", {
    severity: "refuse",
    says: text,
    expected: `signatures by ${owners.atLeast} of ${owners.identities.map(identityWords).join(", ")}`,
    got: [got, ...remarks].join("; "),
    help: "Review the change; owners who agree with it sign it with secure-install trust sign.",
  });
}

/** Whether an observation of the branch is gone, or no longer as it was. */
function isRewritten(before: TrustStore, after: TrustStore): boolean {
  return [...before.observations].some(([name, observations]) => {
    const kept = new Set((after.observations.get(name) ?? []).map(observationLine));
    return observations.some((item) => !kept.has(observationLine(item)));
  });
}

/**
 * The store that was signed: what comes with the change, but of its observations only those of the branch and those
 * that the owners signed. Anybody could have added the others since.
 */
async function signedStore(before: StoreState, after: StoreState, now: number): Promise<TrustStore> {
  const files = new Map(after.files);
  const known = Buffer.from(before.files.get("observed.lock") ?? [])
    .toString("utf8")
    .split(/\r?\n/);
  const lines = new Set([...known.filter((line) => line !== ""), ...reviewedLines(after.files.get("observed.lock"))]);
  if (lines.size === 0) files.delete("observed.lock");
  else files.set("observed.lock", Buffer.from([...lines].map((line) => `${line}\n`).join("")));
  const directory = after.store.directory ?? "";
  return readStore(files, { directory, now }, readCertificate);
}

function judgedBy({ name, commit }: Base, severity: "note" | "warn"): Finding {
  const apart = severity === "note" ? "" : ", not the one that comes with this change";
  return finding("TRUST_BASE", { severity, says: `The trust store of ${name} judged (commit ${commit})${apart}.` });
}

function judgedBySigned({ base, signed }: Step): Finding {
  const by = signed.by.map(identityWords).join(", ");
  const says = `The trust store that comes with this change judged: owners whom ${base.name} names signed it (${by}).`;
  return finding("TRUST_BASE", { severity: "warn", says });
}

function deleted({ name, folder }: Base): Finding {
  return finding("TRUST_CHANGED", {
    severity: "refuse",
    says: `WEAKER: ${folder}: The trust store that ${name} has is gone.`,
    help: "Take the store from the branch again; without one only the built-in floor would be left.",
  });
}
