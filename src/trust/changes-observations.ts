/** Changes of observed.lock, to which anybody may add what was seen, and in which nobody may edit. */
import { DAY_MS } from "../model/day.js";
import type { Signer } from "../model/evidence.js";
import type { Observation } from "../model/observation.js";
import type { TrustStore } from "../model/policy.js";
import { type Change, weaker } from "./change.js";
import { isStrange } from "./changes-strange.js";
import { observationLine, observedName } from "./observed.js";
import { someOf } from "./some-of.js";

const PLACE = "observed.lock";
const SHOWN = 10;

/** How long an observation may have been under way, in a branch that nobody looked at. */
const UNDER_WAY_MS = 42 * DAY_MS;

/**
 * What is gone or edited, what is said to have been reviewed, what contradicts an observation of the same version, what
 * no run would have written down, and what is said to have been seen while a signature could still be made: each could
 * make another state of a package the one that drift is measured against, or lend it a trusted time. What else is added
 * means nothing. `now` in milliseconds.
 */
export function observationChanges(old: TrustStore, current: TrustStore, now: number): readonly Change[] {
  const [before, after] = [old.observations, current.observations];
  const lost: string[] = [];
  const reviewed: string[] = [];
  const contradicting: string[] = [];
  const strange: string[] = [];
  const early: string[] = [];
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [former, latter] = [before.get(name) ?? [], after.get(name) ?? []];
    const [formerLines, latterLines] = [new Set(former.map(observationLine)), new Set(latter.map(observationLine))];
    const gone = former.filter((item) => !latterLines.has(observationLine(item)));
    const added = latter.filter((item) => !formerLines.has(observationLine(item)));
    lost.push(...gone.map(packageOf));
    reviewed.push(...added.filter((item) => item.reviewed).map(packageOf));
    const unreviewed = added.filter((item) => !item.reviewed);
    contradicting.push(...unreviewed.filter((item) => contradicts(item, former)).map(packageOf));
    const accepted = added.filter((item) => item.reviewed);
    const isNew = (item: Observation): boolean => !former.some(({ version }) => version === item.version);
    strange.push(
      ...unreviewed.filter((item) => isNew(item) && isStrange(item, { former, accepted }, current, now)).map(packageOf),
    );
    early.push(...unreviewed.filter((item) => lendsTime(item, [old, current], now)).map(packageOf));
  }
  const told = (packages: readonly string[], say: (names: string) => string): readonly Change[] =>
    packages.length === 0 ? [] : [weaker(PLACE, say(someOf([...new Set(packages)], SHOWN)))];
  return [
    ...told(lost, (names) => `What was observed is gone or was edited: ${names}.`),
    ...told(reviewed, (names) => `A person is said to have reviewed what was observed: ${names}.`),
    ...told(contradicting, (names) => `What is added contradicts what was observed of the same version: ${names}.`),
    ...told(
      strange,
      (names) => `What is added differs from what was seen before, and no run writes that down: ${names}.`,
    ),
    ...told(early, (names) => `What is added is said to have been seen before its signer's time was over: ${names}.`),
  ];
}

/**
 * Whether the observation, by the time that it names, would make a signature count that is too late otherwise: by a
 * registry's key that was retired since, or by a certificate that may have ended, been retired or stolen meanwhile.
 */
function lendsTime({ signers, seen }: Observation, stores: readonly TrustStore[], now: number): boolean {
  const registries = stores.flatMap((store) => store.registries);
  return signers.some((signer) => {
    if (signer.type === "openpgp")
      return seen < now - UNDER_WAY_MS || stores.some((store) => isOver(store, signer, seen));
    if (signer.type !== "registry-key") return false;
    const keys = registries.filter(({ id }) => id === signer.registry).flatMap((registry) => registry.keys);
    return keys.some(({ keyid, expires }) => keyid === signer.keyid && expires !== null && seen < expires);
  });
}

type OpenPgpSigner = Extract<Signer, { readonly type: "openpgp" }>;

/** Whether the key is known as stolen or retired from a time on that lies after `seen`. */
function isOver({ publishers }: TrustStore, { fingerprint }: OpenPgpSigner, seen: number): boolean {
  return publishers.some(({ identities, compromised }) =>
    identities.some((identity) => {
      if (identity.type !== "openpgp" || identity.fingerprint !== fingerprint) return false;
      const end = Math.max(compromised?.since ?? 0, identity.until ?? 0);
      return seen < end;
    }),
  );
}

/** Another digest, evidence, signer, publisher or source than the store has for this version, or less. */
function contradicts(added: Observation, known: readonly Observation[]): boolean {
  const same = known.filter(({ version }) => version === added.version);
  return same.length > 0 && !same.some((item) => contentOf(item) === contentOf(only(added, item)));
}

/** What an observation says of what another one says, too: a kind that could be proven by then takes nothing away. */
function only(added: Observation, { evidence, source }: Observation): Observation {
  if (!evidence.every((kind) => added.evidence.includes(kind))) return added;
  return {
    ...added,
    evidence,
    signers: added.signers.filter(({ type }) => KINDS[type].some((kind) => evidence.includes(kind))),
    source: evidence.includes("provenance") ? added.source : source,
  };
}

const KINDS = {
  "registry-key": ["registry-signature"],
  openpgp: ["openpgp-signature"],
  sigstore: ["publish-attestation", "provenance"],
} as const;

function contentOf(item: Observation): string {
  return observationLine({ ...item, seen: 0, published: null, reviewed: false });
}

function packageOf(item: Observation): string {
  return `${observedName(item)}@${item.version}`;
}
