/** How parts of the trust store are told, as values for JSON and as words for people. Nothing here is escaped yet. */
import { day, isoTime } from "../model/day.js";
import { toIntegrity } from "../model/digest.js";
import type {
  Allowance,
  Denial,
  Exception,
  Identity,
  OwnerIdentity,
  Publisher,
  Registry,
  Rule,
} from "../model/policy.js";
import { standing } from "./findings.js";

/** Makes text from outside fit for the place where it is shown. */
export type Escape = (text: string) => string;

/** JSON-able forms: times as ISO 8601, selectors as they were written. */
export const tell = {
  registry: ({ keys, ...registry }: Registry) => ({
    ...registry,
    keys: keys.map((key) => ({ keyid: key.keyid, notBefore: isoTime(key.notBefore), expires: isoTime(key.expires) })),
  }),
  publisher: ({ name, identities, compromised }: Publisher) => ({
    name,
    identities,
    compromised: compromised === null ? null : { since: isoTime(compromised.since), reason: compromised.reason },
  }),
  rule: (rule: Rule, now: number) => ({
    ...rule,
    select: rule.select.text,
    except: rule.except.map(({ text }) => text),
    expires: isoTime(rule.expires),
    standing: standing(rule, now),
  }),
  exception: (exception: Exception, now: number) => ({
    ...exception,
    select: exception.select.text,
    digest: toIntegrity(exception.digest),
    expires: isoTime(exception.expires),
    standing: standing(exception, now),
  }),
  denial: ({ id, select, reason }: Denial) => ({ id, select: select.text, reason }),
  allowance: <Kind extends Allowance>({ allow, ...rest }: Kind) => ({ ...rest, allow: allow.text }),
};

export type ToldRegistry = ReturnType<typeof tell.registry>;
export type ToldPublisher = ReturnType<typeof tell.publisher>;
export type ToldRule = ReturnType<typeof tell.rule>;
export type ToldException = ReturnType<typeof tell.exception>;
export type ToldDenial = ReturnType<typeof tell.denial>;
export type ToldAllowance = {
  readonly id: string;
  readonly allow: string;
  readonly reason: string;
  readonly from?: string;
};

/** `openpgp 0123…`, or `built by https://github.com/acme/lib, .github/workflows/release.yml, refs/tags/* (https://…)`. */
export function identityWords(identity: Identity | OwnerIdentity): string {
  if (identity.type === "ssh") return identity.key;
  if (identity.type === "openpgp") {
    const end = identity.until === undefined ? "" : `, until ${new Date(identity.until).toISOString()}`;
    return `openpgp ${identity.fingerprint}${end}`;
  }
  const { repository, repositoryId, ownerId, workflow, ref, runner, issuer } = identity;
  const rest = [
    runner === null ? null : `on ${runner} machines`,
    repositoryId === null ? null : `repository id ${repositoryId}`,
    ownerId === null ? null : `owner id ${ownerId}`,
  ];
  const parts = [repository, workflow, ref, ...rest].filter((part) => part !== null);
  return `built by ${parts.join(", ")} (${issuer})`;
}

/** `provenance; 1 of lib-author, acme-ci`. */
export function ruleWords({ require, publishers }: Pick<ToldRule, "require" | "publishers">): string {
  const parts = [require.join(", "), publishers === null ? "" : `${publishers.atLeast} of ${publishers.of.join(", ")}`];
  return parts.filter((part) => part !== "").join("; ") || "nothing beyond the floor";
}

/** `until 2027-02-01`, `ended 2026-02-01`, or nothing where there is no end. */
export function endWords({ expires, standing: state }: { expires: string | null; standing: string }): string {
  if (expires === null) return "";
  return `${state === "ended" ? "ended" : "until"} ${day(Date.parse(expires))}${state === "ends soon" ? " (soon)" : ""}`;
}

/** Rows with every column but the last as wide as its widest cell, two spaces apart, indented by two. */
export function columns(rows: readonly (readonly string[])[], printable: Escape): string[] {
  const cells = rows.map((row) => row.map(printable));
  const widths: number[] = [];
  for (const row of cells) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return cells.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
}

/** A title and its rows under a blank line, or nothing where there are no rows. */
export function section(title: string, rows: readonly (readonly string[])[], printable: Escape): string[] {
  return rows.length === 0 ? [] : ["", title, ...columns(rows, printable)];
}
