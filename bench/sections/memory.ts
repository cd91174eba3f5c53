/** Peak memory of our process, at the real lockfile's length and at that of a generated one. */
import { watched } from "../command.js";
import { type Held, table } from "../report.js";
import type { Bench, Section } from "../section.js";
import { openStage, ours, type Stage, withoutCaches, withoutTree } from "../stage.js";
import { syntheticSupply } from "../synthetic.js";

const MOST_MB = 300;
const MEGABYTE = 1_000_000;
const COMMANDS = [["audit", "--signatures-only"], ["audit"], ["ci"]] as const;

interface Row {
  readonly what: string;
  readonly own: number;
  readonly children: number | null;
}

export async function memory({ stage, cache, many, told }: Bench): Promise<Section> {
  told("memory");
  const rows = await peaks(stage, told);
  const long = await openStage(await syntheticSupply(cache, many));
  try {
    rows.push(...(await peaks(long, told)));
  } finally {
    await long.close();
  }
  const lengths = [stage, long].map(({ supply }) => supply.what).join("; and ");
  const cells = rows.map((row) => [row.what, mb(row.own), row.children === null ? "–" : mb(row.children)]);
  return {
    title: "Peak memory",
    body: `At ${lengths}. Stores and caches empty.\n\n${table(["", "our process", "the largest child (npm)"], cells)}`,
    held: rows.map(({ what, own }): Held => ({ what, value: own / MEGABYTE, most: MOST_MB, unit: "MB" })),
  };
}

/** Nothing where the system does not tell. */
async function peaks(stage: Stage, told: Bench["told"]): Promise<Row[]> {
  const rows: Row[] = [];
  const entries = (Object.keys(stage.lockfile.packages ?? {}).length - 1).toLocaleString("en");
  for (const command of COMMANDS) {
    withoutCaches(stage);
    withoutTree(stage);
    const { own, children } = await watched(ours(stage, command));
    if (own === null) return rows;
    const what = `\`${command.join(" ")}\`, ${entries} entries`;
    told(`  ${what}: ${mb(own)}`);
    rows.push({ what, own, children });
  }
  withoutTree(stage);
  return rows;
}

function mb(bytes: number): string {
  return `${Math.round(bytes / MEGABYTE)} MB`;
}
