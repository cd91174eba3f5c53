/** The command line of `npm run bench -- …`. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";

export const SECTIONS = ["install", "signatures", "audit", "attestations", "proof", "memory", "startup"] as const;
export type SectionName = (typeof SECTIONS)[number];

export interface Options {
  readonly pairs: number;
  readonly only: readonly SectionName[];
  /** Absolute, or null for the usual place. */
  readonly cache: string | null;
  /** So many generated packages instead of the real lockfile; null for the real one. */
  readonly generated: number | null;
  /** Entries of the long generated lockfile. */
  readonly many: number;
}

export const HELP = `npm run bench -- [--pairs 3] [--only ${SECTIONS.join(",")}] [--cache DIR]
                 [--generated N] [--many 20000]

  --pairs      rounds of each comparison (A B A B …)
  --only       these sections alone, separated by commas
  --cache      where tarballs and pnpm are kept between runs
  --generated  N generated packages instead of the real lockfile: needs no network
  --many       entries of the long lockfile of the memory section
`;

/** Null where help was asked for. Throws where something is not understood. */
export function readOptions(args: readonly string[]): Options | null {
  const text = { type: "string" } as const;
  const options = {
    pairs: text,
    only: text,
    cache: text,
    generated: text,
    many: text,
    help: { type: "boolean" },
  } as const;
  const { values } = parseArgs({ args: [...args], options });
  if (values.help === true) return null;
  return {
    pairs: whole("pairs", values.pairs ?? "3"),
    only: values.only === undefined ? SECTIONS : values.only.split(",").map(sectionOf),
    cache: values.cache === undefined ? null : resolve(values.cache),
    generated: values.generated === undefined ? null : whole("generated", values.generated),
    many: whole("many", values.many ?? "20000"),
  };
}

function sectionOf(text: string): SectionName {
  const found = SECTIONS.find((name) => name === text);
  if (found === undefined) throw new Error(`there is no section ${text}; there are ${SECTIONS.join(", ")}`);
  return found;
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a whole number from 1, not ${text}`);
  return value;
}
