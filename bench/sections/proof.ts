/** The proof of an installed tree against reading and hashing the same files, and no more. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { alternate } from "../alternate.js";
import { timed } from "../command.js";
import { bareTime } from "../programs/bare.js";
import type { Listed } from "../programs/prove-tree.js";
import { compared, resultsTable } from "../report.js";
import type { Bench, Section } from "../section.js";
import { settle } from "../settle.js";
import { ours, own, withoutTree } from "../stage.js";

export async function proof({ stage, pairs, told }: Bench): Promise<Section> {
  told("the proof of the tree");
  withoutTree(stage);
  await timed(ours(stage, ["ci"]));
  const { supply, project } = stage;
  const input = join(project.home, "prove-tree.json");
  const tarballs = Object.fromEntries(supply.catalogue.map(({ manifest, file }) => [manifest.dist.integrity, file]));
  writeFileSync(input, JSON.stringify({ project: project.directory, lockfile: stage.lockfile, tarballs }));
  const program = new URL("../programs/prove-tree.js", import.meta.url);
  const { stdout } = await timed(own(stage, program, input));
  const files = (JSON.parse(stdout) as Listed).files.map((path) => join(project.directory, path));
  settle();
  const results = await alternate(
    [
      {
        name: "the proof",
        run: async () => {
          const ran = await timed(own(stage, program, input));
          return { wallMs: (JSON.parse(ran.stdout) as Listed).ms, cpuSeconds: null };
        },
      },
      {
        name: "reading and hashing, over the cores",
        run: async () => ({ wallMs: await bareTime("sha256", files), cpuSeconds: null }),
      },
    ],
    pairs,
    told,
  );
  withoutTree(stage);
  const [mine, bare] = results;
  if (!mine || !bare) throw new Error("a contestant has no result");
  return {
    title: "Proof of the tree",
    body: `${files.length.toLocaleString("en")} files.\n\n${resultsTable(results)}`,
    held: [compared("proof of the tree, against reading and hashing", mine, bare, Number.POSITIVE_INFINITY)],
  };
}
