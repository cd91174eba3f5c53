import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { parseNpmLockfile, readNpmLockfile } from "../../src/lockfile/npm.js";
import { readRoot } from "../../src/lockfile/npm-root.js";
import { StopError } from "../../src/model/finding.js";
import { bytes, entry, lock, lockV1, read, SHA1, SHA512, tarball } from "./make.js";

const SMALL_V3 = lock(
  { dependencies: { a: "npm:b@1" }, workspaces: ["w"] },
  {
    "node_modules/a": { name: "b", version: "1.0.0", resolved: tarball("b", "1.0.0"), integrity: SHA512 },
    "node_modules/w": { resolved: "w", link: true },
    w: { version: "1.0.0" },
  },
);
const SMALL_V1 = lockV1({
  a: { ...entry("a", "1.0.0"), dependencies: { b: { version: "github:me/b", requires: { a: "1" } } } },
});

/** A mangled lockfile is unreadable, or reads as something that still answers for every entry. */
function survives(mangled: Uint8Array): void {
  let lockfile: ReturnType<typeof read>;
  try {
    lockfile = read(mangled);
  } catch (error) {
    assert.ok(error instanceof StopError && error.code === "LOCKFILE_UNREADABLE", String(error));
    return;
  }
  assert.equal(lockfile.artifacts.length, countEntries(JSON.parse(Buffer.from(mangled).toString())));
}

/** Entries as any reader would count them. */
function countEntries(document: { lockfileVersion: number; packages?: object; dependencies?: object }): number {
  if (document.lockfileVersion > 1) return Object.keys(document.packages ?? {}).filter((key) => key !== "").length;
  const count = (nodes: object = {}): number =>
    Object.values(nodes).reduce(
      (sum: number, node: { dependencies?: object }) => sum + 1 + count(node.dependencies),
      0,
    );
  return count(document.dependencies);
}

for (const [name, sample] of [
  ["version 3", SMALL_V3],
  ["version 1", SMALL_V1],
] as const) {
  test(`every prefix of a lockfile of ${name} is unreadable`, () => {
    for (let length = 0; length < sample.length; length += 1) {
      assert.throws(() => read(sample.subarray(0, length)), StopError, String(length));
    }
  });

  test(`every flipped byte of a lockfile of ${name} is unreadable, or answers for as many entries`, () => {
    for (let index = 0; index < sample.length; index += 1) {
      for (const flip of [0x01, 0x20, 0x80]) {
        const mangled = Uint8Array.from(sample);
        mangled[index] = (mangled[index] ?? 0) ^ flip;
        survives(mangled);
      }
    }
  });
}

const location = fc.oneof(
  fc.constantFrom(
    "node_modules/a",
    "node_modules/@s/b",
    "packages/a",
    "packages/a/node_modules/a",
    "node_modules/a/node_modules/c",
    "..",
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
);
const text = fc.oneof(
  fc.constantFrom(
    "1.0.0",
    "^1.0.0",
    "",
    "a",
    "@s/b",
    "packages/a",
    tarball("a", "1.0.0"),
    "github:a/b",
    "npm:a@1",
    "file:x",
    SHA512,
    SHA1,
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
);
const texts = fc.dictionary(
  fc.oneof(fc.constantFrom("a", "@s/b", "c", "constructor"), fc.string({ maxLength: 5 })),
  text,
  { maxKeys: 4 },
);
const fields = fc.record(
  {
    name: text,
    version: text,
    resolved: text,
    integrity: text,
    link: fc.boolean(),
    inBundle: fc.boolean(),
    bundled: fc.boolean(),
    dev: fc.boolean(),
    dependencies: texts,
    peerDependencies: texts,
    devDependencies: texts,
    bin: fc.oneof(text, texts),
    os: fc.array(text, { maxLength: 2 }),
  },
  { requiredKeys: [] },
);

test("generated lockfiles: as many artifacts as entries, always", () => {
  // `bundled` is a word of version 1 only; in later ones a key that npm never writes stops the run.
  const written = fields.map(({ bundled: _, ...rest }) => rest);
  const packages = fc.dictionary(location, written, { maxKeys: 8 });
  const root = fc.record({
    dependencies: texts,
    workspaces: fc.array(text, { maxLength: 3 }),
    overrides: fc.jsonValue(),
  });
  fc.assert(
    fc.property(
      packages,
      root,
      fc.option(fc.jsonValue()),
      fc.constantFrom(2, 3),
      (entries, root, packageJson, lockfileVersion) => {
        const document = bytes({ lockfileVersion, packages: { ...entries, "": root } });
        if (Buffer.from(document).includes("__proto__")) return;
        const expected = Object.keys(entries).filter((key) => key !== "").length;
        for (const project of [packageJson, root, null]) {
          const folders = new Map([["w", readRoot(packageJson)]]);
          const { artifacts } = readNpmLockfile(parseNpmLockfile(document, "x"), {
            path: "x",
            packageJson: project,
            folders,
          });
          assert.equal(artifacts.length, expected);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test("generated lockfiles of version 1: as many artifacts as nodes, always", () => {
  const { tree } = fc.letrec<{ tree: Record<string, object>; node: object }>((tie) => ({
    tree: fc.dictionary(
      fc.oneof(fc.constantFrom("a", "@s/b", "..", "a/node_modules/b"), fc.string({ maxLength: 5 })),
      tie("node"),
      { maxKeys: 3 },
    ),
    node: fc
      .tuple(fields, texts, fc.option(tie("tree"), { nil: undefined, depthSize: "small", maxDepth: 3 }))
      .map(([{ dependencies, ...own }, requires, below]) => ({
        ...own,
        requires,
        ...(below === undefined ? {} : { dependencies: below }),
      })),
  }));
  fc.assert(
    fc.property(tree, fc.option(fc.record({ dependencies: texts })), (dependencies, packageJson) => {
      const document = bytes({ lockfileVersion: 1, dependencies });
      if (Buffer.from(document).includes("__proto__")) return;
      const context = { path: "x", packageJson, folders: new Map() };
      const { artifacts } = readNpmLockfile(parseNpmLockfile(document, "x"), context);
      assert.equal(artifacts.length, countEntries({ lockfileVersion: 1, dependencies }));
    }),
    { numRuns: 150 },
  );
});
