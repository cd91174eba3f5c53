/** `secure-install trust evidence export|import`: what registries say, carried into networks where nobody can ask. */
import path from "node:path";
import { CATALOGUE, EXIT } from "../model/codes.js";
import { StopError } from "../model/finding.js";
import type { World } from "../model/world.js";
import { type Imported, keepEvidence } from "../pipeline/evidence-in.js";
import { EVIDENCE_LIMITS } from "../pipeline/evidence-line.js";
import { gatherEvidence } from "../pipeline/evidence-out.js";
import { readProject } from "../pipeline/project.js";
import { forJson, forTerminal } from "../report/escape.js";
import { plural } from "../report/summary.js";
import type { CommonFlags } from "./flags.js";
import { withSession } from "./session.js";
import { refuseWriting } from "./trust-writing.js";

/**
 * Writes what the registries say of every package of this folder's lockfile. All of it or nothing: what could not be
 * had is said, with the exit status of that. Throws StopError LOCKFILE_UNREADABLE, and USAGE for an output that can't
 * be written.
 */
export async function exportEvidence(world: World, flags: CommonFlags): Promise<number> {
  const project = world.environment.workingDirectory;
  return withSession({ world, flags, project, thisPlatform: false, installs: false }, async ({ river }) => {
    const { lockfile } = await readProject(world, project);
    const gathered = await gatherEvidence(river, lockfile.artifacts);
    river.progress.clear();
    if (gathered.missing.length > 0) {
      const says = `What the registries say of ${plural(gathered.missing.length, "package")} could not be had.`;
      const isRefused = gathered.missing.some(({ code }) => CATALOGUE[code].kind === "refuse");
      const status = isRefused ? EXIT.refuse : EXIT.undecided;
      return refuseWriting(world, flags, "trust evidence export", says, gathered.missing, status);
    }
    await write(world, flags, gathered.lines.map((line) => `${line}\n`).join(""));
    if (flags.quiet === true) return 0;
    const others = gathered.others === 0 ? "" : ` ${plural(gathered.others, "entry")} of no registry left out.`;
    const where = flags.output === undefined ? "" : ` in ${flags.output}`;
    world.terminal.err(`${forTerminal(`Evidence of ${plural(gathered.packages, "package")}${where}.${others}`)}\n`);
    return 0;
  });
}

async function write(world: World, flags: CommonFlags, text: string): Promise<void> {
  if (flags.output === undefined) {
    world.terminal.out(text);
    return;
  }
  const file = path.resolve(world.environment.workingDirectory, flags.output);
  await world.files.write(file, text).catch((error: Error) => {
    throw new StopError("USAGE", `the evidence can't be written to ${file}: ${error.message}`, {
      at: "--output",
      help: "Name a file in a folder that can be written.",
    });
  });
}

/**
 * Keeps the lines of such a file in this user's store. It proves nothing: each of them is verified when it is used.
 * Throws StopError: USAGE where there is no such file, EVIDENCE_MALFORMED where it is none.
 */
export async function importEvidence(world: World, file: string, flags: CommonFlags): Promise<number> {
  const project = world.environment.workingDirectory;
  const bytes = await read(world, path.resolve(project, file), file);
  // Nobody is asked: what the file says is all there is.
  const offline = { ...flags, offline: true };
  return withSession({ world, flags: offline, project, thisPlatform: false, installs: false }, async ({ river }) => {
    const imported = await keepEvidence(river, bytes, path.basename(file));
    river.progress.clear();
    const command = "trust evidence import";
    if (!imported.ok) {
      const says = `${file} holds what the keys of its registries speak against.`;
      return refuseWriting(world, flags, command, says, imported.findings);
    }
    const { kept, better, foreign } = imported;
    if (flags.json === true) {
      world.terminal.out(`${forJson({ format: 1, command, result: "PASSED", kept, better, foreign }, 2)}\n`);
    } else if (flags.quiet !== true) {
      world.terminal.out(
        linesOf(imported, file)
          .map((line) => `${forTerminal(line)}\n`)
          .join(""),
      );
    }
    return 0;
  });
}

function linesOf({ kept, better, foreign }: Extract<Imported, { ok: true }>, file: string): string[] {
  return [
    `${file}: ${plural(kept, "statement")} kept. They prove nothing until they are verified with the bytes.`,
    ...(better === 0 ? [] : [`${plural(better, "statement")} not taken: what the store holds is as good, or better.`]),
    ...(foreign === 0
      ? []
      : [`${plural(foreign, "statement")} left out: they are of registries that nobody has declared here.`]),
  ];
}

async function read(world: World, file: string, given: string): Promise<Uint8Array> {
  try {
    const bytes = await world.files.read(file, EVIDENCE_LIMITS.fileBytes);
    if (bytes !== null) return bytes;
  } catch (error) {
    if (error instanceof RangeError) {
      const says = `${given} is larger than ${EVIDENCE_LIMITS.fileBytes} bytes`;
      throw new StopError("EVIDENCE_MALFORMED", says, { at: given });
    }
    throw new StopError("USAGE", `${given} can't be read: ${error instanceof Error ? error.message : error}`);
  }
  throw new StopError("USAGE", `there is no file ${given}`);
}
