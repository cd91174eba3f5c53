import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import fc from "fast-check";
import { diskFiles } from "../../src/files/disk.js";
import { hashFiles } from "../../src/files/hash.js";
import { moveAside, proveTree } from "../../src/installer/prove.js";
import { shimTarget, withUnixHashbang } from "../../src/installer/prove-bins.js";
import type { ExpectedPackage } from "../../src/installer/prove-expected.js";
import type { Proof, ProofRequest } from "../../src/installer/prove-request.js";
import type { Files } from "../../src/model/world.js";

const files = diskFiles();
const posix = process.platform !== "win32";
let folder = "";
const at = (...parts: string[]): string => path.join(folder, "project", ...parts);

const hex = (text: string): string => createHash("sha256").update(text).digest("hex");

type Contents = Readonly<Record<string, string>>;

function expectedPackage(location: string, contents: Contents, more: Partial<ExpectedPackage> = {}): ExpectedPackage {
  return {
    label: `${location.split("node_modules/").pop()}@1.0.0`,
    location,
    files: Object.entries(contents).map(([file, text]) => ({
      path: file,
      size: text.length,
      sha256: hex(text),
      mode: 0o644,
    })),
    bins: {},
    optional: false,
    readArchived: async (file) => Buffer.from(contents[file] ?? ""),
    ...more,
  };
}

const A: Contents = {
  "package.json": "{}",
  "index.js": "1",
  "lib/deep/x.js": "2",
  "cli.js": "#!/usr/bin/env node\r\n",
};
const packages: readonly ExpectedPackage[] = [
  expectedPackage("node_modules/a", A, { bins: { run: "cli.js" } }),
  expectedPackage("node_modules/@s/b", { "package.json": "{b}" }),
  expectedPackage("node_modules/a/node_modules/c", { "package.json": "{c}" }),
  expectedPackage("node_modules/maybe", { "package.json": "{m}", "x.js": "" }, { optional: true }),
  expectedPackage("packages/w/node_modules/d", { "package.json": "{d}" }),
];

const write = (place: string, text: string): void => {
  fs.mkdirSync(path.dirname(at(place)), { recursive: true });
  fs.writeFileSync(at(place), text);
};
const link = (target: string, place: string): void => {
  fs.mkdirSync(path.dirname(at(place)), { recursive: true });
  fs.symlinkSync(target, at(place));
};
const remove = (place: string): void => fs.rmSync(at(place), { recursive: true });

function prove(more: Partial<ProofRequest> = {}): Promise<Proof> {
  return proveTree({
    files,
    hash: async (paths) => hashFiles(paths),
    project: at(),
    platform: process.platform,
    packages,
    links: [{ location: "node_modules/w", target: "packages/w", written: true, bins: { work: "work.js" } }],
    absent: ["node_modules/other-platform"],
    binLinks: true,
    ...more,
  });
}

/** The places that are told, each with its first words. */
async function told(more: Partial<ProofRequest> = {}): Promise<string[]> {
  const { findings } = await prove(more);
  assert.ok(findings.every((one) => one.code === "TREE_MISMATCH" && one.severity === "tamper"));
  return findings.map((one) => one.says);
}

before(async () => {
  folder = await files.makeTemporary("prove-");
});
after(() => files.remove(folder));

/** An honest tree, as npm leaves it. */
const honest = (): void => {
  fs.rmSync(at(), { recursive: true, force: true });
  for (const { location, files: listed } of packages) {
    for (const file of listed) write(`${location}/${file.path}`, "");
  }
  for (const [file, text] of Object.entries(A)) write(`node_modules/a/${file}`, text);
  write("node_modules/a/cli.js", "#!/usr/bin/env node\n");
  write("node_modules/@s/b/package.json", "{b}");
  write("node_modules/a/node_modules/c/package.json", "{c}");
  write("node_modules/maybe/package.json", "{m}");
  write("packages/w/node_modules/d/package.json", "{d}");
  write("packages/w/package.json", "{w}");
  write("packages/w/work.js", "");
  write("node_modules/.package-lock.json", "{}");
  if (!posix) return;
  link("../packages/w", "node_modules/w");
  link("../a/cli.js", "node_modules/.bin/run");
  link("../w/work.js", "node_modules/.bin/work");
};
beforeEach(honest);

