/** `secure-install trust show <package>`: why a package is trusted, the whole chain. Pure. */
import type { EvidenceKind } from "../model/evidence.js";
import type { Ecosystem } from "../model/names.js";
import type { TrustStore } from "../model/policy.js";
import { normalizePypi, type Selector, selects, selectsName } from "../model/selector.js";
import {
  type Corroboration,
  corroborate,
  observationsOf,
  type ToldObservation,
  tellObservation,
} from "./corroboration.js";
import { standing } from "./findings.js";
import { publisherRows, registryRow } from "./list.js";
import { homeOf, mayServe } from "./lookup.js";
import { naming } from "./selection.js";
import { instanceRow, type ToldInstance, tellInstance } from "./sigstore-remarks.js";
import {
  type Escape,
  endWords,
  ruleWords,
  section,
  type ToldAllowance,
  type ToldDenial,
  type ToldException,
  type ToldPublisher,
  type ToldRegistry,
  type ToldRule,
  tell,
} from "./words.js";

/** Whether an entry is for the version that was asked about; `some` where none was named and the entry has a range. */
type Covers = "yes" | "no" | "some";

/** Why a package is trusted, as one JSON-able object. */
export interface PackageTrust {
  readonly package: string;
  readonly denials: readonly ToldDenial[];
  readonly home: ToldRegistry;
  /** Ids of the registries from which it may come, its home first. */
  readonly servedBy: readonly string[];
  /** What it must show whatever its version, or in the version asked about; and the places that ask for it. */
  readonly mustShow: readonly { readonly kind: EvidenceKind; readonly by: readonly string[] }[];
  /** Every rule that speaks of the name. */
  readonly rules: readonly (ToldRule & { readonly covers: Covers })[];
  /** Rules speak of the name, and none covers the version: POLICY_UNCOVERED. */
  readonly uncovered: boolean;
  readonly publishers: readonly ToldPublisher[];
  /** Private instances of Sigstore that may speak for it, beside the public one. */
  readonly sigstore: readonly ToldInstance[];
  readonly exceptions: readonly ToldException[];
  readonly scripts: readonly ToldAllowance[];
  readonly sources: readonly ToldAllowance[];
  /** What was seen of it, the newest version first. It satisfies no requirement. */
  readonly observations: readonly ToldObservation[];
  /** Who else speaks for those behind the newest observed version; null where it was not asked for. */
  readonly corroboration: readonly Corroboration[] | null;
}

/** Lines for a person; JSON has all. */
const SHOWN_OBSERVATIONS = 10;

/**
 * Tells why a package is trusted; `version` null asks about all of them. `now` is in milliseconds; `corroborated` asks
 * for what else speaks for those who published it.
 */
export function showPackage(
  store: TrustStore,
  asked: { readonly ecosystem: Ecosystem; readonly name: string; readonly version: string | null },
  now: number,
  corroborated = false,
): PackageTrust {
  const { ecosystem, version } = asked;
  const name = ecosystem === "pypi" ? normalizePypi(asked.name) : asked.name;
  const covers = (select: Selector): Covers => {
    if (!selectsName(select, ecosystem, name)) return "no";
    if (select.range === null) return "yes";
    if (version === null) return "some";
    return selects(select, ecosystem, name, version) ? "yes" : "no";
  };
  const touches = (select: Selector): boolean => covers(select) !== "no";
  const home = homeOf(store, ecosystem, name);
  const rules = naming(store.rules, ecosystem, name).filter(
    (rule) => standing(rule, now) !== "ended" && !rule.except.some((except) => covers(except) === "yes"),
  );
  const covering = rules.filter((rule) => covers(rule.select) === "yes");
  const asking = [{ id: `registries.${home.id}`, require: home.require }, ...covering];
  const kinds = new Set(asking.flatMap(({ require }) => require));
  const named = new Set(rules.filter((rule) => touches(rule.select)).flatMap((rule) => rule.publishers?.of ?? []));
  const observed = observationsOf(store.observations, { ecosystem, name, version });
  const servers = store.registries.filter((registry) => registry.id !== home.id && mayServe(store, registry, home));
  return {
    package: `${ecosystem}:${name}${version === null ? "" : `@${version}`}`,
    denials: store.denials.filter(({ select }) => touches(select)).map(tell.denial),
    home: tell.registry(home),
    servedBy: [home.id, ...servers.map(({ id }) => id)],
    mustShow: [...kinds].map((kind) => ({
      kind,
      by: asking.filter(({ require }) => require.includes(kind)).map(({ id }) => id),
    })),
    rules: rules.map((rule) => ({ ...tell.rule(rule, now), covers: covers(rule.select) })),
    uncovered: version !== null && rules.length > 0 && covering.length === 0,
    publishers: store.publishers.filter((publisher) => named.has(publisher.name)).map(tell.publisher),
    sigstore: store.sigstore.filter((instance) => instance.select?.some(touches) === true).map(tellInstance),
    exceptions: store.exceptions.filter(({ select }) => touches(select)).map((item) => tell.exception(item, now)),
    scripts: store.scripts.filter(({ allow }) => touches(allow)).map(tell.allowance),
    sources: store.sources.filter(({ allow }) => touches(allow)).map(tell.allowance),
    observations: observed.map(tellObservation),
    corroboration: corroborated
      ? corroborate(store.observations, observationsOf(store.observations, { ecosystem, name, version: null }))
      : null,
  };
}

