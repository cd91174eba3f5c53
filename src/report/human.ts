/** The report for people: silence about what is well, a paragraph about what is not, one line at the end. */
import { CATALOGUE } from "../model/codes.js";
import type { Finding, StopError } from "../model/finding.js";
import { type LockfileReport, type Report, type RunResult, resultOf, type ScriptReport } from "../model/report.js";
import type { Reported } from "../model/verdict.js";
import { forTerminal } from "./escape.js";
import { plural, summaryLine } from "./summary.js";

export interface HumanOptions {
  readonly color: boolean;
  /** Show every refused package in full, and the notes of those that passed. */
  readonly verbose: boolean;
  /** Say nothing when all is well. */
  readonly quiet: boolean;
}

/** Of many packages with one and the same finding, so many are shown in full. */
const SHOWN_IN_FULL = 3;
const LABEL = 12;
/** A line that is to be pasted must not be cut. */
const LONGEST_LINE = 20_000;

interface Case {
  readonly finding: Finding;
  readonly verdict: Reported | null;
  readonly lockfile: LockfileReport | null;
}

/** The whole report as text, or "" where silence was asked for and all is well. */
export function humanReport(report: Report, options: HumanOptions): string {
  const paint = painter(options.color);
  const result = resultOf(report);
  const groups = grouped(report, options.verbose);
  if (options.quiet && result === "PASSED" && groups.length === 0) return "";
  const inFull = options.verbose || result !== "PASSED";
  const sections = groups.map((cases) => section(cases, paint, { all: options.verbose, inFull }));
  if (options.verbose) sections.push(...remarks(report, paint));
  if (report.signaturesOnly)
    sections.push("Only signatures over the locked digests were judged; the bytes were not seen.\n");
  const end = `${paint[result](result)}  ${summaryLine(report)}\n${proposalLines(report, paint)}`;
  return `${sections.map((text) => `${text}\n`).join("")}${end}`;
}

/** In line with what stands behind `FAILED  `: the one line that would settle most, ready to be pasted. */
function proposalLines({ proposals }: Report, paint: Paint): string {
  const [best] = proposals;
  if (best === undefined) return "";
  const { file, path, line, settles, says } = best;
  const under = path.slice(0, -1).map((step) => `"${forTerminal(step, 100)}"`);
  const which = settles === 1 ? "it" : `all ${settles.toLocaleString("en")}`;
  const place = `This line under ${under.join(", ")} in .secure-install/${file} would settle ${which}:`;
  const more = proposals.length === 1 ? [] : [`(${proposals.length - 1} more with --json)`];
  const lines = [forTerminal(says, 2000), place, `    ${paint.strong(forTerminal(line, LONGEST_LINE))}`, ...more];
  return lines.map((text) => `        ${text}\n`).join("");
}

/** A run that could not start. */
export function humanError(error: Pick<StopError, "code" | "at" | "message" | "help">, color: boolean): string {
  const paint = painter(color);
  const at = error.at === null ? "" : ` at ${forTerminal(error.at)}`;
  const lines = [
    `${paint.FAILED("✗")} ${paint.strong(error.code)}${at}`,
    labelled("says", error.message),
    labelled("means", CATALOGUE[error.code].means),
    labelled("next", error.help),
  ];
  return `${lines.join("\n")}\n`;
}

