/** By what was judged: ourselves, the trust store, the installer, the time. */
import { createHash } from "node:crypto";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { piecesOf } from "../files/pieces.js";
import type { JudgedBy } from "../model/report.js";
import type { Files, World } from "../model/world.js";
import type { River } from "../pipeline/river.js";
import { repositoryRoot } from "../pipeline/trust.js";
import { rootsAge } from "../trust/summary.js";
import { version } from "./version.js";

/** The section `judgedBy` of a report. */
export async function judgedBy(world: World, river: River, installer: string | null): Promise<JudgedBy> {
  const { trust } = river;
  return {
    tool: `secure-install ${version()}`,
    toolDigest: await ownDigest(world.files),
    trustDigest: trust.digest === null ? null : `sha256:${trust.digest}`,
    trustCommit: river.judge.commit ?? (trust.directory === null ? null : await headOf(world, trust.directory)),
    installer,
    now: new Date(river.now).toISOString(),
    rootsAge: rootsAge(trust),
  };
}

let own: Promise<string> | null = null;

/**
 * SHA-256 over our own compiled files, in the order of their names. Says which build judged, not that it is genuine.
 * They are hundreds and small, so they are read at once, and one time only.
 */
function ownDigest(files: Files): Promise<string> {
  own ??= digestBelow(files, fileURLToPath(new URL("..", import.meta.url)));
  return own;
}

async function digestBelow(files: Files, root: string): Promise<string> {
  const hash = createHash("sha256");
  const visit = async (folder: string): Promise<void> => {
    for (const { name, type } of (await files.list(folder)) ?? []) {
      const file = path.join(folder, name);
      if (type === "directory") await visit(file);
      else if (/\.(?:js|json)$/.test(name)) {
        hash.update(`${path.relative(root, file).split(path.sep).join("/")}\n`);
        for (const piece of piecesOf(file)) hash.update(piece);
      }
    }
  };
  await visit(root);
  return `sha256:${hash.digest("hex")}`;
}

/**
 * The commit at which the repository of the trust store stands, or null: no repository, or no git that lies outside of
 * that repository and of the one that is judged.
 */
async function headOf(world: World, directory: string): Promise<string | null> {
  const root = await repositoryRoot(world, directory);
  if (root === null) return null;
  const { workingDirectory } = world.environment;
  const judged = (await repositoryRoot(world, workingDirectory)) ?? workingDirectory;
  const git = await world.processes.find("git", judged);
  if (git === null || git !== (await world.processes.find("git", root))) return null;
  const { PATH = "", HOME = "" } = world.environment.variables;
  const env = { PATH, HOME, GIT_CONFIG_NOSYSTEM: "1", GIT_OPTIONAL_LOCKS: "0" };
  const args = ["-c", "core.fsmonitor=false", "rev-parse", "HEAD"];
  const command = { file: git, args, env, cwd: directory, seal: "verified-files" as const };
  const ended = await world.processes.run(command, { output: { keep: 1024 }, timeoutMs: 5000 });
  return ended.status === 0 && /^[0-9a-f]{40,64}\s*$/.test(ended.output) ? ended.output.trim() : null;
}
