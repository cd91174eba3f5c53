/** npm's settings at each place where npm looks for them, read by npm's own loader, without its side effects. */
import path from "node:path";
import { StopError } from "../model/finding.js";
import type { Environment, Files } from "../model/world.js";
import type { SettingLevel } from "../policy/npm-settings.js";

/** An .npmrc with a few pasted certificates stays far below. */
const NPMRC_BYTES = 1024 * 1024;

/** Keys by which a project's file would choose what is read after it. They are told, and not followed. */
const LEADING = ["userconfig", "globalconfig", "prefix"] as const;

/** Flags that the loader is given by us. */
const OURS = ["global", "location"];

/** What npm cannot read it passes over. */
const PASSED_OVER = new Set(["EACCES", "EPERM", "EISDIR", "ENAMETOOLONG"]);

/** What one place sets. */
export interface Level {
  readonly level: SettingLevel | "default";
  /** By key, as npm understands it: variables put in, types applied. */
  readonly values: ReadonlyMap<string, unknown>;
  /** By key, as it is written. */
  readonly written: ReadonlyMap<string, unknown>;
  /** The file, or null for those that are none. */
  readonly file: string | null;
  /** The file's text, or null. */
  readonly text: string | null;
}

export interface Loaded {
  /** The one that wins first. */
  readonly levels: readonly Level[];
  /** Every key that npm knows. */
  readonly known: ReadonlySet<string>;
}

/** Names that npm's loader gives the levels, the one that wins first. */
const LEVELS = [
  ["cli", "command-line"],
  ["env", "environment"],
  ["project", "project"],
  ["user", "user"],
  ["global", "global"],
  ["builtin", "builtin"],
  ["default", "default"],
] as const;

/**
 * Loads all levels for the folder `project`, which is not looked for upwards. `npmFolder` is the folder of the npm
 * that will run (its built-in npmrc can move the global one); `flags` are what the user typed for it.
 * npm's loader would also export settings to the environment; that is left out, and it gets a copy of the variables.
 * Throws StopError ENVIRONMENT_UNSAFE where npm could not read the settings either, or a file is not a bounded one.
 */
export async function loadLevels(
  environment: Environment,
  files: Files,
  project: string,
  npmFolder: string | null,
  flags: readonly string[],
): Promise<Loaded> {
  const [{ default: Config }, { default: all }] = await Promise.all([
    import("@npmcli/config"),
    import("@npmcli/config/lib/definitions/index.js"),
  ]);
  const config = new Config({
    ...all,
    // A folder that can't exist, or the loader would read a file "npmrc" wherever we happen to be.
    npmPath: npmFolder ?? path.join(environment.node, "none"),
    env: { HOME: environment.homeDirectory, ...environment.variables },
    // A setting that makes npm global would keep the loader from reading the project's file.
    argv: [environment.node, "npm", ...flags, "--global=false", "--location=project"],
    platform: environment.platform,
    execPath: environment.node,
    cwd: project,
    warn: false,
  });
  const texts = new Map<string, string | null>();
  const lookAt = async (file: unknown): Promise<void> => {
    if (typeof file === "string") texts.set(file, await readBounded(files, file));
  };
  const chain = config.data.get("cli")?.data ?? {};
  const led = new Map<string, unknown>();
  const { loadProjectConfig, loadUserConfig, loadGlobalConfig } = config;
  config.setEnvs = () => {};
  config.loadLocalPrefix = async () => {
    config.localPrefix = project;
  };
  config.loadProjectConfig = async () => {
    // The default of globalconfig is a setter: what the project assigns would land there, and not with the project.
    const defaults = config.data.get("default")?.data ?? {};
    const before = Object.getOwnPropertyDescriptor(defaults, "globalconfig") ?? {};
    await loadProjectConfig.call(config);
    const set = Object.getOwnPropertyDescriptor(defaults, "globalconfig")?.value;
    if (set !== before.value) led.set("globalconfig", set);
    Object.defineProperty(defaults, "globalconfig", before);
    const own = config.data.get("project")?.data ?? {};
    for (const key of LEADING) {
      if (!Object.hasOwn(own, key)) continue;
      led.set(key, own[key]);
      delete own[key];
    }
  };
  config.loadUserConfig = async () => {
    await lookAt(chain.userconfig);
    await loadUserConfig.call(config);
  };
  config.loadGlobalConfig = async () => {
    await lookAt(chain.globalconfig);
    await loadGlobalConfig.call(config);
  };
  await lookAt(path.join(project, ".npmrc"));
  try {
    await config.load();
    for (const level of ["env", "project", "user", "global"]) config.validate(level);
  } catch (error) {
    if (error instanceof StopError) throw error;
    throw new StopError("ENVIRONMENT_UNSAFE", `npm's settings can't be read: ${(error as Error).message}`, {
      help: "Correct them; npm config list shows where each is set.",
    });
  }
  const levels = LEVELS.map(([name, level]): Level => {
    const held = config.data.get(name);
    const values = new Map(Object.entries(held?.data ?? {}));
    if (level === "command-line") for (const key of OURS) values.delete(key);
    if (level === "project") for (const [key, value] of led) values.set(key, value);
    const file = held?.source != null && texts.has(held.source) ? held.source : null;
    const text = file === null ? null : (texts.get(file) ?? null);
    return { level, values, written: new Map(Object.entries(held?.raw ?? {})), file: held?.source ?? null, text };
  });
  return { levels, known: new Set(Object.keys(config.definitions)) };
}

async function readBounded(files: Files, file: string): Promise<string | null> {
  try {
    return (await files.read(file, NPMRC_BYTES))?.toString("utf8") ?? null;
  } catch (error) {
    if (PASSED_OVER.has((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw new StopError("ENVIRONMENT_UNSAFE", `npm's settings can't be read: ${(error as Error).message}`, {
      at: file,
      help: "Put a plain file of settings in its place, or remove it.",
    });
  }
}

/** A setting that is a text and not empty, or null. */
export function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