/** Cases of one code stand together, the gravest last, next to the summary; notes are shown when asked for. */
function grouped(report: Report, verbose: boolean): Case[][] {
  const cases: Case[] = [
    ...report.findings.map((finding) => ({ finding, verdict: null, lockfile: null })),
    ...report.lockfiles.flatMap((lockfile) => [
      ...lockfile.findings.map((finding) => ({ finding, verdict: null, lockfile })),
      ...lockfile.verdicts.flatMap((verdict) => verdict.findings.map((finding) => ({ finding, verdict, lockfile }))),
    ]),
  ];
  const order = ["note", "warn", "undecided", "refuse", "tamper"];
  const groups = new Map<string, Case[]>();
  for (const item of cases) {
    if (item.finding.severity === "note" && !verbose) continue;
    const key = `${order.indexOf(item.finding.severity)} ${item.finding.code}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}

/** What is to be said of evidence that holds: a time that is unproven, a signature that was ignored. */
function remarks(report: Report, paint: Paint): string[] {
  const lines = report.lockfiles.flatMap((lockfile) =>
    lockfile.verdicts.flatMap((verdict) =>
      verdict.evidence.flatMap((item) => {
        const notes = item.outcome === "verified" ? (item.notes ?? []) : [];
        const name = paint.strong(nameOf({ verdict, lockfile }));
        return notes.map((note) => `· ${name}  ${item.kind}: ${forTerminal(note, 1000)}`);
      }),
    ),
  );
  return lines.length === 0 ? [] : [`${[...new Set(lines)].join("\n")}\n`];
}

interface Detail {
  /** Every case, not only the first few. */
  readonly all: boolean;
  /** Warnings too with all that there is to say. */
  readonly inFull: boolean;
}

function section(cases: readonly Case[], paint: Paint, detail: Detail): string {
  const first = cases[0]?.finding;
  if (first === undefined) return "";
  const shown = detail.all ? cases : cases.slice(0, SHOWN_IN_FULL);
  const brief = !detail.inFull && first.severity === "warn";
  // A next step that names its package is told with each of them; any other once.
  const apart = shown.length > 1 && shown.some(helpNamesIt);
  const inFull = (item: Case): string[] =>
    apart ? [...describe(item, paint), labelled("next", item.finding.help)] : describe(item, paint);
  const lines = brief ? shown.map((item) => inOneLine(item, paint)) : shown.flatMap(inFull);
  const rest = cases.length - shown.length;
  if (rest > 0) {
    const names = cases.slice(SHOWN_IN_FULL, SHOWN_IN_FULL + 5).map((item) => nameOf(item));
    lines.push(`  and ${rest} more: ${names.join(", ")}${rest > 5 ? ", …" : ""} (all with --verbose)`);
  }
  if (!brief) lines.push(labelled("means", CATALOGUE[first.code].means));
  if (!brief && !apart) lines.push(labelled("next", first.help));
  return `${lines.join("\n")}\n`;
}

/** A warning on a run that passed comes again with every run: one line, the rest with --verbose or explain. */
function inOneLine(item: Case, paint: Paint): string {
  const { code, says } = item.finding;
  return `${paint.UNDECIDED("!")} ${paint.strong(nameOf(item))}  ${code}  ${forTerminal(says, 1000)}`;
}

function describe(item: Case, paint: Paint): string[] {
  const { finding, verdict } = item;
  const grave = finding.severity === "tamper" || finding.severity === "refuse";
  const mark = grave ? paint.FAILED("✗") : paint.UNDECIDED(finding.severity === "note" ? "·" : "!");
  const lines = [`${mark} ${paint.strong(nameOf(item))}  ${finding.code}`, labelled("says", finding.says)];
  const path = verdict?.artifact.paths[0];
  if (path !== undefined && path !== verdict?.artifact.name) lines.push(labelled("reached by", path));
  if (finding.expected !== null) lines.push(labelled("expected", finding.expected));
  if (finding.got !== null) lines.push(labelled("got", finding.got));
  return lines;
}

function helpNamesIt({ finding, verdict }: Case): boolean {
  return verdict !== null && finding.help.includes(`:${verdict.artifact.name}@${verdict.artifact.version}`);
}

function nameOf(item: Omit<Case, "finding">): string {
  if (item.verdict !== null) {
    // A link's entry has no version.
    const { name, version } = item.verdict.artifact;
    return forTerminal(version === "" ? name : `${name}@${version}`, 120);
  }
  return item.lockfile === null ? "this run" : forTerminal(item.lockfile.path, 200);
}

function labelled(label: string, text: string): string {
  return `    ${label.padEnd(LABEL)}${forTerminal(text, 1000)}`;
}

type Style = (text: string) => string;
type Paint = Readonly<Record<RunResult | "strong", Style>>;

function painter(color: boolean): Paint {
  const style = (code: number): Style => (color ? (text) => `\u001b[${code}m${text}\u001b[0m` : (text) => text);
  return { PASSED: style(32), FAILED: style(31), UNDECIDED: style(33), strong: style(1) };
}

/** What of install scripts was run and what was not, in a line or two; null if nobody has any. */
export function scriptsLine(report: Report): string | null {
  const own = report.scripts.filter((script) => script.location === "");
  const others = report.scripts.filter((script) => script.location !== "");
  const lines = [...packagesLine(others), ...own.map(({ scripts }) => ownLine(scripts))];
  return lines.length === 0 ? null : lines.join("\n");
}

function packagesLine(scripts: readonly ScriptReport[]): string[] {
  if (scripts.length === 0) return [];
  const blocked = scripts.filter((script) => script.outcome === "blocked");
  const names = blocked.slice(0, 5).map((script) => forTerminal(script.purl, 120));
  const list = names.length === 0 ? "" : `: ${names.join(", ")}${blocked.length > 5 ? ", …" : ""}`;
  const failed = scripts.filter((script) => script.outcome === "failed");
  const ran = plural(scripts.length - blocked.length - failed.length, "install script");
  const failures = failed.length === 0 ? "" : `, ${failed.length} failed`;
  return [`${ran} run${failures}, ${blocked.length} not allowed${list}`];
}

function ownLine(scripts: readonly string[]): string {
  const commands = scripts.map((name) => `npm run ${forTerminal(name, 40)}`);
  return `The project's own install scripts were not run; if you want them: ${commands.join(", ")}`;
}
