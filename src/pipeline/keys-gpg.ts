/** Public keys out of GnuPG's own keyring: by its own program, which is found outside the project and given no network. */
import path from "node:path";
import { LIMITS } from "../model/limits.js";
import type { Environment, World } from "../model/world.js";
import { repositoryRoot } from "./trust.js";

const GPG_MS = 20_000;
const KEPT_OUTPUT = 4096;
/** What gpg needs to find its keyring, on each system, and nothing else. */
const VARIABLES = ["HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "SystemRoot"];

/** What gpg has: the keyring as it exports it, binary; null for nothing. */
export type Exported =
  | { readonly ok: true; readonly bytes: Uint8Array | null }
  | { readonly ok: false; readonly why: string };

/**
 * Asks gpg for the certificates that `wanted` names: full fingerprints, or e-mail addresses in angle brackets, which gpg
 * compares whole. gpg must lie outside of `project`, and of the repository that holds it. Never makes a keyring, nor asks a
 * server.
 */
export async function exportFromGpg(world: World, project: string, wanted: readonly string[]): Promise<Exported> {
  const { files, environment, processes } = world;
  if (!wanted.every((one) => /^([0-9A-F]{40}|[0-9A-F]{64}|<[^<>\s]+>)$/.test(one))) {
    throw new TypeError("neither a fingerprint nor an address in angle brackets");
  }
  if (wanted.length === 0) return { ok: true, bytes: null };
  const gpg = await processes.find("gpg", (await repositoryRoot(world, project)) ?? project);
  if (gpg === null) return { ok: false, why: "gpg is not installed" };
  const home = homeOf(environment);
  if (home !== null && (await files.status(home)) === null) return { ok: false, why: "gpg has no keyring here" };
  const folder = await files.makeTemporary("secure-install-gpg-");
  try {
    const output = path.join(folder, "keys");
    const options = ["--batch", "--no-tty", "--quiet", "--disable-dirmngr", "--no-auto-check-trustdb"];
    const args = [...options, "--output", output, "--export", "--", ...wanted];
    const command = { file: gpg, args, env: environmentFor(environment), cwd: folder, seal: "lock-only" as const };
    const ended = await processes.run(command, { output: { keep: KEPT_OUTPUT }, timeoutMs: GPG_MS });
    const bytes = await files.read(output, LIMITS.keyringBytes);
    if (bytes !== null || ended.status === 0) return { ok: true, bytes };
    // It ends badly where it has nothing of what was asked for, too.
    return /nothing exported/i.test(ended.output)
      ? { ok: true, bytes: null }
      : { ok: false, why: `gpg did not give its keys: ${firstLine(ended.output)}` };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { ok: false, why: "gpg gave more than can be read" };
  } finally {
    await files.remove(folder);
  }
}

/** Where the keyring is; null where only gpg knows. */
function homeOf({ variables, platform, homeDirectory, workingDirectory }: Environment): string | null {
  if (variables.GNUPGHOME) return path.resolve(workingDirectory, variables.GNUPGHOME);
  return platform === "win32" ? null : path.join(homeDirectory, ".gnupg");
}

function environmentFor(environment: Environment): Readonly<Record<string, string>> {
  const { variables } = environment;
  const kept = VARIABLES.flatMap((name) => (variables[name] === undefined ? [] : [[name, variables[name]] as const]));
  const home = variables.GNUPGHOME ? homeOf(environment) : null;
  // Its messages are read for one word.
  return { ...Object.fromEntries(kept), LC_ALL: "C", ...(home === null ? {} : { GNUPGHOME: home }) };
}

function firstLine(text: string): string {
  return text.trim().split("\n")[0]?.slice(0, 200) ?? "";
}
