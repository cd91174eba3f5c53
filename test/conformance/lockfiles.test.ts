/** Real npm lockfiles, against the table that came with them. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { type NpmLockfile, parseNpmLockfile, readNpmLockfile } from "../../src/lockfile/npm.js";
import { type NpmRoot, readRoot } from "../../src/lockfile/npm-root.js";
import type { Code } from "../../src/model/codes.js";
import { StopError } from "../../src/model/finding.js";

const VECTORS = join(root(), "registry-fixtures", "vectors", "lockfiles");

interface Row {
  readonly file: string;
  readonly version: number;
  readonly packages: number;
  /** `noint=1 sha1=7 git=1` */
  readonly notes: ReadonlyMap<string, number>;
}

const ROWS: readonly Row[] = readFileSync(join(VECTORS, "SOURCE.md"), "utf8")
  .split("\n")
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .flatMap(([, file = "", format = "", packages = "", notes = ""]) => {
    const version = /^npm v(\d)$/.exec(format)?.[1];
    const pairs = notes.split(" ").map((note) => note.split("=") as [string, string]);
    const counts = new Map(pairs.map(([name, count]) => [name, Number(count)]));
    return version === undefined ? [] : [{ file, version: Number(version), packages: Number(packages), notes: counts }];
  });

function readVector(file: string): NpmLockfile {
  const path = join(VECTORS, file);
  const manifest = join(dirname(path), "package.json");
  const packageJson: unknown = existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")) : null;
  const parsed = parseNpmLockfile(readFileSync(path), file);
  const folders = new Map<string, NpmRoot>();
  for (const folder of parsed.folders) {
    const at = join(dirname(path), folder, "package.json");
    if (existsSync(at)) folders.set(folder, readRoot(JSON.parse(readFileSync(at, "utf8"))));
  }
  return readNpmLockfile(parsed, { path: file, packageJson, folders });
}

function count(lockfile: NpmLockfile, code: Code): number {
  return lockfile.artifacts.filter(({ findings }) =>
    findings.some((found) => found.code === code && found.severity !== "note"),
  ).length;
}

test("every copied npm lockfile is in the table, and every row of the table is here", () => {
  const files = readdirSync(VECTORS, { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter(
      (file) =>
        /lock.*\.json$/.test(file) && !/(bad-package-lock|empty)\.json$/.test(file) && !file.endsWith("package.json"),
    );
  assert.deepEqual(files.sort(), ROWS.map(({ file }) => file).sort());
});

for (const { file, version, packages, notes } of ROWS) {
  test(`${file}: as many artifacts as the table counts packages and links`, () => {
    const lockfile = readVector(file);
    assert.equal(lockfile.lockfileVersion, version);
    // The table counts the folder behind a link, and not the link; large/npm-v3-npm-cli says how many there are.
    const links = version === 1 ? 0 : (notes.get("link") ?? 0);
    assert.equal(lockfile.artifacts.length, packages + links);
    assert.equal(count(lockfile, "LOCKFILE_INTEGRITY_WEAK"), notes.get("sha1") ?? 0);
    const git = lockfile.artifacts.filter(({ source }) => source.type === "git").length;
    // Of this one the table does not count the git source, which is spelled as a shortcut.
    assert.equal(git, file.endsWith("package-lock-empty-hostname.json") ? 1 : (notes.get("git") ?? 0));
  });
}

test("npm's own lockfile, with 16 workspaces and 163 bundled packages, has nothing against it", () => {
  const lockfile = readVector("large/npm-v3-npm-cli/package-lock.json");
  assert.deepEqual(
    lockfile.artifacts.flatMap(({ findings }) => findings),
    [],
  );
  assert.deepEqual(lockfile.findings, []);
  const ofType = (type: string): number => lockfile.artifacts.filter(({ source }) => source.type === type).length;
  assert.deepEqual([ofType("link"), ofType("workspace"), ofType("bundled"), ofType("registry")], [16, 16, 163, 1078]);
  assert.equal(
    lockfile.artifacts.every(({ paths }) => paths.length === 1),
    true,
  );
});

test("a lockfile of 1,462 packages, of which 380 have only SHA-1, has nothing else against it", () => {
  const lockfile = readVector("large/npm-v2-dependabot-multi/package-lock.json");
  const codes = new Set(lockfile.artifacts.flatMap(({ findings }) => findings.map(({ code }) => code)));
  assert.deepEqual([...codes], ["LOCKFILE_INTEGRITY_WEAK"]);
});

test("aliases of one package in several versions are what the project asks for", () => {
  const lockfile = readVector("odd/npm-alias-multi/package-lock.json");
  assert.deepEqual(
    lockfile.artifacts.flatMap(({ findings }) => findings),
    [],
  );
  assert.ok(lockfile.artifacts.some(({ paths }) => paths[0] === "is-number-legacy (npm:is-number)"));
});

test("a file: folder of the project is admitted, and its lockfile is in step", () => {
  const lockfile = readVector("odd/npm-workspace-link/package-lock.json");
  assert.deepEqual(
    lockfile.artifacts.flatMap(({ findings }) => findings),
    [],
  );
  assert.deepEqual(lockfile.findings, []);
});

test("private registries' addresses are told from those that name no package", () => {
  const lockfile = readVector("odd/npm-private-registry/package-lock.json");
  const urls = lockfile.artifacts.filter(({ source }) => source.type === "url").map(({ name }) => name);
  assert.deepEqual(urls, ["chalk", "@dependabot/etag"]);
  assert.equal(count(lockfile, "LOCKFILE_NAME_MISMATCH"), 0);
});

test("what is no lockfile is unreadable", () => {
  for (const file of ["lockfile-lint/api/bad-package-lock.json", "lockfile-lint/cli/empty.json"]) {
    assert.throws(
      () => readVector(file),
      (error) => error instanceof StopError && error.code === "LOCKFILE_UNREADABLE",
    );
  }
});

function root(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}
