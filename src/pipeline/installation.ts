/** An installation: how it is to be done, and what came of it. */
import type { Npm } from "../installer/npm-find.js";
import type { Finding } from "../model/finding.js";
import type { ScriptReport } from "../model/report.js";
import type { Interrupt } from "../model/world.js";
import { exitStatus, interruption } from "./interrupts.js";

export interface Installation {
  readonly npm: Npm;
  /** Arguments for the installer, from behind `--`. */
  readonly extra: readonly string[];
  /** Where the installer's own output goes: with `--json` to stderr. */
  readonly output: "inherit" | "stderr";
  /** `--ignore-scripts`: not even those that trust.json allows. */
  readonly ignoreScripts?: boolean;
}

export interface HandOff {
  /** Whether the installer was started at all. */
  readonly started: boolean;
  /** Whether it did its work, and the tree is what was verified. */
  readonly complete: boolean;
  /** The installer's own exit status, or that of an interrupt; null where neither has decided how the run ends. */
  readonly status: number | null;
  readonly findings: readonly Finding[];
  readonly scripts: readonly ScriptReport[];
}

/** What an installation that never began has to report. */
export function notStarted(findings: readonly Finding[] = []): HandOff {
  return { started: false, complete: false, status: null, findings, scripts: [] };
}

/** The same, where a person stopped it; `left` are findings on what could not be put back. */
export function stoppedBefore(signal: Interrupt, left: readonly Finding[] = []): HandOff {
  const project = asBefore(left, ": the project is as it was");
  const findings = [interruption(signal, `before anything was installed${project}`)];
  return { ...notStarted(findings), status: exitStatus({ status: null, signal }) };
}

/** The end of a sentence, where it holds: else findings of their own say what was not put back. */
export function asBefore(left: readonly Finding[], says: string): string {
  return left.length === 0 ? says : "";
}

/** npm ran, and what it left was refused, or has not been proven. */
export function incomplete(status: number | null, findings: readonly Finding[]): HandOff {
  return { started: true, complete: false, status, findings, scripts: [] };
}
