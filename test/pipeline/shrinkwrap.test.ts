/** A dependency's own npm-shrinkwrap.json against the lockfile: npm obeys the one where people have read the other. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseNpmLockfile, readNpmLockfile } from "../../src/lockfile/npm.js";
import { CATALOGUE } from "../../src/model/codes.js";
import type { Finding } from "../../src/model/finding.js";
import { LIMITS } from "../../src/model/limits.js";
import { Places } from "../../src/pipeline/places.js";
import { shrinkwrapFindings } from "../../src/pipeline/shrinkwrap.js";
import { readShrinkwrap } from "../../src/pipeline/shrinkwrap-entries.js";

type Entry = Readonly<Record<string, unknown>>;
type Entries = Readonly<Record<string, Entry>>;

const BASE = "https://npm.example.net/";
const digest = (letter: string): string => `sha512-${Buffer.alloc(64, letter).toString("base64")}`;
const SHA1 = `sha1-${Buffer.alloc(20, "a").toString("base64")}`;
const tarball = (name: string, version: string): string => `${BASE}${name}/-/${name}-${version}.tgz`;

const TOOL: Entry = { version: "2.0.0", integrity: digest("t"), dependencies: { part: "^1.0.0" } };
const PART: Entry = { version: "1.0.0", integrity: digest("p") };
const RIG: Entry = { version: "3.0.0", integrity: digest("r"), dev: true };
/** What the shrinkwrap says, and the lockfile below the package: npm copies one into the other. */
const HONEST: Entries = { "node_modules/tool": TOOL, "node_modules/part": PART, "node_modules/rig": RIG };

const version3 = (entries: Entries): string =>
  JSON.stringify({
    name: "wrap",
    version: "1.0.0",
    lockfileVersion: 3,
    packages: { "": { name: "wrap" }, ...entries },
  });

/** What is found where the archive holds `shrinkwrap`, and the lockfile has `locked` below the package. */
function found(shrinkwrap: string | Entries, locked: Entries): Finding[] {
  const below = Object.entries(locked).map(([inner, { dev: _gone, ...entry }]) => [
    `node_modules/wrap/${inner}`,
    entry.link === true || entry.inBundle === true
      ? entry
      : { resolved: tarball(inner.slice(inner.lastIndexOf("/") + 1), String(entry.version)), ...entry },
  ]);
  const wrap = {
    ...{ version: "1.0.0", resolved: tarball("wrap", "1.0.0"), integrity: digest("w"), hasShrinkwrap: true },
    dependencies: { tool: "^2.0.0", helper: "*" },
  };
  const project = { name: "project", version: "1.0.0", dependencies: { wrap: "1.0.0" } };
  const packages = { "": project, "node_modules/wrap": wrap, ...Object.fromEntries(below) };
  const bytes = Buffer.from(JSON.stringify({ name: "project", lockfileVersion: 3, packages }));
  const context = { path: "package-lock.json", packageJson: project, folders: new Map() };
  const { artifacts } = readNpmLockfile(parseNpmLockfile(bytes, "package-lock.json"), context);
  const holder = artifacts.find(({ location }) => location === "node_modules/wrap");
  assert.ok(holder);
  const text = typeof shrinkwrap === "string" ? shrinkwrap : version3(shrinkwrap);
  const isDeclared = (address: string): boolean => address.startsWith(BASE);
  return shrinkwrapFindings(holder, readShrinkwrap(text), new Places(artifacts), isDeclared);
}

const without = (entries: Entries, gone: string): Entries =>
  Object.fromEntries(Object.entries(entries).filter(([location]) => location !== gone));
const changed = (location: string, change: Entry): Entries => ({
  ...HONEST,
  [location]: { ...HONEST[location], ...change },
});

function refused(findings: readonly Finding[], says: RegExp, code = "MANIFEST_MISMATCH"): Finding {
  const [first] = findings;
  assert.ok(first, "nothing was found");
  assert.equal(first.code, code);
  assert.match(first.says, says);
  assert.notEqual(CATALOGUE[first.code].kind, "advice");
  assert.ok(first.severity === "tamper" || first.severity === "refuse");
  return first;
}

