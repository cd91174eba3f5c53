/** `secure-install ci`, its proof of the tree included, against plain `npm ci --ignore-scripts`. */
import { alternate, type Contestant } from "../alternate.js";
import { timed } from "../command.js";
import { compared, resultsTable } from "../report.js";
import type { Bench, Section } from "../section.js";
import { settle } from "../settle.js";
import { npm, ours, type Stage, withoutCaches, withoutTree } from "../stage.js";

const MOST = 1.2;

/** Cold: empty caches and store. Warm: all of them full. No tree is there either way. */
export async function install({ stage, pairs, told }: Bench): Promise<Section> {
  told("ci, cold");
  const [cold, coldNpm] = await alternate(contestants(stage, "cold"), pairs, told);
  told("ci, warm");
  // npm's cache and our store were emptied by each other's rounds: both are filled again, untimed.
  for (const { run, prepare } of contestants(stage, "warm")) {
    await prepare?.();
    await run();
  }
  const [warm, warmNpm] = await alternate(contestants(stage, "warm"), pairs, told);
  withoutTree(stage);
  if (!cold || !coldNpm || !warm || !warmNpm) throw new Error("a contestant has no result");
  return {
    title: "ci against plain npm ci",
    body: resultsTable([cold, coldNpm, warm, warmNpm]),
    held: [
      compared("`ci` cold, against plain `npm ci`", cold, coldNpm, MOST),
      compared("`ci` warm, against plain `npm ci`", warm, warmNpm, MOST),
    ],
  };
}

function contestants(stage: Stage, how: "cold" | "warm"): readonly Contestant[] {
  const prepare = async (): Promise<void> => {
    withoutTree(stage);
    if (how === "cold") withoutCaches(stage);
    settle();
  };
  return [
    { name: `secure-install ci, ${how}`, prepare, run: () => timed(ours(stage, ["ci"])) },
    { name: `npm ci --ignore-scripts, ${how}`, prepare, run: () => timed(npm(stage, ["ci", "--ignore-scripts"])) },
  ];
}
