/**
 * The tests with every supported node and npm: `npm run test:matrix -- [--node 22] [--npm 12] [--list]`.
 *
 * Each node runs the whole suite with the npm that it comes with; with the others, the tests in which npm runs. All run
 * the demo. The packages are pinned by version and digest (test-matrix-pins.mjs), kept as they came in the user's cache,
 * and unpacked anew, with their digests compared, in every run. Tests and program find node and npm as always, by PATH.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import semver from "semver";
import * as tar from "tar";
import { COMPANIONS, nodes, npms } from "./test-matrix-pins.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const WITH_NPM = ["attacks", "cli", "installer", "pipeline", "registry-fixtures", "transcripts"];
const ON_WINDOWS = process.platform === "win32";

const majorOf = ({ version }) => String(semver.major(version));

/** Every node with every npm, as far as asked for. */
function pairsOf({ node, npm }) {
  const all = nodes.flatMap((one) => npms.map((other) => ({ node: one, npm: other })));
  const wanted = (major, pinned) => major === undefined || major === majorOf(pinned);
  return all
    .filter((pair) => wanted(node, pair.node) && wanted(npm, pair.npm))
    .map((pair) => ({
      ...pair,
      name: `node ${pair.node.version.padEnd(7)}  npm ${pair.npm.version.padEnd(7)}`,
      possible: semver.satisfies(pair.node.version, pair.npm.node),
      whole: String(COMPANIONS[majorOf(pair.node)]) === majorOf(pair.npm),
    }));
}

/** Where packages are kept as they came: no part of any repository. */
function cacheFolder() {
  if (ON_WINDOWS) return join(process.env.LOCALAPPDATA ?? join(homedir(), "AppData", "Local"), "secure-install-matrix");
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "secure-install-matrix");
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "secure-install-matrix");
}

/** Runs the npm that started this script, which needs no shell on any platform. */
function runNpm(args, options) {
  const cli = process.env.npm_execpath;
  if (cli === undefined) throw new Error("run it as: npm run test:matrix");
  const { status } = spawnSync(process.execPath, [cli, ...args], options);
  if (status !== 0) throw new Error(`npm ${args[0]} ended with status ${status}`);
}

/** The package's archive, fetched once. Throws where it has another digest than the one pinned. */
function fetched({ name, version, integrity }) {
  const folder = cacheFolder();
  const file = join(folder, `${name}-${version}.tgz`);
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    console.log(`fetching ${name}@${version}`);
    runNpm(["pack", `${name}@${version}`, "--ignore-scripts", "--silent", "--pack-destination", folder], {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
    });
  }
  const found = `sha512-${createHash("sha512").update(readFileSync(file)).digest("base64")}`;
  if (found !== integrity) throw new Error(`${file}: expected ${integrity}, got ${found}`);
  return file;
}

function unpack(pinned, folder) {
  mkdirSync(folder, { recursive: true });
  tar.extract({ file: fetched(pinned), cwd: folder, strip: 1, sync: true });
}

/** The folder that holds this node's binary. */
function nodeFolder(node, bench) {
  const folder = join(bench, node.name, node.version);
  if (!existsSync(folder)) unpack(node, folder);
  return join(folder, "bin");
}

/** A folder with npm beside its own node_modules, as on Windows, and with a link to it, as elsewhere. */
function npmFolder(npm, bench) {
  const folder = join(bench, "npm", npm.version);
  const modules = join(folder, "node_modules", "npm");
  if (existsSync(folder)) return folder;
  unpack(npm, modules);
  if (ON_WINDOWS) writeFileSync(join(folder, "npm.cmd"), `@node "%~dp0node_modules\\npm\\bin\\npm-cli.js" %*\r\n`);
  else symlinkSync(join("node_modules", "npm", "bin", "npm-cli.js"), join(folder, "npm"));
  return folder;
}