describe("what is honest passes", () => {
  it("both say the same, development included", () => assert.deepEqual(found(HONEST, HONEST), []));

  it("the shrinkwrap has addresses of another declared registry than the lockfile", () => {
    const named = { "node_modules/tool": { ...TOOL, resolved: `${BASE}mirror/tool/-/tool-2.0.0.tgz` } };
    assert.deepEqual(found({ ...HONEST, ...named }, HONEST), []);
  });

  it("a shrinkwrap of version 1, which has no facts", () => {
    const { version, integrity } = TOOL;
    const part = { version: PART.version, integrity: PART.integrity };
    const tool = { version, integrity, requires: { part: "^1.0.0" }, dependencies: { part } };
    const rig = { version: RIG.version, integrity: RIG.integrity, dev: true };
    const text = JSON.stringify({ name: "wrap", lockfileVersion: 1, requires: true, dependencies: { tool, rig } });
    const nested = { "node_modules/tool": TOOL, "node_modules/tool/node_modules/part": PART, "node_modules/rig": RIG };
    assert.deepEqual(found(text, nested), []);
  });

  it("what the package asks for and its shrinkwrap does not know, npm resolves as anywhere else", () => {
    const helper = { version: "1.0.0", integrity: digest("h") };
    assert.deepEqual(found(HONEST, { ...HONEST, "node_modules/helper": helper }), []);
  });

  it("packages that lie in the archive of another, in both", () => {
    const tool = { ...TOOL, bundleDependencies: ["part"] };
    const inside = {
      "node_modules/tool": tool,
      "node_modules/tool/node_modules/part": { version: "1.0.0", inBundle: true },
    };
    assert.deepEqual(found(inside, inside), []);
    // A shrinkwrap that leaves them out: their holder's archive is what they are judged by.
    assert.deepEqual(found({ "node_modules/tool": tool }, inside), []);
  });
});

describe("another story than the lockfile's is refused", () => {
  it("another version", () => {
    const { expected, got } = refused(
      found(HONEST, changed("node_modules/tool", { version: "2.0.1" })),
      /inside wrap@1\.0\.0 has another package at node_modules\/tool/,
    );
    assert.deepEqual([expected, got], ["tool@2.0.1", "tool@2.0.0"]);
  });

  it("another package under the same name", () => {
    refused(found(changed("node_modules/tool", { name: "evil" }), HONEST), /another package at node_modules\/tool/);
  });

  it("another digest of the same version", () => {
    const { expected, got } = refused(
      found(changed("node_modules/tool", { integrity: digest("e") }), HONEST),
      /another digest for node_modules\/tool/,
    );
    assert.deepEqual([expected, got], [digest("t"), digest("e")]);
  });

  it("two digests, of which npm would take either", () => {
    const integrity = `${digest("t")} ${digest("e")}`;
    refused(found(changed("node_modules/tool", { integrity }), HONEST), /another digest/);
  });

  it("no digest, or a weak one: npm would take whatever it is given there", () => {
    const { integrity: _gone, ...bare } = TOOL;
    refused(found({ ...HONEST, "node_modules/tool": bare }, HONEST), /no integrity/, "LOCKFILE_INTEGRITY_ABSENT");
    refused(
      found(changed("node_modules/tool", { integrity: SHA1 }), HONEST),
      /only a weak one/,
      "LOCKFILE_INTEGRITY_WEAK",
    );
  });

  it("a package that the lockfile does not have at that place", () => {
    const { severity } = refused(
      found(HONEST, without(HONEST, "node_modules/part")),
      /names part@1\.0\.0 at node_modules\/part, which npm would install, and the lockfile does not/,
    );
    assert.equal(severity, "tamper");
  });

  it("one for development too, since npm installs those: with how to bring it into the lockfile", () => {
    const { severity, help } = refused(found(HONEST, without(HONEST, "node_modules/rig")), /names rig@3\.0\.0/);
    assert.equal(severity, "refuse");
    assert.match(help, /npm install/);
  });

  it("an optional one too, since npm installs those where they fit", () => {
    const optional = changed("node_modules/part", { optional: true });
    refused(found(optional, without(HONEST, "node_modules/part")), /names part@1\.0\.0/);
  });

  for (const [what, resolved] of Object.entries({
    "a git repository": "git+ssh://git@git.example/evil.git#0123456789012345678901234567890123456789",
    "an address that is no registry's": "https://evil.example/tool.tgz",
    "a file": "file:../evil.tgz",
    "another package's tarball": "https://npm.example.net/evil/-/evil-2.0.0.tgz",
    "another version's tarball": "https://npm.example.net/tool/-/tool-2.0.1.tgz",
  })) {
    it(`fetched from ${what}`, () => {
      refused(found(changed("node_modules/tool", { resolved }), HONEST), /another address for node_modules\/tool/);
    });
  }

  for (const [what, fact] of Object.entries({
    "another command": { bin: { git: "index.js" } },
    "another dependency": { dependencies: { evil: "*" } },
    "bundled packages": { bundleDependencies: ["part"] },
    "another platform": { os: ["aix"] },
    "a shrinkwrap of its own": { hasShrinkwrap: true },
  })) {
    it(`an entry with ${what}`, () => {
      refused(found(changed("node_modules/tool", fact), HONEST), /tells of node_modules\/tool/);
    });
  }

  it("called bundled by one of the two", () => {
    refused(found(changed("node_modules/part", { inBundle: true }), HONEST), /do not agree/);
  });

  it("a link, a folder, or a place outside of the package", () => {
    for (const location of [
      "tools/rules",
      "node_modules/../../evil",
      "/node_modules/evil",
      "tools/node_modules/evil",
    ]) {
      refused(found({ ...HONEST, [location]: PART }, HONEST), /puts a link, or a folder/);
    }
    const link = { "node_modules/rules": { resolved: "tools/rules", link: true } };
    refused(found({ ...HONEST, ...link }, HONEST), /puts a link/);
  });

  it("an entry of the lockfile that nobody asks for", () => {
    const planted = { "node_modules/planted": { version: "1.0.0", integrity: digest("x") } };
    refused(found(HONEST, { ...HONEST, ...planted }), /does not name node_modules\/wrap\/node_modules\/planted/);
  });

  it("an entry that stands before the one that the shrinkwrap has by that name", () => {
    const nearer = { "node_modules/tool/node_modules/part": { version: "1.9.0", integrity: digest("x") } };
    refused(found(HONEST, { ...HONEST, ...nearer }), /does not name .*tool\/node_modules\/part/);
  });
});

