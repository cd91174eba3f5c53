// Runs every compiled test file of one folder with node's own runner, whose closing lines it leaves as they are.
// Node 20 takes no glob and newer ones no folder, so the files are listed here.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [folder = "test", ...options] = process.argv.slice(2);
const root = join(fileURLToPath(new URL("..", import.meta.url)), "dist", folder);
const files = existsSync(root)
  ? readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".test.js"))
      .map((name) => join(root, name))
      .sort()
  : [];
if (files.length === 0) {
  console.error(`no test files under ${root}`);
  process.exit(1);
}
const run = spawnSync(process.execPath, ["--test", "--test-concurrency=3", ...options, ...files], { stdio: "inherit" });
process.exit(run.status ?? 1);