/** Our environment without what the npm above us has put into it, and with another node and npm in front. */
function environment(folders) {
  const own = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) && !/^path$/i.test(name));
  const path = (process.env.PATH ?? process.env.Path ?? "").split(delimiter);
  const theirs = path.filter((folder) => !/[\\/]node_modules[\\/]/.test(folder));
  return { ...Object.fromEntries(own), PATH: [...folders, ...theirs].join(delimiter) };
}

/** Runs one script to its end; what it prints goes into a file. */
async function run(node, args, env, log) {
  const child = spawn(node, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (piece) => {
      output += piece;
    });
  }
  const status = await new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  writeFileSync(log, output);
  return { status, output };
}

/** What node's runner counted: `# pass 12`. */
function count(output, what) {
  return Number(new RegExp(`^# ${what} (\\d+)$`, "m").exec(output)?.[1] ?? Number.NaN);
}

async function runPair(pair, bench) {
  const begun = performance.now();
  const folder = nodeFolder(pair.node, bench);
  const node = join(folder, ON_WINDOWS ? "node.exe" : "node");
  const env = environment([folder, npmFolder(pair.npm, bench)]);
  const log = join(cacheFolder(), "logs", `node-${majorOf(pair.node)}-npm-${majorOf(pair.npm)}`);
  const suite = pair.whole ? "test" : WITH_NPM.map((part) => `test/${part}`).join(",");
  const runner = join(ROOT, "scripts", "test.mjs");
  const { status, output } = await run(node, [runner, suite, "--test-reporter=tap"], env, `${log}.tap`);
  const demo = await run(node, [join(ROOT, "dist", "registry-fixtures", "demo.js")], env, `${log}.demo`);
  const [passed, failed, skipped] = [
    count(output, "pass"),
    count(output, "fail") + count(output, "cancelled"),
    count(output, "skipped"),
  ];
  const good = status === 0 && failed === 0 && demo.status === 0;
  const what = pair.whole ? "whole suite  " : "npm's part   ";
  const counts = `${String(passed).padStart(5)} passed ${String(failed).padStart(3)} failed ${String(skipped).padStart(3)} skipped`;
  const seconds = String(Math.round((performance.now() - begun) / 1000)).padStart(4);
  const told = `demo ${demo.status === 0 ? "ok  " : "FAIL"} ${seconds} s  ${good ? "ok" : `FAILED: ${log}.*`}`;
  const names = [...output.matchAll(/^ *not ok \d+ - (.*)$/gm)].map(([, name]) => `    ${name}`);
  return { good, names, line: `${pair.name}  ${what}${counts}  ${told}` };
}

const { values } = parseArgs({
  options: { node: { type: "string" }, npm: { type: "string" }, list: { type: "boolean", default: false } },
});
const pairs = pairsOf(values);
if (pairs.length === 0) throw new Error(`nothing is pinned for that, on ${process.platform} ${process.arch}`);
const impossible = pairs.filter(({ possible }) => !possible);
for (const { name, npm } of impossible) console.log(`${name}  left out: this npm is for node ${npm.node}`);
const runnable = pairs.filter(({ possible }) => possible);
if (values.list) {
  for (const { name, whole } of runnable) console.log(`${name}  ${whole ? "whole suite" : "npm's part"}`);
} else {
  runNpm(["run", "--silent", "build"], { cwd: ROOT, stdio: "inherit" });
  mkdirSync(join(cacheFolder(), "logs"), { recursive: true });
  const bench = mkdtempSync(join(tmpdir(), "matrix-"));
  const results = [];
  try {
    for (const pair of runnable) {
      const result = await runPair(pair, bench);
      results.push(result);
      console.log([result.line, ...result.names].join("\n"));
    }
  } finally {
    rmSync(bench, { recursive: true, force: true });
  }
  console.log(["", ...results.map(({ line }) => line)].join("\n"));
  if (results.some(({ good }) => !good)) process.exitCode = 1;
}
