/** A publisher's new key, and what becomes of the old one: edits of trust.json. Pure. */
import { StopError } from "../model/finding.js";
import type { Identity, Publisher } from "../model/policy.js";
import type { Edit } from "./edit.js";
import { asJson } from "./enrol.js";
import type { TrustFile } from "./format.js";
import { overlap } from "./identities.js";
import { proposal } from "./nearest.js";
import { requireName } from "./publisher-names.js";

type OpenPgp = Extract<Identity, { type: "openpgp" }>;

export interface Rotation {
  readonly publisher: string;
  /** Full fingerprint of the new certificate. */
  readonly to: string;
  /** Full fingerprint of the old one; null where the publisher has only one. */
  readonly from: string | null;
  /** Since when the old key is in wrong hands (ISO 8601), and how that is known; null for a change without a theft. */
  readonly compromised: { readonly since: string; readonly reason: string } | null;
  /** When the old key stops counting (ISO 8601), or null. */
  readonly until: string | null;
}

export interface Rotated {
  readonly edits: readonly Edit[];
  readonly old: string;
  /** Under which name the old key stands from now on. */
  readonly oldPublisher: string;
  /** Rules by which what the old key signed in its time still counts, and those by which it no longer does. */
  readonly keptIn: readonly string[];
  readonly lostIn: readonly string[];
}

/** Throws StopError USAGE. */
export function rotate(trust: Pick<TrustFile, "publishers" | "rules">, wanted: Rotation): Rotated {
  const publisher = publisherNamed(trust.publishers, wanted.publisher);
  const { index, old } = oldIdentity(publisher, wanted);
  const { until: _, ...lasting } = old;
  const next: OpenPgp = { ...lasting, fingerprint: wanted.to };
  const owner = trust.publishers.find(({ identities }) => identities.some((one) => overlap(one, next)));
  if (owner !== undefined && owner.name !== publisher.name) {
    throw new StopError("USAGE", `the key ${wanted.to} belongs to the publisher ${owner.name} already`, {
      help: "One proof would count as two publishers.",
    });
  }
  const path = ["publishers", publisher.name, "identities"] as const;
  const added: Edit[] = owner === undefined ? [{ op: "append", path, value: asJson(next) }] : [];
  if (wanted.compromised === null) {
    const ended: Edit[] =
      wanted.until === null ? [] : [{ op: "set", path: [...path, index, "until"], value: wanted.until }];
    return { edits: [...added, ...ended], old: old.fingerprint, oldPublisher: publisher.name, keptIn: [], lostIn: [] };
  }
  const apart = setApart(trust, publisher, old, wanted.compromised);
  return {
    ...apart,
    edits: [...added, { op: "remove", path: [...path, index] }, ...apart.edits],
    old: old.fingerprint,
  };
}

function publisherNamed(publishers: readonly Publisher[], name: string): Publisher {
  const publisher = publishers.find((one) => one.name === name);
  if (publisher === undefined) {
    const names = publishers.map((one) => one.name);
    throw new StopError("USAGE", `there is no publisher "${name}" in trust.json.${proposal(name, names)}`, {
      help:
        names.length === 0 ? "Pin one with secure-install trust add." : `There is ${names.slice(0, 10).join(", ")}.`,
    });
  }
  if (publisher.compromised === null) return publisher;
  throw new StopError("USAGE", `the publisher ${name} is compromised already: ${publisher.compromised.reason}`);
}

function oldIdentity(publisher: Publisher, { from, to }: Rotation): { readonly index: number; readonly old: OpenPgp } {
  const keys = publisher.identities.flatMap((identity, index) =>
    identity.type === "openpgp" && identity.fingerprint !== to ? [{ index, old: identity }] : [],
  );
  const [only, another] = from === null ? keys : keys.filter(({ old }) => old.fingerprint === from);
  if (only === undefined) {
    const what = from === null ? "has no other key" : `has no key ${from}`;
    throw new StopError("USAGE", `the publisher ${publisher.name} ${what}, so there is nothing to rotate`);
  }
  if (another === undefined) return only;
  throw new StopError("USAGE", `the publisher ${publisher.name} has ${keys.length} keys`, {
    help: `Say which of them the new one follows: --from ${keys.map(({ old }) => old.fingerprint).join(" or ")}.`,
  });
}

/**
 * The stolen key becomes a publisher of its own. Where one publisher is enough, the rules name it beside the other, so
 * that what it signed before still counts; where more are asked for, the two would count as two people, and it does not.
 */
function setApart(
  trust: Pick<TrustFile, "publishers" | "rules">,
  { name }: Publisher,
  old: OpenPgp,
  { since, reason }: NonNullable<Rotation["compromised"]>,
): Omit<Rotated, "old"> {
  const oldPublisher = `${name}-compromised-${old.fingerprint.slice(-8)}`;
  requireName(oldPublisher, trust.publishers);
  const value = { identities: [asJson(old)], status: "compromised", since, reason };
  const naming = trust.rules.flatMap((rule, index) => (rule.publishers?.of.includes(name) ? [{ rule, index }] : []));
  const enough = naming.filter(({ rule }) => rule.publishers?.atLeast === 1);
  return {
    oldPublisher,
    edits: [
      { op: "set", path: ["publishers", oldPublisher], value },
      ...enough.map(
        ({ index }): Edit => ({ op: "append", path: ["rules", index, "publishers", "of"], value: oldPublisher }),
      ),
    ],
    keptIn: enough.map(({ rule }) => rule.id),
    lostIn: naming.filter((one) => !enough.includes(one)).map(({ rule }) => rule.id),
  };
}
