/** `secure-install trust check`: what of the store holds, ends soon, is unused, or weak. Pure. */
import { DAY_MS, day } from "../model/day.js";
import type { Registry, TrustStore } from "../model/policy.js";
import { BUILTIN_SINCE } from "./builtin.js";
import { type CertificateStates, endingCertificates, weakCertificates } from "./certificate-remarks.js";
import { standing, weakening } from "./findings.js";
import type { Remark } from "./remark.js";
import { shadowed } from "./shadowed.js";
import { isDeclared, unmeetableInstances, unusableLogs, unusedRoots } from "./sigstore-remarks.js";
import { unusedCertificates } from "./store.js";
import { columns, type Escape, endWords, section, tell } from "./words.js";

/** An exception that ends later is as good as one without an end. */
const YEAR_MS = 365 * DAY_MS;

/** The state of the store as one JSON-able object. */
export interface TrustSummary {
  readonly directory: string | null;
  readonly digest: string | null;
  readonly counts: Readonly<Record<string, number>>;
  /** What asks for less than the built-in floor, or lets something through. */
  readonly weak: readonly Remark[];
  /** What nothing could ever satisfy. */
  readonly unmeetable: readonly Remark[];
  readonly endsSoon: readonly Remark[];
  readonly ended: readonly Remark[];
  /** Exceptions that end more than a year from now. */
  readonly yearAhead: readonly Remark[];
  readonly unused: readonly Remark[];
  /** What adds nothing to what others say. */
  readonly shadowed: readonly Remark[];
  /** Observations at which nobody has looked: what was merely seen first. */
  readonly unreviewed: number;
  /** Day on which npm's keys and Sigstore's roots were renewed last: by `trust refresh`, or when they were built in. */
  readonly rootsAge: string;
}

/**
 * Looks the store over. `now` is in milliseconds; `certificates` says what was read of those in keys/, by fingerprint,
 * for what is to be said of their ends and strength.
 */
export function summarize(store: TrustStore, now: number, certificates: CertificateStates = new Map()): TrustSummary {
  const observations = [...store.observations.values()].flat();
  return {
    directory: store.directory,
    digest: store.digest === null ? null : `sha256:${store.digest}`,
    counts: {
      registries: store.registries.length,
      publishers: store.publishers.length,
      certificates: store.certificates.size,
      rules: store.rules.length,
      exceptions: store.exceptions.length,
      denials: store.denials.length,
      scripts: store.scripts.length,
      sources: store.sources.length,
      sdists: store.sdists.length,
      sigstore: store.sigstore.filter(isDeclared).length,
      owners: store.owners?.identities.length ?? 0,
      observations: observations.length,
    },
    weak: [...weakenings(store, now), ...weakCertificates(certificates)],
    unmeetable: [...store.registries.flatMap(unmeetable), ...unmeetableInstances(store)],
    endsSoon: [...ending(store, now, "ends soon"), ...endingCertificates(certificates, now, "ends soon")],
    ended: [...ending(store, now, "ended"), ...endingCertificates(certificates, now, "ended")],
    yearAhead: yearAhead(store, now),
    unused: unused(store),
    shadowed: shadowed(store, now),
    unreviewed: observations.filter(({ reviewed }) => !reviewed).length,
    rootsAge: rootsAge(store),
  };
}

/** The day of npm's keys and of Sigstore's roots, as ISO 8601. */
export function rootsAge({ renewed }: Pick<TrustStore, "renewed">): string {
  return renewed === null ? BUILTIN_SINCE : day(renewed);
}

/** Both forms of weakening, which every summary counts: registries below their floor, and exceptions in force. */
export function weakenings(store: TrustStore, now: number): readonly Remark[] {
  return [
    ...store.registries.flatMap((registry) =>
      weakening(registry).map(({ says }) => ({ place: `registries.${registry.id}`, says })),
    ),
    ...store.exceptions
      .filter((exception) => standing(exception, now) !== "ended")
      .map(({ id, select, waive, reason }) => ({
        place: id,
        says: `${select.text} need not show ${waive.join(", ")}: ${reason}`,
      })),
  ];
}