describe("a shrinkwrap that npm would guess at", () => {
  for (const [what, text] of Object.entries({
    "is empty": "",
    "is no JSON": "{",
    "is no object": "[]",
    "holds the marks of a merge": `<<<<<<< ours\n${version3(HONEST)}`,
    "names one key twice": version3(HONEST).replace('"node_modules/part"', '"node_modules/tool"'),
    "has entries of a form that npm never writes": version3({ "node_modules/tool": { ...TOOL, scripts: {} } }),
    "has packages that are no object": JSON.stringify({ packages: [HONEST] }),
    "has dependencies that are no object": JSON.stringify({ dependencies: "all" }),
    "is nested too deep": `${'{"dependencies":'.repeat(LIMITS.lockfileDepth + 1)}{}${"}".repeat(LIMITS.lockfileDepth + 1)}`,
  })) {
    it(what, () => {
      refused(found(text, HONEST), /npm-shrinkwrap\.json inside wrap@1\.0\.0 (?:is|has|can't be read)/);
    });
  }

  it("has more entries than anyone writes", () => {
    const length = LIMITS.shrinkwrapEntries + 1;
    const many = Array.from({ length }, (_, index): [string, Entry] => [`node_modules/x${index}`, PART]);
    refused(found(Object.fromEntries(many), HONEST), /at most/);
  });

  it("mangled, it is refused or says the same", () => {
    const text = version3(HONEST);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.nat(255), (at, byte) => {
        const bytes = Buffer.from(text);
        bytes[at] = byte;
        const findings = found(bytes.toString("utf8"), HONEST);
        if (findings.length > 0) return;
        // Only what npm reads out of the entries must be the same: its own name, flags and white space may change.
        const before = readShrinkwrap(text);
        const after = readShrinkwrap(bytes.toString("utf8"));
        assert.ok(before.ok && after.ok);
        assert.deepEqual([...after.entries.keys()], [...before.entries.keys()]);
      }),
      { numRuns: 300 },
    );
    for (let end = 0; end < text.length; end++) refused(found(text.slice(0, end), HONEST), /can't be read/);
  });
});