describe("TREE_MISMATCH", { skip: !posix }, () => {
  it("is not said of the tree that npm makes, nor of empty folders, nor of what may be left out", async () => {
    fs.mkdirSync(at("node_modules", "left", "over"), { recursive: true });
    const proof = await prove();
    assert.deepEqual(proof.findings, []);
    assert.deepEqual([proof.filesProven, proof.leftOut], [9, []]);
    remove("node_modules/maybe");
    remove("node_modules/.package-lock.json");
    remove("node_modules/.bin/work");
    assert.deepEqual(await prove(), { findings: [], filesProven: 7, leftOut: ["node_modules/maybe"] });
  });

  it("is said of an altered file, with both digests", async () => {
    write("node_modules/a/lib/deep/x.js", "3");
    const [first, ...more] = (await prove()).findings;
    assert.equal(first?.says, "node_modules/a/lib/deep/x.js is not what was verified (in a@1.0.0)");
    assert.equal(first.expected, `sha256:${hex("2")}`);
    assert.equal(first.got, `sha256:${hex("3")}`);
    assert.deepEqual(more, []);
  });

  it("is said of a missing file, a missing package, a missing command, an optional package that is half there", async () => {
    remove("node_modules/a/index.js");
    remove("node_modules/@s");
    remove("node_modules/.bin");
    remove("node_modules/maybe/x.js");
    remove("packages/w/node_modules");
    assert.deepEqual(await told(), [
      "node_modules/.bin/run is missing",
      "node_modules/@s/b is missing (in @s/b@1.0.0)",
      "node_modules/a/index.js is missing (in a@1.0.0)",
      "node_modules/maybe/x.js is missing (in maybe@1.0.0)",
      "packages/w/node_modules/d is missing (in d@1.0.0)",
    ]);
    remove("node_modules");
    assert.equal((await told({ binLinks: false })).length, 4);
  });

  it("is said of an extra file, wherever it lies", async () => {
    const extras = ["a/evil.js", "a/lib/deep/evil.js", "@s/evil.js", "@s/b/.npmrc", ".cache/x", "evil.js", ".hidden"];
    for (const extra of extras) write(`node_modules/${extra}`, "x");
    write("packages/w/node_modules/.vite/x", "x");
    const says = await told();
    assert.equal(says.length, 8);
    assert.ok(says.every((one) => one.includes("nothing verified accounts for")));
    assert.ok(says.includes("node_modules/a/evil.js is a file that nothing verified accounts for (in a@1.0.0)"));
    assert.ok(says.includes("node_modules/.cache is a folder that nothing verified accounts for"));
  });

  it("is said of an extra package, also nested, and of one that was to be left out", async () => {
    write("node_modules/evil/package.json", "{}");
    write("node_modules/@s/b/node_modules/a/package.json", "{}");
    write("node_modules/other-platform/package.json", "{}");
    assert.deepEqual(await told(), [
      "node_modules/@s/b/node_modules is a folder that nothing verified accounts for (in @s/b@1.0.0)",
      "node_modules/evil is a folder that nothing verified accounts for",
      "node_modules/other-platform is a folder that was to be left out",
    ]);
  });

  it("is said of a link in the place of a file, a package, a scope or a whole tree; none is followed", async () => {
    fs.renameSync(at("node_modules", "@s"), at("moved"));
    link("../moved", "node_modules/@s");
    remove("node_modules/a/index.js");
    link("package.json", "node_modules/a/index.js");
    fs.renameSync(at("packages", "w", "node_modules"), at("moved-too"));
    link("../../moved-too", "packages/w/node_modules");
    link("/etc/passwd", "node_modules/a/secret");
    assert.deepEqual(await told(), [
      "node_modules/@s is a symbolic link",
      "node_modules/a/index.js is a symbolic link (in a@1.0.0)",
      "node_modules/a/secret is a symbolic link that nothing verified accounts for (in a@1.0.0)",
      "packages/w/node_modules is a symbolic link",
    ]);
    fs.renameSync(at("node_modules"), at("elsewhere"));
    link("elsewhere", "node_modules");
    assert.ok((await told()).includes("node_modules is a symbolic link"));
  });

  it("is not said of a folder whose node_modules npm does not write, and of the same where it writes", async () => {
    honest();
    write("lib/node_modules/own/index.js", "");
    link("../lib", "node_modules/lib");
    const lib = { location: "node_modules/lib", target: "lib", bins: {} };
    const w = { location: "node_modules/w", target: "packages/w", written: true, bins: { work: "work.js" } };
    assert.deepEqual(await told({ links: [w, { ...lib, written: false }] }), []);
    assert.deepEqual(await told({ links: [w, { ...lib, written: true }] }), [
      "lib/node_modules is a folder that nothing verified accounts for",
    ]);
  });

  it("is said of a tree that is reached through a link", async () => {
    fs.renameSync(at("packages"), at("real"));
    link("real", "packages");
    assert.deepEqual(await told({ links: [] }), [
      "node_modules/.bin/work is a symbolic link that nothing verified accounts for",
      "node_modules/w is a symbolic link that nothing verified accounts for",
      "packages/w/node_modules is a symbolic link",
    ]);
  });

  it("is said of a folder in the place of a file, a file in the place of a folder, and a pipe", async () => {
    remove("node_modules/a/index.js");
    write("node_modules/a/index.js/package.json", "x");
    remove("node_modules/a/lib");
    write("node_modules/a/lib", "x");
    remove("node_modules/@s/b/package.json");
    execFileSync("mkfifo", [at("node_modules", "@s", "b", "package.json")]);
    remove("node_modules/.package-lock.json");
    link("/dev/null", "node_modules/.package-lock.json");
    assert.deepEqual(await told(), [
      "node_modules/.package-lock.json is a symbolic link",
      "node_modules/@s/b/package.json is a device, pipe or socket (in @s/b@1.0.0)",
      "node_modules/a/index.js is a folder (in a@1.0.0)",
      "node_modules/a/lib is a file (in a@1.0.0)",
    ]);
  });

  it("is said of a workspace's link that leads elsewhere: another folder, outside, or nowhere", async () => {
    for (const target of ["../packages", "/", "../packages/none", "../packages/w/node_modules/d"]) {
      remove("node_modules/w");
      link(target, "node_modules/w");
      assert.deepEqual(await told(), ["node_modules/w is a link that leads elsewhere"], target);
    }
    remove("node_modules/w");
    link("../packages/w", "node_modules/w");
    fs.mkdirSync(path.join(folder, "outside"), { recursive: true });
    fs.renameSync(at("packages", "w"), path.join(folder, "outside", "w"));
    link(path.join(folder, "outside", "w"), "packages/w");
    assert.ok((await told()).includes("node_modules/w is a link that leads elsewhere"));
  });

  it("is said of an extra command, and of one that leads elsewhere", async () => {
    link("../a/index.js", "node_modules/.bin/git");
    remove("node_modules/.bin/run");
    link("../a/index.js", "node_modules/.bin/run");
    remove("node_modules/.bin/work");
    write("node_modules/.bin/work", "#!/bin/sh\n");
    link("../x", "node_modules/a/node_modules/.bin/x");
    assert.deepEqual(await told(), [
      "node_modules/.bin/git is a symbolic link that nothing verified accounts for",
      "node_modules/.bin/run is a command that leads elsewhere",
      "node_modules/.bin/work is a file",
      "node_modules/a/node_modules/.bin is a folder that nothing verified accounts for (in a@1.0.0)",
    ]);
  });

  it("is not said of a command that two packages claim, whichever of them npm took", async () => {
    const both = packages.map((one) => (one.label === "@s/b@1.0.0" ? { ...one, bins: { run: "package.json" } } : one));
    assert.deepEqual(await told({ packages: both }), []);
    remove("node_modules/.bin/run");
    link("../@s/b/package.json", "node_modules/.bin/run");
    assert.deepEqual(await told({ packages: both }), []);
  });

  it("does not let a command's name or file lead out of its folder", async () => {
    const sly = { "../../run": "../../../../cli.js", "..": "cli.js", "a/b": "/index.js", gone: "not-there.js" };
    const bins = packages.map((one) => (one.label === "a@1.0.0" ? { ...one, bins: sly } : one));
    link("../a/index.js", "node_modules/.bin/b");
    assert.deepEqual(await told({ packages: bins }), []);
  });

  it("takes CRLF after #! for LF only in files that commands lead to, and only if the rest agrees", async () => {
    write("node_modules/a/cli.js", "#!/usr/bin/env node\r\n");
    assert.deepEqual(await told(), []);
    write("node_modules/a/cli.js", "#!/usr/bin/env node\nevil");
    assert.equal((await told()).length, 1);
    write("node_modules/a/cli.js", "#!/usr/bin/env node\n");
    const without = packages.map((one) => ({ ...one, bins: {} }));
    const says = await told({ packages: without });
    assert.deepEqual(says, [
      "node_modules/.bin/run is a symbolic link that nothing verified accounts for",
      "node_modules/a/cli.js is not what was verified (in a@1.0.0)",
    ]);
    const lying = packages.map((one) => ({ ...one, readArchived: async () => Buffer.from("#!other\r\n") }));
    write("node_modules/a/cli.js", "#!other\n");
    assert.equal((await told({ packages: lying })).length, 1);
  });

  it("is said of a bundled package that no archive holds, and of one that was fetched in its place", async () => {
    const bundled = expectedPackage("node_modules/a/node_modules/z", {}, { label: "z@1.0.0" });
    assert.deepEqual(await told({ packages: [...packages, bundled] }), [
      "node_modules/a/node_modules/z is missing (in z@1.0.0)",
    ]);
    write("node_modules/a/node_modules/z/package.json", "{}");
    assert.deepEqual(await told({ packages: [...packages, bundled] }), [
      "node_modules/a/node_modules/z/package.json is a file that nothing verified accounts for (in z@1.0.0)",
    ]);
  });

  it("is said at most 20 times, with a count of the rest", async () => {
    for (let index = 0; index < 50; index++) write(`node_modules/a/x${index}`, "");
    const says = await told();
    assert.equal(says.length, 21);
    assert.equal(says[20], "30 more of the tree is not what was verified");
  });

  it("is said of any file that is bent, cut, lengthened, removed, linked or shadowed", async () => {
    const places = packages.flatMap(({ location, files: listed }) => listed.map((file) => `${location}/${file.path}`));
    const ways: Readonly<Record<string, (place: string, by: number) => void>> = {
      bend: (place, by) => {
        const bytes = fs.readFileSync(at(place));
        const index = by % Math.max(bytes.length, 1);
        bytes[index] = (bytes[index] ?? 0) ^ 1;
        fs.writeFileSync(at(place), bytes.length === 0 ? "x" : bytes);
      },
      cut: (place) => fs.writeFileSync(at(place), fs.readFileSync(at(place)).subarray(1).toString() || "cut"),
      lengthen: (place) => fs.appendFileSync(at(place), "\n"),
      remove: (place) => remove(place),
      link: (place) => {
        fs.renameSync(at(place), at("same"));
        fs.symlinkSync(at("same"), at(place));
      },
      shadow: (place, by) => write(`${place}${by}`, "x"),
    };
    const way = fc.constantFrom(...Object.keys(ways));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), way, fc.nat(99), async (place, name, by) => {
        honest();
        ways[name]?.(place, by);
        const { findings } = await prove();
        assert.equal(findings.length, 1, `${name} ${place}`);
      }),
      { numRuns: 25 },
    );
  });

  it("is said of every file that hashing gives no answer for", async () => {
    const { findings, filesProven } = await prove({ hash: async () => [] });
    assert.equal(filesProven, 0);
    assert.equal(findings.length, 9);
    await assert.rejects(prove({ hash: () => Promise.reject(new Error("a disk error")) }), /a disk error/);
  });
});

