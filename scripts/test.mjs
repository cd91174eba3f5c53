// Runs every compiled test file of one folder, or of several (`test/cli,test/attacks`), with node's own runner, whose
// closing lines it leaves as they are. Node 20 takes no glob and newer ones no folder, so the files are listed here.
// With --update, and never without, transcripts are written as the program speaks now (test/transcripts).
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const [folders = "test", ...given] = process.argv.slice(2);
const options = given.filter((option) => option !== "--update");
const dist = join(fileURLToPath(new URL("..", import.meta.url)), "dist");
const files = folders.split(",").flatMap((folder) => {
  const root = join(dist, folder);
  const names = existsSync(root) ? readdirSync(root, { recursive: true, encoding: "utf8" }) : [];
  const found = names.filter((name) => name.endsWith(".test.js")).map((name) => join(root, name));
  if (found.length === 0) {
    console.error(`no test files under ${root}`);
    process.exit(1);
  }
  return found.sort();
});
/**
 * Folders whose tests start nothing and hook into nothing: those of one folder share a process, since starting one takes
 * longer than most of them do.
 */
const TOGETHER = ["docs", "lockfile", "model", "policy", "report", "trust", "verify"];

/** The files as they are given to the runner: those of a folder that shares a process behind one that imports them. */
function grouped(all) {
  const shared = new Map();
  const alone = all.filter((file) => {
    const folder = dirname(file);
    const name = relative(join(dist, "test"), folder).split(sep).join("/");
    if (!TOGETHER.includes(name)) return true;
    shared.set(folder, [...(shared.get(folder) ?? []), file]);
    return false;
  });
  const entries = [...shared].map(([folder, names]) => {
    const entry = join(folder, "together.js");
    writeFileSync(entry, names.map((file) => `import "./${relative(folder, file)}";\n`).join(""));
    return entry;
  });
  return [...entries, ...alone];
}

const run = spawnSync(process.execPath, ["--test", "--test-concurrency=3", ...options, ...grouped(files)], {
  stdio: "inherit",
  env: { ...process.env, UPDATE_TRANSCRIPTS: given.length > options.length ? "1" : "" },
});
process.exit(run.status ?? 1);
