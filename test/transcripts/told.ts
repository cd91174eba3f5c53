/**
 * Snapshot tests of what people see: each of them runs the real program in a project of its own, against a registry of
 * its own, and compares every line that was printed with a text in this folder. Nothing is written but on demand:
 *
 *     npm run build && node scripts/test.mjs test/transcripts --update
 *
 * A new one is a line in a table of `<folder>.test.ts`; the difference is for a person to read aloud.
 */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { appendFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { type Authority, mintAuthority } from "../../registry-fixtures/authority.js";
import { fixtureFolder } from "../../registry-fixtures/fixture-files.js";
import { type LockfileOptions, lockfileFor } from "../../registry-fixtures/lockfile.js";
import { makeProject, type Project, registryEntry } from "../../registry-fixtures/project.js";
import { type Run, secureInstall } from "../../registry-fixtures/secure-install.js";
import { type Served, serve } from "../../registry-fixtures/server.js";
import { createSimulator, type Simulator } from "../../registry-fixtures/simulator.js";
import { type Place, Transcript } from "../../registry-fixtures/transcript.js";
import type { Altered } from "../attacks/scene.js";
import { typeInside } from "../pipeline/inside.js";

/** Where one transcript takes place. The project trusts the registry, and has the lockfile that npm would write. */
export interface Stage {
  readonly project: Project;
  readonly simulator: Simulator;
  readonly served: Served;
  readonly authority: Authority;
  /** Variables of every command line; open for a case to change. */
  readonly env: Record<string, string>;
  /** More texts that differ from run to run. What is shown in braces can be typed so. */
  readonly places: Place[];
  /** The time at which commands run, which is shown as it is; null for the real one. */
  at: string | null;
  /** Called at the end. */
  readonly cleanups: (() => Promise<unknown>)[];
}

/** What happens before the first command line, and what is typed then. */
export interface Told {
  /** Dependencies of the project: greeter, with what it needs, unless given. Null for no lockfile, and none wanted. */
  readonly wants?: Readonly<Record<string, string>> | null;
  readonly lockfile?: LockfileOptions;
  /** Publishes what is wanted, before it is locked. */
  readonly publish?: (simulator: Simulator) => void;
  /** Alters the lockfile before it is written. */
  readonly alter?: (packages: Altered["packages"], simulator: Simulator) => void;
  /** A registry that signs nothing, under a name that `given` leads to. */
  readonly unsignedAt?: string;
  /** Whatever else has happened by then. */
  readonly given?: (stage: Stage) => unknown;
  /** Why it can't be told here. */
  readonly skip?: string | false;
  /** Runs the program as a process of its own, which takes five times as long: where the process itself matters. */
  readonly alone?: boolean;
  /**
   * As they are typed: `secure-install ci`, with variables in front if need be; `cat FILE`; `echo 'TEXT' > FILE` or
   * `>>`. Single quotes keep words together, and `~/` is the home folder. A function is what happens meanwhile.
   */
  readonly lines: readonly (string | ((stage: Stage) => unknown))[];
}

/** Commands that ask no registry; all others must be told of ours, unless they name one, or only ask for help. */
const ASKING_NOBODY = new Set(["explain", "trust", "store", "completion", "help", ""]);
/** Those below them that ask all the same. */
const ASKING_BELOW = /^trust (?:init|add|find|except|accept|refresh|evidence export)\b/;
const TELLING = /^--(?:cafile|help$)/;

const ROOT = join(fixtureFolder(), "..", "test", "transcripts");
const UPDATES = process.env.UPDATE_TRANSCRIPTS === "1";
const HOW = "look at what changed, and write it with: node scripts/test.mjs test/transcripts --update";

/** Makes a test of each transcript of a folder, and one that the folder holds no other. */
export async function tell(folder: string, transcripts: Readonly<Record<string, Told>>): Promise<void> {
  const authority = await mintAuthority();
  const place = join(ROOT, folder);
  describe(`transcripts: ${folder}`, { concurrency: 3 }, () => {
    for (const [name, told] of Object.entries(transcripts)) {
      test(name, { skip: told.skip ?? false }, async () => {
        const text = await perform(told, authority);
        compare(join(place, `${name}.txt`), text);
      });
    }
    test("there is no other transcript", () => {
      const known = new Set(Object.keys(transcripts).map((name) => `${name}.txt`));
      const unused = readdirSync(place).filter((name) => !known.has(name));
      if (UPDATES) for (const name of unused) rmSync(join(place, name));
      else assert.deepEqual(unused, [], "nobody tells these any more");
    });
  });
}

function compare(file: string, text: string): void {
  if (UPDATES) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return;
  }
  let kept: string;
  try {
    kept = readFileSync(file, "utf8");
  } catch {
    assert.fail(`there is no ${file}; ${HOW}. It would be:\n${text}`);
  }
  assert.equal(text, kept.replaceAll("\r\n", "\n"), `${file} differs; ${HOW}`);
}

