/** Results as Markdown, as they stand in docs/performance.md. */
import { arch, cpus, totalmem } from "node:os";
import { medianCpu, medianWall, type Result, ratio } from "./alternate.js";

/** Below it, a whole number says too little. */
const SHORT_MS = 10;

/** One line of a table of targets: `Infinity` where there is none. */
export interface Held {
  readonly what: string;
  readonly value: number;
  readonly most: number;
  readonly unit: "x" | "MB" | "ms";
}

/** Where the numbers come from: without it they mean nothing. */
export function machine(npmVersion: string): string {
  const [first] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
  const parts = [`${cpus().length} × ${first?.model.trim() ?? "unknown"}`, memory, `${process.platform} ${arch()}`];
  return `${parts.join(", ")}; node ${process.version}, npm ${npmVersion}.`;
}

/** Medians of all contestants of one `alternate`, with the fastest and slowest run. */
export function resultsTable(results: readonly Result[]): string {
  const rows = results.map((result) => {
    const walls = result.runs.map(({ wallMs }) => wallMs);
    const spread = `${duration(Math.min(...walls))} – ${duration(Math.max(...walls))}`;
    const cpu = medianCpu(result);
    return [result.name, duration(medianWall(result)), spread, cpu === null ? "–" : `${cpu.toFixed(1)} s`];
  });
  return table(["", "median", "fastest – slowest", "CPU"], rows);
}

export function targetsTable(held: readonly Held[]): string {
  const rows = held.map(({ what, value, most, unit }) => {
    const met = Number.isFinite(most) ? (value <= most ? "met" : "**missed**") : "";
    return [what, amount(value, unit), Number.isFinite(most) ? `≤ ${amount(most, unit)}` : "–", met];
  });
  return table(["", "measured", "target", ""], rows);
}

/** How many times the other's time ours takes. */
export function compared(what: string, ours: Result, other: Result, most: number): Held {
  return { what, value: ratio(ours, other), most, unit: "x" };
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, at) => (at === 0 ? "---" : "---:"));
  return [line(head), line(rule), ...rows.map(line), ""].join("\n");
}

export function duration(ms: number): string {
  if (ms < SHORT_MS) return `${ms.toFixed(2)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

function amount(value: number, unit: Held["unit"]): string {
  if (unit === "x") return `${value.toFixed(2)} ×`;
  return unit === "MB" ? `${Math.round(value)} MB` : duration(value);
}
