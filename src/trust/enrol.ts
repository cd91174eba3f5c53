/**
 * Writing a publisher down: from an identity and a selector to the edits of trust.json that make packages answer to it.
 * Pure. Whatever the store's reader would refuse with a position is refused here first, in words.
 */

import { isDeepStrictEqual } from "node:util";
import { day } from "../model/day.js";
import { StopError } from "../model/finding.js";
import type { Identity, Publisher, Rule } from "../model/policy.js";
import type { Selector } from "../model/selector.js";
import type { Edit } from "./edit.js";
import { EMPTY } from "./edit-file.js";
import { standing } from "./findings.js";
import { readTrustFile, type TrustFile } from "./format.js";
import { overlap } from "./identities.js";
import { freeName, requireName } from "./publisher-names.js";
import type { StoreFiles } from "./store.js";

export interface Enrolment {
  readonly select: Selector;
  readonly identity: Identity;
  /** `--as`: a publisher of this name, there already or new; null for one that is named after the selector. */
  readonly name: string | null;
  /** How many of the rule's publishers must stand behind a package; null leaves it, or begins with 1. */
  readonly atLeast: number | null;
  /** Null for a reason that says only what was done. */
  readonly reason: string | null;
  /** Milliseconds. */
  readonly now: number;
}

export interface Enrolled {
  readonly edits: readonly Edit[];
  readonly publisher: string;
  /** Whether the publisher was there before. */
  readonly known: boolean;
  /** Place of the rule: `rules[2]`. */
  readonly rule: string;
  /** What the rule asks for from now on. */
  readonly requires: { readonly atLeast: number; readonly of: readonly string[] };
  /** What passes from now on and did not before, in words. */
  readonly weaker: readonly string[];
}

/** What trust.json says. Throws StopError TRUST_MALFORMED. */
export function trustIn(files: StoreFiles): TrustFile {
  return readTrustFile(files.get("trust.json") ?? Buffer.from(EMPTY));
}

/**
 * The edits that add the identity to a publisher, and the publisher to the rule of exactly that selector; both are made
 * where they are missing, and what is there already is left. Throws StopError USAGE.
 */
export function enrol(trust: Pick<TrustFile, "publishers" | "rules">, wanted: Enrolment): Enrolled {
  const { publishers, rules } = trust;
  const name = wanted.name ?? ownerOf(publishers, wanted.identity)?.name ?? freeName(publishers, wanted);
  const known = publishers.some((publisher) => publisher.name === name);
  const edits = identityEdits(publishers, wanted.identity, name);
  const rule = ruleEdits(rules, name, wanted);
  const wider = known && edits.length > 0 ? [`every rule that names ${name} takes this identity from now on`] : [];
  return { ...rule, edits: [...edits, ...rule.edits], publisher: name, known, weaker: [...wider, ...rule.weaker] };
}

/** The edits that give the publisher of this name, there or not, an identity. None where it has it. Throws StopError USAGE. */
export function identityEdits(publishers: readonly Publisher[], identity: Identity, name: string): readonly Edit[] {
  const owner = ownerOf(publishers, identity);
  if (owner !== undefined && owner.name !== name) throw belongsTo(owner, name, identity);
  const publisher = publishers.find((one) => one.name === name);
  if (publisher?.compromised) throw compromised(publisher, publisher.compromised.reason);
  if (publisher === undefined) {
    requireName(name, publishers);
    return [{ op: "set", path: ["publishers", name], value: { identities: [asJson(identity)] } }];
  }
  const at = publisher.identities.findIndex((one) => isSame(one, identity));
  if (at < 0) return [{ op: "append", path: ["publishers", name, "identities"], value: asJson(identity) }];
  const there = publisher.identities[at];
  if (identity.type !== "openpgp" || there?.type !== "openpgp") return [];
  if (identity.signatureUrl === null || identity.signatureUrl === there.signatureUrl) return [];
  return [{ op: "set", path: ["publishers", name, "identities", at, "signatureUrl"], value: identity.signatureUrl }];
}

