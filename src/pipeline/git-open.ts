/**
 * The real git, for reading a repository without any of the repository's own wishes. Its configuration may be an
 * attacker's: nothing that is called here runs any of it.
 */
import path from "node:path";
import { StopError } from "../model/finding.js";
import type { World } from "../model/world.js";

const TIMEOUT_MS = 60_000;

/** One repository, as git shows it. */
export interface Git {
  /** What git printed to stdout, one character for each byte; null where it ended with an error. */
  read(args: readonly string[], most: number, input?: string): Promise<string | null>;
}

/**
 * Finds git outside the repository (a folder in which `.git` lies, absolute) and binds it to that one: `.git` may be a
 * file, as in a worktree. Naming it keeps git from searching the folders above, where another repository may lie.
 */
export async function openGit(world: World, repository: string): Promise<Git> {
  const file = await world.processes.find("git", repository);
  if (file === null) {
    throw new StopError("TRUST_BASE_MISSING", "no git was found outside the repository", {
      at: "PATH",
      help: "Install git, and see that its folder is in PATH.",
    });
  }
  const env = environmentFor(world, repository);
  return {
    read: async (args, most, input) => {
      const command = { file, args: [...SETTINGS, ...args], env, cwd: repository, seal: "verified-files" as const };
      // One more than may be: what was cut off must not pass for the whole.
      const output = { keep: most + 1, binary: true, ...(input === undefined ? {} : { input: Buffer.from(input) }) };
      const ended = await world.processes.run(command, { output, timeoutMs: TIMEOUT_MS });
      if (ended.output.length > most) throw new StopError("TRUST_MALFORMED", `git gives more than ${most} bytes`);
      return ended.status === 0 ? ended.output : null;
    },
  };
}

/**
 * Settings that would run something, or change what an object is. A setting on the command line goes before the
 * repository's. Lazy fetching, which older gits can't be kept from by a variable, finds no protocol that is allowed.
 */
const SETTINGS: readonly string[] = [
  "--no-pager",
  "--no-replace-objects",
  "--literal-pathspecs",
  ...["core.fsmonitor=false", "core.hooksPath=/dev/null", "core.sshCommand=false", "core.alternateRefsCommand=false"],
  ...["core.askPass=false", "credential.helper=", "protocol.allow=never", "core.commitGraph=false"],
].flatMap((setting) => (setting.startsWith("--") ? [setting] : ["-c", setting]));

/** Git for Windows understands /dev/null, too. */
function environmentFor({ environment }: World, repository: string): Record<string, string> {
  const { SystemRoot } = environment.variables;
  return {
    GIT_DIR: path.join(repository, ".git"),
    GIT_WORK_TREE: repository,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_SYSTEM: "/dev/null",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_ALLOW_PROTOCOL: "none",
    GIT_GRAFT_FILE: "/dev/null",
    GIT_NO_LAZY_FETCH: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    LC_ALL: "C",
    ...(SystemRoot === undefined ? {} : { SystemRoot }),
  };
}
