/**
 * `secure-install trust init [lockfile…]`: a trust store from what a project is today, in one pass over the network;
 * later, on each branch that brings new packages, what is new. An audit decides what passes; failures are not recorded.
 */
import path from "node:path";
import type { Report } from "../model/report.js";
import type { World } from "../model/world.js";
import { type Initiation, initTrust } from "../pipeline/init.js";
import { notStarted } from "../pipeline/installation.js";
import { memberLine } from "../pipeline/member-line.js";
import { type Project, projectAt, readProject } from "../pipeline/project.js";
import type { Session } from "../pipeline/session.js";
import type { Outcome } from "../pipeline.js";
import { forTerminal } from "../report/escape.js";
import { provenBy, provenLines } from "../report/proven.js";
import { plural } from "../report/summary.js";
import { type Beside, conclude } from "./conclude.js";
import type { CommonFlags } from "./flags.js";
import { withSession } from "./session.js";

/**
 * Makes the store at the repository's root, or adds to it, for the lockfile of this folder and for those that are
 * named. The exit status is that of an audit.
 */
export async function trustInit(world: World, lockfiles: readonly string[], flags: CommonFlags): Promise<number> {
  const startedAt = world.clock.elapsed();
  const here = world.environment.workingDirectory;
  return withSession({ world, flags, project: here, thisPlatform: false, installs: false }, async (session) => {
    const projects = await projectsFor(world, here, lockfiles);
    const done = await initTrust(session.river, projects);
    const outcomes = projects.map(
      (project, at): Outcome => ({ project, judged: done.judged[at] ?? [], findings: [], handOff: notStarted() }),
    );
    const beside = (report: Report): Beside => besideReport(report, done, world, flags);
    const conclusion = { command: "trust init", flags, outcomes, installer: null, startedAt, beside };
    return conclude(world, { ...conclusion, session: judgedAnew(session, done) });
  });
}

/** The lockfile of this folder, where it has one or none is named; and those that are named, by file or by folder. */
async function projectsFor(world: World, here: string, lockfiles: readonly string[]): Promise<Project[]> {
  const own = lockfiles.length === 0 || (await hasLockfile(world, here)) ? [await readProject(world, here)] : [];
  const seen = new Set(own.map(({ lockfile }) => lockfile.path));
  for (const named of lockfiles) {
    const project = await projectAt(world, path.resolve(here, named));
    if (!seen.has(project.lockfile.path)) own.push(project);
    seen.add(project.lockfile.path);
  }
  return own;
}

async function hasLockfile({ files }: World, folder: string): Promise<boolean> {
  const names = ["package-lock.json", "npm-shrinkwrap.json"];
  const found = await Promise.all(names.map((name) => files.status(path.join(folder, name))));
  return found.some((status) => status !== null);
}

/** The store as it was written is what the report is about. */
function judgedAnew(session: Session, { trust }: Initiation): Session {
  const before = new Set(session.river.trust.findings);
  const findings = [...session.findings.filter((item) => !before.has(item)), ...trust.findings];
  return { ...session, river: { ...session.river, trust }, findings };
}

function besideReport(report: Report, done: Initiation, world: World, flags: CommonFlags): Beside {
  const proven = provenBy(report);
  const relative = path.relative(world.environment.workingDirectory, done.directory) || ".";
  const store = relative.startsWith("..") || path.isAbsolute(relative) ? done.directory : relative;
  const members = {
    provenBy: proven,
    declared: done.declared.map(({ id, value, because }) => ({ id, value, because })),
    observed: { added: done.added, total: totalOf(done) },
    store,
    written: done.written,
  };
  const sections = [
    provenLines(proven, flags.verbose === true),
    declaredLines(done),
    writtenLines(done, store),
    nextLines(report, done, store),
  ].filter((lines) => lines.length > 0);
  const isColored = world.terminal.color && flags.output === undefined;
  const text = sections.map(
    ([title = "", ...lines]) => `\n${[isColored ? strong(title) : title, ...lines].join("\n")}\n`,
  );
  return { members, text: text.join("") };
}

function strong(text: string): string {
  return `\u001b[1m${text}\u001b[0m`;
}

function totalOf({ trust }: Initiation): number {
  return [...trust.observations.values()].reduce((sum, list) => sum + list.length, 0);
}

/** A line with a key in it must not be cut. */
const LONGEST_LINE = 20_000;

function declaredLines({ declared }: Initiation): string[] {
  if (declared.length === 0) return [];
  const told = declared.flatMap(({ id, value, because }) => [
    `  ${forTerminal(memberLine(id, value), LONGEST_LINE)}`,
    ...because.map((reason) => `    ${forTerminal(reason, LONGEST_LINE)}`),
  ]);
  return ["Declared, for you to review", ...told];
}

function writtenLines(done: Initiation, store: string): string[] {
  const { written, added } = done;
  const place = forTerminal(store);
  if (written.length === 0) {
    return [
      "Nothing new",
      `  ${plural(totalOf(done), "observation")} before and after; no byte of ${place} was changed.`,
    ];
  }
  const what: Readonly<Record<string, string>> = {
    "trust.json": "whom you trust for what",
    "observed.lock": `${plural(added, "package")} seen for the first time, reviewed by nobody yet: every run counts them`,
    ".gitattributes": "so that two branches merge without a conflict",
  };
  const names = Object.keys(what).filter((name) => written.includes(name));
  const width = Math.max(...names.map((name) => name.length));
  return [`Written into ${place}`, ...names.map((name) => `  ${name.padEnd(width)}  ${what[name]}`)];
}

function nextLines(report: Report, { written }: Initiation, store: string): string[] {
  const open = report.lockfiles.flatMap(({ verdicts }) => verdicts).filter(isOpen).length;
  const steps = [
    ...(open === 0
      ? []
      : [`${plural(open, "package")} did not pass, and nothing was recorded of them: see above, then run this again.`]),
    ...(written.length === 0
      ? []
      : [`Review and commit ${forTerminal(store)}; then let secure-install gate judge by it in CI.`]),
  ];
  return steps.length === 0 ? [] : ["Next", ...steps.map((step) => `  ${step}`)];
}

function isOpen({ result }: { readonly result: string }): boolean {
  return result === "FAILED" || result === "UNDECIDED";
}