/** The lines of `trust show`. `printable` is applied to every cell. */
export function showLines(shown: PackageTrust, printable: Escape): string[] {
  const part = (title: string, rows: readonly (readonly string[])[]): string[] => section(title, rows, printable);
  const mirrors = shown.servedBy.slice(1);
  return [
    printable(shown.package),
    ...part(
      "Denied by",
      shown.denials.map(({ id, select, reason }) => [id, select, reason]),
    ),
    ...part("Home", [registryRow(shown.home)]),
    ...part(
      "May also come from",
      mirrors.map((id) => [id]),
    ),
    ...part(
      "Must show",
      shown.mustShow.map(({ kind, by }) => [kind, `asked by ${by.join(", ")}`]),
    ),
    ...part(
      "Rules",
      shown.rules.map((rule) => [rule.id, rule.select, ruleWords(rule), coverWords(rule), endWords(rule), rule.reason]),
    ),
    ...(shown.uncovered ? ["", "No rule covers this version: it is refused (POLICY_UNCOVERED)."] : []),
    ...part("Publishers", shown.publishers.flatMap(publisherRows)),
    ...part("Its builds may also be certified by", shown.sigstore.map(instanceRow)),
    ...part(
      "Exceptions",
      shown.exceptions.map((item) => [
        item.id,
        item.select,
        `waives ${item.waive.join(", ")} for ${item.digest}`,
        endWords(item),
        item.reason,
      ]),
    ),
    ...part(
      "Sources pinned",
      shown.sources.map(({ id, allow, from = "", reason }) => [id, allow, from, reason]),
    ),
    ...(shown.scripts.length === 0 ? ["", "Its install scripts are not allowed to run."] : []),
    ...part(
      "Install scripts allowed",
      shown.scripts.map(({ id, allow, reason }) => [id, allow, reason]),
    ),
    ...observationLines(shown, printable),
    ...section("Corroboration, which proves nothing", corroborationRows(shown.corroboration ?? []), printable),
  ];
}

function observationLines({ observations }: PackageTrust, printable: Escape): string[] {
  const rows = observations
    .slice(0, SHOWN_OBSERVATIONS)
    .map(({ version, publisher, source, signers, seen, reviewed }) => [
      version,
      `seen ${seen.slice(0, 10)}`,
      reviewed ? "reviewed" : "only seen",
      [publisher === null ? "" : `published by ${publisher}`, source === null ? "" : `built from ${source}`, ...signers]
        .filter((part) => part !== "")
        .join("; "),
    ]);
  const more = observations.length - rows.length;
  return [
    ...section("Observed, which satisfies no requirement", rows, printable),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}

function corroborationRows(items: readonly Corroboration[]): readonly string[][] {
  return items.map(({ who, releases, of, since, otherPackages }) => [
    who,
    of === 1
      ? `the only release that was observed, of ${since}`
      : `the last ${releases} of ${of} observed releases, since ${since}`,
    `${otherPackages === 0 ? "no" : otherPackages} other ${otherPackages === 1 ? "package" : "packages"} here`,
  ]);
}

function coverWords({ covers }: { readonly covers: Covers }): string {
  return { yes: "applies", no: "other versions only", some: "depends on the version" }[covers];
}
