/**
 * What the verification of one recorded bundle takes, ours and others', in turns: each run is a process of its own that
 * verifies on one thread until it is warm, and then for as long again.
 */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { alternate, type Contestant, medianWall, type Result } from "../alternate.js";
import { nameOf, type Roots, VERIFIERS, type VerifierName } from "../bundle-verifiers.js";
import { timed } from "../command.js";
import type { HeldIn, Holding } from "../programs/hold-bundles.js";
import type { BundleKind } from "../recorded-bundles.js";
import { compared, duration, type Held, table } from "../report.js";
import type { Bench } from "../section.js";
import { own, type Stage } from "../stage.js";
import { writeTufCache } from "../tuf-cache.js";

const KINDS: Readonly<Record<BundleKind, string>> = {
  provenance: "a provenance bundle",
  publish: "a publish attestation",
};

export interface Bundles {
  /** Markdown. */
  readonly body: string;
  readonly held: readonly Held[];
}

export async function bundles({ stage, pairs, told }: Bench): Promise<Bundles> {
  const folder = mkdtempSync(join(stage.project.home, "bundles-"));
  const root = new URL("../../src/trust/trusted-root.json", import.meta.url);
  const roots = writeTufCache(folder, readFileSync(fileURLToPath(root)));
  const tables: string[] = [];
  const held: Held[] = [];
  for (const [kind, what] of Object.entries(KINDS) as [BundleKind, string][]) {
    told(what);
    const contestants = VERIFIERS.map((verifier) => holding(stage, folder, { verifier, kind, roots }));
    const results = await alternate(contestants, pairs, told);
    tables.push(table([`CPU time of ${what}`, "median", "least – most"], results.map(row)));
    held.push(...againstEach(what, results));
  }
  return { body: tables.join("\n"), held };
}

function row(result: Result): readonly string[] {
  const times = result.runs.map(({ wallMs }) => wallMs);
  const spread = `${duration(Math.min(...times))} – ${duration(Math.max(...times))}`;
  return [result.name, duration(medianWall(result)), spread];
}

/** Ours, which comes first, against each of the others. */
function againstEach(what: string, [mine, ...others]: readonly Result[]): readonly Held[] {
  if (mine === undefined) throw new Error("a contestant has no result");
  return others.map((other) => compared(`${what}, against ${other.name}`, mine, other, Number.POSITIVE_INFINITY));
}

function holding(
  stage: Stage,
  folder: string,
  work: { readonly verifier: VerifierName; readonly kind: BundleKind; readonly roots: Roots },
): Contestant {
  const input = join(folder, `${work.verifier}-${work.kind}.json`);
  writeFileSync(input, JSON.stringify(work satisfies Holding));
  const program = new URL("../programs/hold-bundles.js", import.meta.url);
  return {
    name: nameOf(work.verifier),
    run: async () => {
      const { cpuMs } = JSON.parse((await timed(own(stage, program, input))).stdout) as HeldIn;
      // There is nothing to wait for, and so CPU time is what it takes.
      return { wallMs: cpuMs, cpuSeconds: null };
    },
  };
}
