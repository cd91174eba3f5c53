/** Who has proven what, in a table of few rows: what stands on whose signature, and what on a checksum alone. */
import type { Signer } from "../model/evidence.js";
import type { Report } from "../model/report.js";
import type { Reported } from "../model/verdict.js";
import { forTerminal } from "./escape.js";

/** What one of those who sign stands behind; or, where nobody signed, the packages that stand on their digest alone. */
export interface ProvenBy {
  readonly by: string;
  readonly kind: "registry-signature" | "provenance" | "publisher" | "checksum";
  /** Ids of the registry's keys. */
  readonly keys: readonly string[];
  readonly count: number;
  /** `name@version`, sorted, where nobody signed. */
  readonly packages: readonly string[];
}

const SHOWN_NAMES = 5;

/** Counts what passed. A package stands in the row of each who signed it; most first, checksums last. */
export function provenBy(report: Report): readonly ProvenBy[] {
  const rows = new Map<string, { kind: ProvenBy["kind"]; by: string; keys: Set<string>; names: string[] }>();
  for (const verdict of report.lockfiles.flatMap(({ verdicts }) => verdicts)) {
    if (verdict.result !== "PASSED") continue;
    for (const { kind, by, keys } of standingOn(verdict)) {
      const row = rows.get(`${kind} ${by}`) ?? { kind, by, keys: new Set(), names: [] };
      rows.set(`${kind} ${by}`, row);
      for (const key of keys) row.keys.add(key);
      row.names.push(`${verdict.artifact.name}@${verdict.artifact.version}`);
    }
  }
  return [...rows.values()]
    .map(({ kind, by, keys, names }) => ({
      by,
      kind,
      keys: [...keys].sort(),
      count: names.length,
      packages: kind === "checksum" ? [...new Set(names)].sort() : [],
    }))
    .sort((a, b) => Number(a.kind === "checksum") - Number(b.kind === "checksum") || b.count - a.count);
}

/** The table under its title; `all` for every name. No lines where nothing passed. */
export function provenLines(rows: readonly ProvenBy[], all: boolean): string[] {
  if (rows.length === 0) return [];
  const cells = rows.map(
    (row) => [forTerminal(row.by, 100), row.count.toLocaleString("en"), inWords(row, all)] as const,
  );
  const [names, counts] = [0, 1].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return [
    "Proven by",
    ...cells.map(([by, count, words]) =>
      `  ${by.padEnd(names ?? 0)}  ${count.padStart(counts ?? 0)}  ${words}`.trimEnd(),
    ),
  ];
}

type Standing = Pick<ProvenBy, "by" | "kind"> & { readonly keys: readonly string[] };

function standingOn(verdict: Reported): Standing[] {
  const standing: Standing[] = verdict.publishers.map((by) => ({ by, kind: "publisher", keys: [] }));
  const byRegistry = new Map<string, string[]>();
  for (const signer of signersOf(verdict, "registry-signature")) {
    if (signer.type !== "registry-key") continue;
    byRegistry.set(signer.registry, [...(byRegistry.get(signer.registry) ?? []), signer.keyid]);
  }
  for (const [by, keys] of byRegistry) standing.push({ by, kind: "registry-signature", keys });
  if (verdict.evidence.some(({ kind, outcome }) => kind === "provenance" && outcome === "verified")) {
    standing.push({ by: "provenance", kind: "provenance", keys: [] });
  }
  return standing.length === 0 ? [{ by: "a checksum alone", kind: "checksum", keys: [] }] : standing;
}

function signersOf({ evidence }: Reported, kind: string): readonly Signer[] {
  return evidence.flatMap((item) => (item.kind === kind && item.outcome === "verified" ? item.signers : []));
}

function inWords({ kind, keys, packages }: ProvenBy, all: boolean): string {
  if (kind === "registry-signature") {
    return `its ${keys.length === 1 ? "key" : "keys"} ${keys.map((key) => forTerminal(key, 100)).join(", ")}`;
  }
  if (kind === "publisher") return "a publisher pinned in trust.json";
  if (kind === "provenance") return "a statement of where it was built";
  const shown = all ? packages : packages.slice(0, SHOWN_NAMES);
  const rest = packages.length - shown.length;
  const more = rest === 0 ? "" : ` and ${rest.toLocaleString("en")} more (all with --verbose)`;
  return `${shown.map((name) => forTerminal(name, 120)).join(", ")}${more}`;
}