function ownerOf(publishers: readonly Publisher[], identity: Identity): Publisher | undefined {
  return publishers.find(({ identities }) => identities.some((one) => overlap(one, identity)));
}

/** A key is the same wherever its signatures lie; a build only where all that is asked of it is. */
function isSame(one: Identity, other: Identity): boolean {
  return one.type === "openpgp" ? overlap(one, other) : isDeepStrictEqual(one, other);
}

/** As trust.json has it: what is open is left out. */
export function asJson(identity: Identity): object {
  const { until, ...rest } = { until: undefined, ...identity };
  const end = until === undefined ? {} : { until: new Date(until).toISOString() };
  return { ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null)), ...end };
}

function ruleEdits(
  rules: readonly Rule[],
  name: string,
  { select, atLeast, reason, now, identity }: Enrolment,
): Pick<Enrolled, "edits" | "rule" | "requires" | "weaker"> {
  const at = rules.findIndex((rule) => sameSelector(rule.select, select) && standing(rule, now) !== "ended");
  const rule = rules[at];
  const of = rule?.publishers?.of ?? [];
  const all = of.includes(name) ? of : [...of, name];
  const requires = { atLeast: atLeast ?? rule?.publishers?.atLeast ?? 1, of: all };
  if (requires.atLeast > all.length) {
    throw new StopError("USAGE", `--at-least ${requires.atLeast} of ${all.join(", ")}: nothing could ever satisfy it`);
  }
  if (rule === undefined) {
    const value = { select: select.text, publishers: requires, reason: reason ?? defaultReason(name, identity, now) };
    return { edits: [{ op: "append", path: ["rules"], value }], rule: `rules[${rules.length}]`, requires, weaker: [] };
  }
  const asked = rule.publishers;
  const isWider = asked !== null && (all.length > of.length || requires.atLeast < asked.atLeast);
  const weaker = isWider
    ? [`${rule.id} asked for ${asked.atLeast} of ${of.join(", ")}; ${requires.atLeast} of ${all.join(", ")} is less`]
    : [];
  return { edits: changesOf(rule, at, name, requires, reason), rule: rule.id, requires, weaker };
}

function changesOf(
  rule: Rule,
  at: number,
  name: string,
  requires: Enrolled["requires"],
  reason: string | null,
): readonly Edit[] {
  const edits: Edit[] = reason === null ? [] : [{ op: "set", path: ["rules", at, "reason"], value: reason }];
  if (rule.publishers === null) return [{ op: "set", path: ["rules", at, "publishers"], value: requires }, ...edits];
  if (!rule.publishers.of.includes(name)) {
    edits.unshift({ op: "append", path: ["rules", at, "publishers", "of"], value: name });
  }
  if (requires.atLeast !== rule.publishers.atLeast) {
    edits.push({ op: "set", path: ["rules", at, "publishers", "atLeast"], value: requires.atLeast });
  }
  return edits;
}

function sameSelector(one: Selector, other: Selector): boolean {
  return one.ecosystem === other.ecosystem && one.pattern === other.pattern && one.range === other.range;
}

function defaultReason(name: string, identity: Identity, now: number): string {
  const what = identity.type === "openpgp" ? "signed" : "built";
  return `${what} by ${name}, as pinned on ${day(now)}`;
}

function belongsTo(owner: Publisher, name: string, identity: Identity): StopError {
  const what = identity.type === "openpgp" ? `key ${identity.fingerprint}` : `workflow of ${identity.repository}`;
  return new StopError(
    "USAGE",
    `the ${what} belongs to the publisher ${owner.name} already, so it can't be ${name}'s`,
    {
      help: `One proof would count as two publishers. Write --as ${owner.name}, or take the identity from that publisher first.`,
    },
  );
}

function compromised({ name }: Publisher, why: string): StopError {
  return new StopError("USAGE", `the publisher ${name} is compromised: ${why}`, {
    help: "Give the new identity to a publisher of another name: what is compromised is refused with all that belongs to it.",
  });
}
