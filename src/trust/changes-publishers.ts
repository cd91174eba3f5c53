/** Changes of "publishers": who stands behind packages. What rules ask of them is told with the rules. */
import { day } from "../model/day.js";
import type { EvidenceKind } from "../model/evidence.js";
import { type Exception, type Publisher, proves, type TrustStore } from "../model/policy.js";
import { type Change, other, stronger, weaker } from "./change.js";
import { standing } from "./findings.js";
import { covers } from "./identities.js";
import { identityWords } from "./words.js";

/** The kinds of evidence by which these publishers prove themselves. */
export function provenBy(publishers: readonly Publisher[]): ReadonlySet<EvidenceKind> {
  return new Set(publishers.flatMap(({ identities }) => identities.map(proves)));
}

/** Whether an exception waives a kind of evidence by which publishers prove themselves. */
export function waivesProof({ waive }: Exception): boolean {
  return waive.includes("openpgp-signature") || waive.includes("provenance");
}

/** Publishers are matched by their names, which the rules use. `now` is in milliseconds. */
export function publisherChanges(before: TrustStore, after: TrustStore, now: number): readonly Change[] {
  const named = new Set(after.rules.flatMap((rule) => rule.publishers?.of ?? []));
  const waives = after.exceptions.some((exception) => standing(exception, now) !== "ended" && waivesProof(exception));
  const [former, current] = [before, after].map(({ publishers }) => new Map(publishers.map((one) => [one.name, one])));
  const gone = before.publishers.filter(({ name }) => current?.has(name) !== true);
  return [
    ...after.publishers.flatMap((publisher) => {
      const old = former?.get(publisher.name);
      return old === undefined ? [added(publisher)] : compared(old, publisher, { named: named.has(old.name), waives });
    }),
    // What a compromised publisher signed is refused only where rules can name it.
    ...gone.map(({ name, compromised }) =>
      compromised === null
        ? other(placeOf(name), `The publisher ${name} is gone.`)
        : weaker(placeOf(name), `That ${name} is compromised is forgotten.`),
    ),
  ];
}

function placeOf(name: string): string {
  return `publishers.${name}`;
}

function added({ name, identities, compromised }: Publisher): Change {
  const state = compromised === null ? "is trusted for what rules name it for" : "is known as compromised";
  return other(
    placeOf(name),
    `The publisher ${name} is new, and ${state}: ${identities.map(identityWords).join("; ")}.`,
  );
}

interface Use {
  /** Whether a rule names the publisher. */
  readonly named: boolean;
  /** Whether exceptions are in force that waive what publishers prove themselves by. */
  readonly waives: boolean;
}

function compared(old: Publisher, publisher: Publisher, { named, waives }: Use): readonly Change[] {
  const place = placeOf(publisher.name);
  const gained = publisher.identities.filter((identity) => !old.identities.some((one) => covers(one, identity)));
  const lost = old.identities.filter((identity) => !publisher.identities.some((one) => covers(one, identity)));
  const kinds = provenBy([publisher]);
  // An exception that waives every kind by which publishers could prove themselves waives the publishers.
  const fewer = waives && [...provenBy([old])].some((kind) => !kinds.has(kind));
  const removed = old.compromised !== null || fewer ? weaker : stronger;
  return [
    ...gained.map((identity) =>
      named
        ? weaker(place, `${publisher.name} is also ${identityWords(identity)}.`)
        : other(place, `${publisher.name}, whom no rule names, is also ${identityWords(identity)}.`),
    ),
    ...lost.map((identity) => removed(place, `${publisher.name} is no longer ${identityWords(identity)}.`)),
    ...keyed(old, publisher, place),
    ...standingOf(old, publisher, place),
  ];
}

/** What else is said of a key that stays: where its signatures lie, and when it was retired. */
function keyed(old: Publisher, { name, identities }: Publisher, place: string): readonly Change[] {
  return identities.flatMap((identity): readonly Change[] => {
    if (identity.type !== "openpgp") return [];
    const { fingerprint, signatureUrl, until } = identity;
    const former = old.identities.find((one) => one.type === "openpgp" && one.fingerprint === fingerprint);
    if (former?.type !== "openpgp") return [];
    const at = signatureUrl ?? "{url}.asc";
    const moved = weaker(place, `Signatures of ${name} are looked for elsewhere: ${at}.`);
    const [end, formerEnd] = [until ?? Number.POSITIVE_INFINITY, former.until ?? Number.POSITIVE_INFINITY];
    const tell = end > formerEnd ? weaker : stronger;
    const words = until === undefined ? "is no longer retired" : `is retired since ${day(until)}`;
    return [
      ...(former.signatureUrl === signatureUrl ? [] : [moved]),
      ...(end === formerEnd ? [] : [tell(place, `The key ${fingerprint} of ${name} ${words}.`)]),
    ];
  });
}

function standingOf(old: Publisher, { name, compromised }: Publisher, place: string): readonly Change[] {
  const date = (time: number): string => new Date(time).toISOString();
  if (compromised === null) return old.compromised === null ? [] : [weaker(place, `${name} is no longer compromised.`)];
  const says = `${name} is compromised since ${date(compromised.since)}: ${compromised.reason}.`;
  if (old.compromised === null) return [stronger(place, says)];
  if (compromised.since > old.compromised.since) {
    return [weaker(place, `${says.slice(0, -1)}; it was since ${date(old.compromised.since)}.`)];
  }
  if (compromised.since < old.compromised.since) return [stronger(place, says)];
  return compromised.reason === old.compromised.reason ? [] : [other(place, says)];
}
