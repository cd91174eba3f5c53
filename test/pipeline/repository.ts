/** Repositories for tests, made with the real git, untouched by the settings of whoever runs them. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const ENV = {
  PATH: process.env.PATH ?? "",
  SystemRoot: process.env.SystemRoot,
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "ann",
  GIT_AUTHOR_EMAIL: "ann@example.org",
  GIT_COMMITTER_NAME: "ann",
  GIT_COMMITTER_EMAIL: "ann@example.org",
};

/** Runs git in a folder and gives what it printed, without the last line break. */
export function git(folder: string, ...args: readonly string[]): string {
  const run = spawnSync("git", ["-c", "protocol.file.allow=always", ...args], { cwd: folder, env: ENV });
  assert.equal(run.status, 0, `git ${args.join(" ")}: ${run.stderr}`);
  return run.stdout.toString().trimEnd();
}

/** Makes a repository of a folder, which may hold files already, with a first commit of all of them on `main`. */
export function initialize(folder: string): string {
  git(folder, "init", "--quiet", "--initial-branch=main", ".");
  return commitAll(folder, "first");
}

/** Commits everything that lies there, and gives the commit's id. */
export function commitAll(folder: string, message = "a change"): string {
  git(folder, "add", "--all", "--force", ".");
  git(folder, "commit", "--quiet", "--allow-empty", "--message", message);
  return git(folder, "rev-parse", "HEAD");
}

/** Writes files below a folder. */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

/** A folder of its own, by its real path. */
export function temporary(): { readonly path: string; readonly remove: () => void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "repository-")));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
