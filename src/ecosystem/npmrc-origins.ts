/** Where a setting of npm's is set. */
import path from "node:path";
import type { Environment } from "../model/world.js";
import { NOTED_SETTINGS, type NpmSetting } from "../policy/npm-settings.js";
import type { Level } from "./npmrc-levels.js";

/** The settings of one level that matter to us, each with its place; of the project, also all that npm does not know. */
export function originsOf(level: Level, known: ReadonlySet<string>, environment: Environment): readonly NpmSetting[] {
  const name = level.level;
  if (name === "default") return [];
  const keys = [...level.values.keys()].filter(
    (key) => NOTED_SETTINGS.includes(key) || (name === "project" && !known.has(key)),
  );
  return keys.map((key) => ({
    key,
    value: String(level.values.get(key) ?? ""),
    written: String(level.written.get(key) ?? "…"),
    level: name,
    where: placeOf(level, key, environment),
    known: known.has(key),
  }));
}

/** For people: the file as they would name it, with the line where that is easily found. */
function placeOf(level: Level, key: string, environment: Environment): string {
  if (level.level === "command-line") return "command line";
  if (level.level === "environment") {
    const names = Object.keys(environment.variables);
    const spelled = names.find(
      (one) =>
        one
          .toLowerCase()
          .replace(/^npm_config_/, "")
          .replace(/(?!^)_/g, "-") === key,
    );
    return `environment variable ${spelled ?? `npm_config_${key.replaceAll("-", "_")}`}`;
  }
  const own = path.join(environment.homeDirectory, ".npmrc");
  const file =
    level.level === "project" ? ".npmrc in the project" : level.file === own ? "~/.npmrc" : (level.file ?? "npm's own");
  const line = lineOf(level.text ?? "", key);
  return line === null ? file : `${file}, line ${line}`;
}

/** The last line that sets `key`: the one that counts. Null where it is spelled in another way, in quotes for example. */
function lineOf(text: string, key: string): number | null {
  const sets = (line: string): boolean => {
    const name = line.split("=", 1)[0]?.trim();
    return name === key || name === `${key}[]`;
  };
  const last = text.split(/\r\n|\n|\r/).findLastIndex(sets);
  return last < 0 ? null : last + 1;
}