describe("commands on Windows", () => {
  const CMD = 'SET dp0=%~dp0\r\n"%_prog%"  "%dp0%\\..\\a\\cli.js" %*\r\n';
  const SH = 'exec "$basedir/node"  "$basedir/../a/cli.js" "$@"\nexec node  "$basedir/../a/cli.js" "$@"\n';
  const PS1 = '& "$basedir/node$exe"  "$basedir/../a/cli.js" $args\n& "node$exe"  "$basedir/../a/cli.js" $args\n';

  it("lead to the one file that all three scripts name", () => {
    assert.equal(shimTarget("node_modules/.bin/run.cmd", CMD), "node_modules/a/cli.js");
    assert.equal(shimTarget("node_modules/.bin/run", SH), "node_modules/a/cli.js");
    assert.equal(shimTarget("node_modules/.bin/run.ps1", PS1), "node_modules/a/cli.js");
    assert.equal(shimTarget("node_modules/.bin/run", `${SH}exec node "$basedir/../evil.js" "$@"`), null);
    assert.equal(shimTarget("node_modules/.bin/run", "evil"), null);
  });

  it("are proven by where they lead", { skip: !posix }, async () => {
    remove("node_modules/.bin");
    const put = (sh: string, cmd: string, ps1: string): void => {
      write("node_modules/.bin/run", sh);
      write("node_modules/.bin/run.cmd", cmd);
      write("node_modules/.bin/run.ps1", ps1);
    };
    put(SH, CMD, PS1);
    const windows: Partial<ProofRequest> = { platform: "win32" };
    assert.deepEqual(await told(windows), []);
    put(SH, CMD.replace("cli.js", "evil.js"), "evil");
    assert.deepEqual(await told(windows), [
      "node_modules/.bin/run.cmd is a command that leads elsewhere",
      "node_modules/.bin/run.ps1 is a command that leads elsewhere",
    ]);
  });
});

