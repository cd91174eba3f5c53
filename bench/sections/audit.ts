/** A full audit against its limit: the greater of fetching the same bytes, and of unpacking and hashing them. */
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { alternate, type Contestant, median, medianWall, type Result } from "../alternate.js";
import { timed } from "../command.js";
import { bareTime } from "../programs/bare.js";
import { resultsTable } from "../report.js";
import type { Bench, Section } from "../section.js";
import { settle } from "../settle.js";
import { ours, own, type Stage, withoutCaches } from "../stage.js";

const MOST = 2;
const CONNECTIONS = 32;

export async function audit({ stage, pairs, told }: Bench): Promise<Section> {
  told("audit, and its limit");
  const prepare = async (): Promise<void> => {
    withoutCaches(stage);
    settle();
  };
  const results = await alternate(
    [
      { name: "secure-install audit", prepare, run: () => timed(ours(stage, ["audit"])) },
      { ...fetching(stage), prepare },
      unpacking(stage),
    ],
    pairs,
    told,
  );
  const [mine, fetched, unpacked] = results;
  if (!mine || !fetched || !unpacked) throw new Error("a contestant has no result");
  return {
    title: "Full audit against its limit",
    body: resultsTable(results),
    held: [
      { what: "full `audit`, against its limit", value: overLimit(mine, fetched, unpacked), most: MOST, unit: "x" },
    ],
  };
}

/** Each round against the greater of its own two. */
function overLimit(mine: Result, fetched: Result, unpacked: Result): number {
  const other = medianWall(fetched) > medianWall(unpacked) ? fetched : unpacked;
  return median(mine.runs.map(({ wallMs }, round) => wallMs / (other.runs[round]?.wallMs ?? Number.NaN)));
}

/** What an audit asks for: of each package its manifest and its tarball. Its own time counts, not node's start. */
function fetching(stage: Stage): Contestant {
  const { url, caFile } = stage.served;
  const input = join(stage.project.home, "fetch-all.json");
  const urls = stage.supply.catalogue.flatMap(({ manifest: { name, version, dist } }) => [
    `${url}${name.replace("/", "%2f")}/${version}`,
    `${url}${dist.tarball}`,
  ]);
  writeFileSync(input, JSON.stringify({ urls, caFile, connections: CONNECTIONS }));
  const program = new URL("../programs/fetch-all.js", import.meta.url);
  return {
    name: "fetching the same, nothing kept",
    run: async () => {
      const { stdout, cpuSeconds } = await timed(own(stage, program, input));
      return { wallMs: (JSON.parse(stdout) as { readonly ms: number }).ms, cpuSeconds };
    },
  };
}

function unpacking({ supply }: Stage): Contestant {
  const files = supply.catalogue.map(({ file }) => file);
  return {
    name: `gunzip and SHA-512 over ${availableParallelism()} cores`,
    run: async () => ({ wallMs: await bareTime("gunzip-sha512", files), cpuSeconds: null }),
  };
}