async function perform(told: Told, authority: Authority): Promise<string> {
  const stage = await set(told, authority);
  try {
    await told.given?.(stage);
    const { project, served } = stage;
    const transcript = new Transcript(
      [
        ...stage.places,
        [served.url, "https://npm.acme.example/"],
        [project.directory, "/work/project"],
        [project.home, "/home/me"],
        [dirname(project.directory), "/work"],
      ],
      stage.at === null ? [] : ["time"],
    );
    for (const line of told.lines) {
      if (typeof line === "string") transcript.add(line, await type(line, stage, told.alone === true));
      else await line(stage);
    }
    return transcript.text;
  } finally {
    await Promise.all([...stage.cleanups.map((clean) => clean()), stage.project.remove(), stage.served.close()]);
  }
}

async function set(told: Told, authority: Authority): Promise<Stage> {
  const host = told.unsignedAt;
  const simulator = createSimulator({ name: "acme", signs: host === undefined });
  // What is signed by nobody is all published by those who tell of it.
  if (host === undefined) simulator.loadPackages();
  told.publish?.(simulator);
  const served = await serve(simulator, { authority, ...(host === undefined ? {} : { host }) });
  const wants = told.wants === undefined ? { greeter: "^1.0.0" } : told.wants;
  const project = await makeProject(wants === null ? {} : { dependencies: wants });
  await project.writeNpmrc({ registry: served.url });
  await project.writeTrust({ registries: { acme: registryEntry(simulator) } });
  if (wants !== null) {
    const lockfile = lockfileFor(simulator, project.manifest, told.lockfile);
    told.alter?.((lockfile as Altered).packages, simulator);
    await project.writeLockfile(lockfile);
  }
  // Not by a flag, so that command lines are as they are typed, whatever flags a command has.
  const env = { NODE_EXTRA_CA_CERTS: served.caFile };
  return { project, simulator, served, authority, env, places: [], at: null, cleanups: [] };
}

/** What comes of a command line. */
export async function type(line: string, { project, env, places, at: time }: Stage, alone = false): Promise<Run> {
  const braced = places.filter(([, shown]) => shown.startsWith("{"));
  const full = braced.reduce((text, [found, shown]) => text.replaceAll(shown, found), line);
  const words = wordsOf(full).map((word) => word.replace(/^~(?=\/)/, project.home));
  const first = words.findIndex((word) => !/^\w+=/.test(word));
  const [program = "", ...args] = words.slice(first);
  if (program === "secure-install") {
    const given = Object.fromEntries(words.slice(0, first).map((word) => word.split(/=(.*)/s)));
    const all = { ...env, ...given };
    if (alone) return secureInstall(project, args, { env: all });
    const { NODE_EXTRA_CA_CERTS: caFile, ...others } = all;
    // A wrapped installer takes flags behind its own sub-command.
    const [command = ""] = args;
    const isBelow = ASKING_BELOW.test(args.join(" "));
    const at = command === "trust" ? args.length : command === "npm" ? 2 : 1;
    const mayAsk = isBelow || (!ASKING_NOBODY.has(command) && !command.startsWith("-"));
    const asks = mayAsk && !args.some((arg) => TELLING.test(arg));
    const argv = asks && caFile !== undefined ? [...args.slice(0, at), `--cafile=${caFile}`, ...args.slice(at)] : args;
    const now = time === null ? {} : { now: () => Date.parse(time) };
    return typeInside(project, argv, others, (world) => ({ ...world, clock: { ...world.clock, ...now } }));
  }
  if (program === "cat") return { status: 0, stdout: await project.read(args[0] ?? ""), stderr: "" };
  const [text = "", redirection, file = ""] = args;
  assert.ok(program === "echo" && (redirection === ">" || redirection === ">>"), `"${line}" is not understood`);
  await (redirection === ">" ? writeFile : appendFile)(join(project.directory, file), `${text}\n`);
  return { status: 0, stdout: "", stderr: "" };
}

/** The words of a command line; single quotes, which are taken off, keep words together. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|[^\s'])+/g)].map(([word]) => word.replaceAll("'", ""));
}
