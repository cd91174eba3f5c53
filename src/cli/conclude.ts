/** From what a run found to its report and its exit status. */
import path from "node:path";
import { EXIT } from "../model/codes.js";
import { type Finding, StopError } from "../model/finding.js";
import type { Observations } from "../model/observation.js";
import { type LockfileReport, type Observed, type Report, resultOf } from "../model/report.js";
import type { World } from "../model/world.js";
import type { Judged } from "../pipeline/judged.js";
import { proposalsFor } from "../pipeline/proposals.js";
import type { Session } from "../pipeline/session.js";
import { unusedExceptions } from "../pipeline/unused.js";
import type { Outcome } from "../pipeline.js";
import { humanReport, scriptsLine } from "../report/human.js";
import { jsonReport } from "../report/json.js";
import { sightingsOf } from "../trust/seen.js";
import { type CommonFlags, formatOf } from "./flags.js";
import { judgedBy } from "./judged-by.js";

export interface Conclusion {
  readonly command: string;
  readonly flags: CommonFlags;
  readonly session: Session;
  readonly outcomes: readonly Outcome[];
  /** `npm 11.19.1`, where one took part. */
  readonly installer: string | null;
  /** From the clock's `elapsed`, at the beginning. */
  readonly startedAt: number;
  /** What a command has to say beside the report, made from it. */
  readonly beside?: (report: Report) => Beside;
}

export interface Beside {
  /** Members of the JSON report. */
  readonly members: Readonly<Record<string, unknown>>;
  /** Below the report for people, ending in a line break; "" for nothing. */
  readonly text: string;
}

/** Writes the report in the form that was asked for, and gives the exit status. */
export async function conclude(world: World, conclusion: Conclusion): Promise<number> {
  const report = await makeReport(world, conclusion);
  const { flags } = conclusion;
  const { terminal } = world;
  conclusion.session.river.progress.clear();
  const isJson = formatOf(flags) === "json";
  const beside = conclusion.beside?.(report) ?? { members: {}, text: "" };
  const told = isJson
    ? jsonReport(report, beside.members)
    : humanReport(report, {
        color: terminal.color && flags.output === undefined,
        verbose: flags.verbose === true,
        quiet: flags.quiet === true,
      });
  const text = isJson || told === "" ? told : `${told}${beside.text}`;
  if (flags.output !== undefined) {
    const file = path.resolve(world.environment.workingDirectory, flags.output);
    await world.files.write(file, text).catch((error: Error) => {
      // The verdict must not be lost with the file.
      terminal.err(text);
      const help = "Name a file in a folder that can be written; the report stands above.";
      // What follows names a file beside it, which nobody asked for.
      const [why] = error.message.split(", ");
      throw new StopError("USAGE", `the report can't be written to ${file}: ${why}`, {
        at: "--output",
        help,
      });
    });
  } else {
    const scripts = isJson || flags.quiet ? null : scriptsLine(report);
    // What npm had to say stands above, and is not part of the report.
    const apart = !isJson && text !== "" && report.handedOff ? "\n" : "";
    terminal.out(`${apart}${text}${scripts === null ? "" : belowResult(scripts)}`);
  }
  return statusOf(report, conclusion);
}

/** In line with what stands behind `PASSED  `. */
function belowResult(lines: string): string {
  return lines
    .split("\n")
    .map((line) => `        ${line}\n`)
    .join("");
}

/** Refused before undecided; once handed off, or interrupted, what came of that. */
function statusOf(report: Report, { outcomes }: Conclusion): number {
  const decided = outcomes.map(({ handOff }) => handOff.status).find((status) => status !== null && status !== 0);
  if (decided !== undefined && decided !== null) return decided;
  const result = resultOf(report);
  if (result === "FAILED") return EXIT.refuse;
  return result === "UNDECIDED" ? EXIT.undecided : 0;
}

async function makeReport(world: World, conclusion: Conclusion): Promise<Report> {
  const { session, outcomes, startedAt } = conclusion;
  const { river } = session;
  const verdicts = outcomes.flatMap(({ judged }) => judged.map(({ verdict }) => verdict));
  const findings: Finding[] = [
    ...session.findings,
    ...unusedExceptions(river.trust, verdicts, river.now),
    ...outcomes.flatMap((outcome) => [...outcome.findings, ...outcome.handOff.findings]),
  ];
  return {
    command: conclusion.command,
    lockfiles: outcomes.flatMap((outcome) => describe(world, outcome, river.trust.observations)),
    findings,
    scripts: outcomes.flatMap(({ handOff }) => handOff.scripts),
    proposals: await proposalsFor(
      river,
      outcomes.flatMap(({ judged }) => judged),
    ),
    handedOff: outcomes.some(({ handOff }) => handOff.started),
    signaturesOnly: river.options.signaturesOnly,
    judgedBy: await judgedBy(world, river, conclusion.installer),
    elapsedMs: world.clock.elapsed() - startedAt,
  };
}

function describe(world: World, { project, judged }: Outcome, observations: Observations): LockfileReport[] {
  if (project === null) return [];
  const file = path.join(project.directory, path.basename(project.lockfile.path));
  const relative = path.relative(world.environment.workingDirectory, file);
  const shown = relative.startsWith("..") || path.isAbsolute(relative) ? file : relative;
  const verdicts = judged.map(({ verdict }) => verdict);
  const { findings } = project;
  const observed = observations.size === 0 ? {} : { observed: observedAmong(judged, observations) };
  return [{ path: shown, entries: project.lockfile.artifacts.length, verdicts, findings, ...observed }];
}

/** Counts those that passed, and of which there is something that could be observed. */
function observedAmong(judged: readonly Judged[], observations: Observations): Observed {
  const own = judged.flatMap(({ verdict, sight }) =>
    verdict.result === "PASSED" && sight !== null ? [sightingsOf(observations, sight, sight.digest)] : [],
  );
  return {
    firstSeen: own.filter((sightings) => sightings.length > 0 && sightings.every(({ reviewed }) => !reviewed)).length,
    unobserved: own.filter((sightings) => sightings.length === 0).length,
  };
}
