import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { diskFiles } from "../../src/files/disk.js";
import type { Environment, Files } from "../../src/model/world.js";
import { findExecutable } from "../../src/process/find.js";

const files = diskFiles();
let folder = "";
const at = (...parts: string[]): string => path.join(folder, ...parts);
const program = (...parts: string[]): string => {
  fs.mkdirSync(path.dirname(at(...parts)), { recursive: true });
  fs.writeFileSync(at(...parts), "#!/bin/sh\n", { mode: 0o755 });
  return at(...parts);
};
const world = (PATH: string | undefined, platform: NodeJS.Platform = "linux", more = {}): Environment => ({
  variables: { [platform === "win32" ? "Path" : "PATH"]: PATH, ...more },
  platform,
  arch: "x64",
  libc: null,
  homeDirectory: "/",
  workingDirectory: "/",
  node: process.execPath,
  cores: 1,
});

before(async () => {
  folder = await files.makeTemporary("find-");
});
after(() => files.remove(folder));

describe("finding a program", { skip: process.platform === "win32" }, () => {
  const find = (entries: readonly string[], name = "npm") =>
    findExecutable(world(entries.join(":")), files, name, at("project"));

  it("passes over every node_modules/.bin, also of a folder above the project, which npx puts into PATH", async () => {
    program("node_modules", ".bin", "npm");
    const real = program("bin", "npm");
    assert.equal(await find([at("node_modules", ".bin"), at("bin")]), real);
  });

  it("never takes an npm planted in the project's node_modules/.bin", async () => {
    program("project", "node_modules", ".bin", "npm");
    const real = program("bin", "npm");
    assert.equal(await find([at("project", "node_modules", ".bin"), at("bin")]), real);
    assert.equal(await find([at("project", "node_modules", ".bin")]), null);
  });

  it("never takes one that a link outside leads back into the project, nor the other way round", async () => {
    program("project", "evil");
    fs.mkdirSync(at("links"));
    fs.symlinkSync(at("project", "evil"), at("links", "npm"));
    fs.symlinkSync(at("project", "node_modules", ".bin"), at("linked-folder"));
    fs.symlinkSync("/bin/sh", at("project", "node_modules", ".bin", "tool"));
    fs.symlinkSync(at("project"), at("alias"));
    assert.equal(await find([at("links"), at("linked-folder"), at("alias", "node_modules", ".bin")]), null);
    assert.equal(await find([at("project", "node_modules", ".bin")], "tool"), null);
    const through = await findExecutable(world(at("project", "node_modules", ".bin")), files, "npm", at("alias"));
    assert.equal(through, null);
  });

  it("passes over relative and empty entries, which mean the folder we happen to be in", async () => {
    program("npm");
    assert.equal(await find(["", ".", path.relative(process.cwd(), folder)]), null);
    assert.equal(await findExecutable(world(undefined), files, "npm", at("project")), null);
  });

  it("passes over what can't be run, folders, and names that are paths", async () => {
    fs.mkdirSync(at("no", "npm"), { recursive: true });
    fs.mkdirSync(at("text"));
    fs.writeFileSync(at("text", "npm"), "", { mode: 0o644 });
    const real = program("bin", "npm");
    assert.equal(await find([at("no"), at("text"), at("missing"), real, at("bin")]), real);
    assert.equal(await find([at("bin")], "../bin/npm"), null);
    assert.equal(await find([at("bin")], ""), null);
  });

  it("gives the name that was asked for, where that is a link", async () => {
    const shim = program("volta", "volta-shim");
    fs.mkdirSync(at("shims"));
    fs.symlinkSync(shim, at("shims", "npm"));
    assert.equal(await find([at("shims")]), at("shims", "npm"));
  });
});

describe("finding a program on Windows", () => {
  const present = new Set(["C:\\proj\\node_modules\\.bin\\npm.cmd", "C:\\nodejs\\npm", "C:\\nodejs\\npm.cmd"]);
  const folders = new Set(["C:\\proj", "C:\\proj\\node_modules\\.bin", "C:\\nodejs", "C:\\a;b"]);
  const windowsFiles: Files = {
    ...files,
    realPath: async (file) => (present.has(file) || folders.has(file) ? file : null),
    status: async () => ({ type: "file", size: 1, mode: 0o666, mtimeMs: 0 }),
  };
  const find = (value: string, name = "npm", more = {}) =>
    findExecutable(world(value, "win32", more), windowsFiles, name, "c:\\PROJ");

  it("takes names by PATHEXT, and nothing from the project, however its name is spelled", async () => {
    assert.equal(await find("C:\\proj\\node_modules\\.bin;C:\\nodejs"), "C:\\nodejs\\npm.cmd");
    assert.equal(await find("C:\\nodejs", "npm.cmd"), "C:\\nodejs\\npm.cmd");
    assert.equal(await find("C:\\nodejs", "npm", { PATHEXT: ".EXE" }), null);
    assert.equal(await find("nodejs;\\nodejs2;;.", "npm"), null);
  });

  it("reads quoted entries", async () => {
    assert.equal(await find('"C:\\nodejs"'), "C:\\nodejs\\npm.cmd");
  });
});
