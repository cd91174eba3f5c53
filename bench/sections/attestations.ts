/** What attestations cost: one bundle beside other verifiers, and an audit of many beside the same without them. */
import { alternate, type Contestant, median, medianCpu, type Result, ratio } from "../alternate.js";
import { timed } from "../command.js";
import { type Held, resultsTable } from "../report.js";
import type { Bench, Section } from "../section.js";
import { settle } from "../settle.js";
import { openStage, ours, type Stage, withoutCaches } from "../stage.js";
import { bundles } from "./bundles.js";

/** Of the packages that are attested: more than npm's registry has, and what a careful project may depend on. */
const SHARE = 0.4;
const COMMANDS = [["audit"], ["audit", "--signatures-only"]] as const;

export async function attestations(bench: Bench): Promise<Section> {
  const { stage, pairs, told } = bench;
  const single = await bundles(bench);
  told("minting attestations");
  const attested = await openStage(stage.supply, SHARE);
  try {
    const packages = attested.served.attesting?.packages ?? 0;
    await requireVerified(attested, packages);
    const tables: string[] = [];
    const held: Held[] = [];
    for (const command of COMMANDS) {
      const line = command.join(" ");
      told(`${line}, attested`);
      const results = await alternate(
        [contestant(attested, command, "attested"), contestant(stage, command, "nothing attested")],
        pairs,
        told,
      );
      tables.push(resultsTable(results));
      held.push(...priceOf(line, results, packages));
    }
    const total = stage.supply.catalogue.length;
    const audits = `${packages} of ${total} packages attested, by a provenance and a publish attestation each:\n`;
    return {
      title: "Attestations",
      body: [single.body, audits, ...tables].join("\n"),
      held: [...single.held, ...held],
    };
  } finally {
    await attested.close();
  }
}

function contestant(stage: Stage, command: readonly string[], what: string): Contestant {
  return {
    name: `secure-install ${command.join(" ")}, ${what}`,
    prepare: async () => {
      withoutCaches(stage);
      settle();
    },
    run: () => timed(ours(stage, command)),
  };
}

function priceOf(line: string, [mine, plain]: readonly Result[], packages: number): readonly Held[] {
  if (!mine || !plain) throw new Error("a contestant has no result");
  const more = mine.runs.map(({ wallMs }, round) => (wallMs - (plain.runs[round]?.wallMs ?? Number.NaN)) / packages);
  const most = Number.POSITIVE_INFINITY;
  const [cpu, cpuPlain] = [medianCpu(mine), medianCpu(plain)];
  const cpuMs = cpu === null || cpuPlain === null ? [] : [((cpu - cpuPlain) * 1000) / packages];
  return [
    { what: `\`${line}\` with attestations, against without`, value: ratio(mine, plain), most, unit: "x" },
    { what: `\`${line}\`, more for each attested package`, value: median(more), most, unit: "ms" },
    ...cpuMs.map((value): Held => ({ what: `\`${line}\`, CPU time of the same`, value, most, unit: "ms" })),
  ];
}

interface Reported {
  readonly verdicts: readonly {
    readonly purl: string;
    readonly evidence: readonly { readonly kind: string; readonly outcome: string }[];
  }[];
}

/** Not timed: refusing attestations is another work than verifying them. */
async function requireVerified(stage: Stage, packages: number): Promise<void> {
  if (packages === 0) throw new Error("these are too few packages: none of them is attested");
  const { verdicts } = JSON.parse((await timed(ours(stage, ["audit", "--json"]))).stdout) as Reported;
  for (const wanted of ["provenance", "publish-attestation"]) {
    const holds = verdicts.filter(({ evidence }) =>
      evidence.some(({ kind, outcome }) => kind === wanted && outcome === "verified"),
    );
    const count = new Set(holds.map(({ purl }) => purl)).size;
    if (count !== packages) throw new Error(`${count} packages have a verified ${wanted}, and not ${packages}`);
  }
}
