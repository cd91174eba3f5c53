/**
 * The floors and the one-room capabilities, read from the imports themselves. A breach fails here, with the file and
 * the import named; docs/architecture.md has the picture.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = rootOf(dirname(fileURLToPath(import.meta.url)));
const SRC = join(ROOT, "src");

/** Top to bottom. Rooms on one floor do not meet. */
const FLOORS: readonly (readonly string[])[] = [
  ["main", "worker"],
  ["cli"],
  ["pipeline"],
  ["ecosystem", "verify"],
  ["fetch", "gateway", "process", "files", "parallel", "trust", "lockfile", "policy", "installer", "report", "ledger"],
  ["model"],
];

/** Which room alone may import what. */
const CAPABILITIES: readonly { readonly modules: RegExp; readonly rooms: readonly string[] }[] = [
  { modules: /^(node:)?fs(\/promises)?$/, rooms: ["files"] },
  { modules: /^(node:)?child_process$/, rooms: ["process"] },
  { modules: /^undici(\/|$)/, rooms: ["fetch"] },
  { modules: /^(node:)?(http|https|http2)$/, rooms: ["gateway"] },
  { modules: /^(node:)?(net|tls|dns|dgram)(\/promises)?$/, rooms: ["fetch", "gateway"] },
  { modules: /^(node:)?(worker_threads|cluster)$/, rooms: ["parallel"] },
  { modules: /^(openpgp$|@sigstore\/)/, rooms: ["verify"] },
  { modules: /^@humanwhocodes\/momoa$/, rooms: ["trust"] },
  { modules: /^commander$/, rooms: ["cli"] },
  { modules: /^pacote$/, rooms: ["ecosystem"] },
  { modules: /^(node:)?(vm|repl|inspector|wasi)(\/|$)/, rooms: [] },
];

interface Import {
  readonly from: string;
  readonly to: string;
}

function rootOf(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : rootOf(dirname(folder));
}

function sources(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
    .map((name) => join(SRC, name));
}

/** Static, type-only and dynamic imports alike, and re-exports. */
function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8");
  const patterns = [
    /^\s*(?:import|export)\b[^;]*?\bfrom\s*"([^"]+)"/gm,
    /^\s*import\s*"([^"]+)"/gm,
    /\bimport\(\s*"([^"]+)"/g,
  ];
  return patterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => ({ from: file, to: match[1] ?? "" })),
  );
}

/** The room of a source file: its folder under src, or its own name where it stands there itself. */
function roomOf(file: string): string {
  return (relative(SRC, file).split(sep)[0] ?? "").replace(/\.ts$/, "");
}

function floorOf(room: string): number {
  return FLOORS.findIndex((rooms) => rooms.includes(room));
}

function target(found: Import): string {
  return resolve(dirname(found.from), found.to).replace(/\.js$/, ".ts");
}

/** What is wrong with one import, or null. */
export function breach(found: Import): string | null {
  const room = roomOf(found.from);
  const where = `${relative(ROOT, found.from)} imports ${found.to}`;
  if (found.to.startsWith(".")) {
    const other = roomOf(target(found));
    if (other === room) return null;
    if (floorOf(other) < 0) return `${where}: ${other} has no floor`;
    if (floorOf(other) <= floorOf(room)) return `${where}: ${room} stands on the floor of ${other}, or below it`;
    return null;
  }
  const capability = CAPABILITIES.find(({ modules }) => modules.test(found.to));
  return capability === undefined || capability.rooms.includes(room)
    ? null
    : `${where}: that belongs to ${capability.rooms}`;
}

describe("architecture", () => {
  const files = sources();
  const imports = files.flatMap(importsOf);

  it("every room has a floor", () => {
    const rooms = [...new Set(files.map(roomOf))];
    assert.deepEqual(
      rooms.filter((room) => floorOf(room) < 0),
      [],
    );
  });

  it("imports go down only, and each capability has one room", () => {
    assert.ok(imports.length > 50);
    assert.deepEqual(
      imports.map(breach).filter((found) => found !== null),
      [],
    );
  });

  it("would name a breach of each kind", () => {
    const from = (path: string, to: string) => breach({ from: join(SRC, path), to });
    assert.match(from("model/digest.ts", "../policy/decide.js") ?? "", /on the floor of/);
    assert.match(from("trust/load.ts", "../lockfile/npm.js") ?? "", /on the floor of/);
    assert.match(from("verify/openpgp.ts", "../pipeline.js") ?? "", /on the floor of/);
    assert.match(from("policy/decide.ts", "node:fs/promises") ?? "", /belongs to files/);
    assert.match(from("ecosystem/npm.ts", "undici") ?? "", /belongs to fetch/);
    assert.match(from("cli/ci.ts", "child_process") ?? "", /belongs to process/);
    assert.equal(from("pipeline.ts", "./policy/decide.js"), null);
  });

  it("there are no circles", () => {
    const edges = new Map<string, string[]>();
    for (const found of imports.filter(({ to }) => to.startsWith("."))) {
      edges.set(found.from, [...(edges.get(found.from) ?? []), target(found)]);
    }
    const done = new Set<string>();
    const visit = (file: string, trail: readonly string[]): void => {
      assert.ok(!trail.includes(file), `a circle: ${[...trail, file].map((path) => relative(SRC, path)).join(" -> ")}`);
      if (done.has(file)) return;
      for (const next of edges.get(file) ?? []) visit(next, [...trail, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
  });

  it("there are no barrels and no utils, and only main ends the process", () => {
    const names = files.map((file) => relative(SRC, file));
    assert.deepEqual(
      names.filter((name) => /(^|[/\\])(index|utils?|helpers?|common)\.ts$/.test(name)),
      [],
    );
    const ends = files.filter((file) => /\bprocess\.exit\b/.test(readFileSync(file, "utf8")));
    assert.deepEqual(
      ends.map((file) => relative(SRC, file)),
      ends.length === 0 ? [] : ["main.ts"],
    );
  });

  it("only built-in registries name a registry's host", () => {
    const hosts = /registry\.npmjs\.org|pypi\.org|files\.pythonhosted\.org/;
    const naming = files.filter((file) => hosts.test(readFileSync(file, "utf8"))).map((file) => relative(SRC, file));
    assert.deepEqual(naming, [join("trust", "builtin.ts")]);
  });
});
