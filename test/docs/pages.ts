/** The pages of the documentation, taken apart for those who hold them against the code. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root, from wherever the tests were built to. */
export const ROOT = rootOf(dirname(fileURLToPath(import.meta.url)));

function rootOf(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : rootOf(dirname(folder));
}

/** Every page, by its path below the root, with `/`. */
export const PAGES: readonly string[] = [
  ...["README.md", "SECURITY.md", "CHANGELOG.md"],
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

/** A file of the repository as text. */
export function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

/** A fenced block: what stands behind the opening fence, and the lines within. */
export interface Block {
  readonly info: string;
  readonly text: string;
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, info = "", text = ""]) => ({ info, text }));
}

/** A page without its fenced blocks and without what stands in backticks: what is said in words. */
export function proseOf(page: string): string {
  return page.replace(/^```.*\n[\s\S]*?^```$/gm, "").replace(/`[^`\n]*`/g, "``");
}

export interface Section {
  readonly heading: string;
  readonly body: string;
}

/** The parts under headings of one level, each up to the next heading of that level or above. */
export function sectionsOf(page: string, level: number): Section[] {
  const marks = "#".repeat(level);
  const parts = page.split(new RegExp(`^(?=#{1,${level}} )`, "m"));
  return parts
    .filter((part) => part.startsWith(`${marks} `))
    .map((part) => {
      const [line = "", ...rest] = part.split("\n");
      return { heading: line.slice(level + 1).trim(), body: rest.join("\n").trim() };
    });
}

/** The rows of all tables, cells trimmed, without headings and rules. */
export function rowsOf(page: string): string[][] {
  const lines = page.split("\n");
  return lines
    .filter((line, at) => line.startsWith("|") && !isRule(line) && !isRule(lines[at + 1] ?? ""))
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim()),
    );
}

function isRule(line: string): boolean {
  return /^\|[\s:|-]+\|$/.test(line);
}
