/** Signatures alone: ours against pnpm's `audit signatures` and a loop over pacote. Nobody has anything cached. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { alternate, type Contestant } from "../alternate.js";
import { timed } from "../command.js";
import { packagesOf } from "../lockfile.js";
import { bringPnpm, PNPM_VERSION } from "../pnpm.js";
import { compared, resultsTable } from "../report.js";
import type { Bench, Section } from "../section.js";
import { settle } from "../settle.js";
import { environment, ours, own, type Stage, withoutCaches } from "../stage.js";

const MOST_OF_PNPM = 1;
const MOST_OF_PACOTE = 0.35;

export async function signatures({ stage, cache, pairs, told }: Bench): Promise<Section> {
  const pnpm = bringPnpm(cache);
  const others = [...(pnpm === null ? [] : [await pnpmAudit(stage, pnpm)]), pacoteLoop(stage)];
  told("audit --signatures-only");
  const prepare = async (): Promise<void> => {
    withoutCaches(stage);
    settle();
  };
  const first = { name: "secure-install audit --signatures-only", run: () => timed(ours(stage, AUDIT)) };
  const results = await alternate(
    [first, ...others].map((one) => ({ ...one, prepare })),
    pairs,
    told,
  );
  const [mine, ...theirs] = results;
  const loop = theirs.at(-1);
  const audited = theirs.length > 1 ? theirs[0] : undefined;
  if (mine === undefined || loop === undefined) throw new Error("a contestant has no result");
  const note =
    audited === undefined
      ? "There is no pnpm for this platform.\n"
      : "pnpm works by a lockfile of its own, made by `pnpm import` from the same package-lock.json before the rounds.\n";
  return {
    title: "Signatures alone",
    body: `${resultsTable(results)}\n${note}`,
    held: [
      ...(audited === undefined
        ? []
        : [compared("`audit --signatures-only`, against pnpm's `audit signatures`", mine, audited, MOST_OF_PNPM)]),
      compared("`audit --signatures-only`, against a pacote loop, 20 at once", mine, loop, MOST_OF_PACOTE),
    ],
  };
}

const AUDIT = ["audit", "--signatures-only"];

async function pnpmAudit({ project, served }: Stage, binary: string): Promise<Contestant> {
  const cwd = join(project.home, "pnpm-project");
  mkdirSync(cwd, { recursive: true });
  for (const name of ["package.json", "package-lock.json"]) {
    copyFileSync(join(project.directory, name), join(cwd, name));
  }
  writeFileSync(join(cwd, ".npmrc"), `registry=${served.url}\ncafile=${served.caFile}\n`);
  const env = { ...environment(project), PNPM_HOME: join(project.home, "pnpm-home") };
  await timed({ line: [binary, "import"], cwd, env });
  return {
    name: `pnpm ${PNPM_VERSION} audit signatures`,
    run: () => timed({ line: [binary, "audit", "signatures"], cwd, env }),
  };
}

function pacoteLoop(stage: Stage): Contestant {
  const input = join(stage.project.home, "pacote-loop.json");
  const { url, caFile } = stage.served;
  const cache = join(stage.project.home, "npm-cache");
  writeFileSync(input, JSON.stringify({ packages: packagesOf(stage.lockfile), registry: url, caFile, cache }));
  const program = new URL("../programs/pacote-loop.js", import.meta.url);
  return { name: "pacote, verifySignatures, 20 at once", run: () => timed(own(stage, program, input)) };
}