function unmeetable(registry: Registry): readonly Remark[] {
  if (!registry.require.includes("registry-signature") || registry.keys.length > 0 || registry.home.length === 0)
    return [];
  const says = 'It requires registry-signature and has no "keys": nothing that is at home there can pass.';
  return [{ place: `registries.${registry.id}`, says }];
}

function ending(store: TrustStore, now: number, state: "ends soon" | "ended"): readonly Remark[] {
  const told = [
    ...store.exceptions.map((exception) => tell.exception(exception, now)),
    ...store.rules.map((rule) => tell.rule(rule, now)),
  ];
  return [
    ...told
      .filter((item) => item.standing === state)
      .map((item) => ({ place: item.id, says: `${item.select}, ${endWords(item)}: ${item.reason}` })),
    ...store.registries.flatMap((registry) => endingKeys(registry, now, state)),
  ];
}

/** Keys whose windows end. What a retired key signed while it was current still counts, so those are no news. */
function endingKeys({ id, keys }: Registry, now: number, state: "ends soon" | "ended"): readonly Remark[] {
  const isLast = keys.every(({ expires }) => expires !== null && standing({ expires }, now) !== "open");
  return keys
    .filter((key) => standing(key, now) === state && (state === "ends soon" || isLast))
    .map(({ keyid, expires }) => ({
      place: `registries.${id}`,
      says: `Its key ${keyid} ${state === "ended" ? "ended" : "ends"} on ${day(expires ?? now)}${isLast ? ", and it has no later one" : ""}.`,
    }));
}

function yearAhead(store: TrustStore, now: number): readonly Remark[] {
  return store.exceptions
    .filter(({ expires }) => expires - now > YEAR_MS)
    .map(({ id, select, expires }) => ({ place: id, says: `${select.text} is let through until ${day(expires)}.` }));
}

function unused(store: TrustStore): readonly Remark[] {
  const named = new Set(store.rules.flatMap((rule) => rule.publishers?.of ?? []));
  const referred = new Set(store.registries.flatMap(({ serves, evidenceFrom }) => [serves, evidenceFrom]));
  return [
    ...unusedCertificates(store).map((fingerprint) => ({
      place: `keys/${fingerprint}.asc`,
      says: "No publisher and no owner has this certificate.",
    })),
    ...unusableLogs(store),
    ...unusedRoots(store).map((name) => ({ place: name, says: "No instance of Sigstore has this trusted root." })),
    ...store.publishers
      .filter(({ name, compromised }) => !named.has(name) && compromised === null)
      .map(({ name }) => ({ place: `publishers.${name}`, says: "No rule names this publisher." })),
    ...store.registries
      .filter(({ id, home, serves, floor }) => home.length + floor.length === 0 && serves === null && !referred.has(id))
      .map(({ id }) => ({
        place: `registries.${id}`,
        says: "Nothing is at home there, and it serves no other registry.",
      })),
  ];
}

/** The lines of `trust check`. `printable` is applied to every cell. */
export function summaryLines(summary: TrustSummary, printable: Escape): string[] {
  const counts = Object.entries(summary.counts).filter(([, count]) => count > 0);
  const part = (title: string, remarks: readonly Remark[]): string[] =>
    section(
      title,
      remarks.map(({ place, says }) => [place, says]),
      printable,
    );
  return [
    summary.directory === null
      ? "No trust store: the built-in floor applies."
      : `Trust store: ${printable(summary.directory)} is well formed.`,
    ...(summary.digest === null ? [] : [summary.digest]),
    "",
    ...columns(
      counts.map(([what, count]) => [what, String(count)]),
      escape,
    ),
    "",
    `npm's keys and Sigstore's roots are those of ${summary.rootsAge}.`,
    ...part("Weaker than the built-in floor", summary.weak),
    ...part("Can never be satisfied", summary.unmeetable),
    ...part("Ends within six weeks", summary.endsSoon),
    ...part("Has ended, and no longer applies", summary.ended),
    ...part("Ends more than a year from now", summary.yearAhead),
    ...part("Not used", summary.unused),
    ...part("Adds nothing to what others say", summary.shadowed),
    ...(summary.unreviewed === 0
      ? []
      : [
          "",
          `${summary.unreviewed} of ${summary.counts.observations} observations were only seen: nobody has reviewed them.`,
        ]),
  ];
}