describe("what npm makes of a first line", () => {
  it("is LF for CR LF, within the first 2048 bytes, and nothing else", () => {
    const fixed = (text: string): string | null => withUnixHashbang(Buffer.from(text))?.toString() ?? null;
    assert.equal(fixed("#!/usr/bin/env node\r\na\r\n"), "#!/usr/bin/env node\na\r\n");
    for (const same of ["#!node\n\r\n", "a\r\n", "", "#!\r\n", "\ufeff#!node\r\n", `#!${"x".repeat(2048)}\r\n`]) {
      assert.equal(fixed(same), null, same.slice(0, 20));
    }
  });
});

describe("a refused tree", { skip: !posix }, () => {
  it("is moved aside as a whole, under a name that other tools pass over", async () => {
    const place = await moveAside(files, at("node_modules"));
    assert.equal(await files.status(at("node_modules")), null);
    assert.match(place, /\/project\/\.refused-[^/]+\/node_modules$/);
    assert.equal(fs.readFileSync(path.join(place, "a", "index.js"), "utf8"), "1");
    link("elsewhere", "node_modules");
    fs.mkdirSync(at("elsewhere"));
    await moveAside(files, at("node_modules"));
    assert.ok(fs.existsSync(at("elsewhere")));
  });

  it("is emptied into a folder that nothing is loaded from, where it can't be moved itself: a mount point", async () => {
    const mounted: Files = {
      ...files,
      rename: async (from, to) => {
        if (from === at("node_modules")) throw Object.assign(new Error("EBUSY"), { code: "EBUSY" });
        await files.rename(from, to);
      },
    };
    const place = await moveAside(mounted, at("node_modules"));
    assert.deepEqual(fs.readdirSync(at("node_modules")), [path.basename(place)]);
    assert.match(place, /\/project\/node_modules\/\.refused-[^/]+$/);
    assert.equal(fs.readFileSync(path.join(place, "a", "index.js"), "utf8"), "1");
    assert.ok(!fs.readdirSync(at("")).some((name) => name.startsWith(".refused-")));
  });
});
