import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { findNpm } from "../../src/installer/npm-find.js";
import { StopError } from "../../src/model/finding.js";
import { write } from "../gateway/packages.js";
import { files, realNpm, start } from "./real-npm.js";

const DEFINITIONS = "node_modules/@npmcli/config/lib/definitions/definitions.js";

/** The files of an npm, below `root`. */
const npm = (root: string, version: string, definitions = "new Definition('registry', {") => ({
  [`${root}/package.json`]: { name: "npm", version },
  [`${root}/bin/npm-cli.js`]: "",
  [`${root}/${DEFINITIONS}`]: definitions,
});

const absent = (error: unknown) => error instanceof StopError && error.code === "INSTALLER_ABSENT";

describe("which npm is run", () => {
  it("is the JavaScript behind the link that PATH finds (Unix)", async () => {
    const folder = write("find-", { ...npm("lib/node_modules/npm", "11.19.1"), "bin/other": "" });
    const found = path.join(folder, "bin/npm");
    symlinkSync("../lib/node_modules/npm/bin/npm-cli.js", found);
    const got = await findNpm(files, { found, node: "/usr/bin/node", project: "/p", platform: "linux" });
    assert.equal(got.cli, path.join(folder, "lib/node_modules/npm/bin/npm-cli.js"));
    assert.equal(got.version, "11.19.1");
    assert.equal(got.node, "/usr/bin/node");
  });

  it("is the JavaScript beside npm.cmd, and never npm.cmd (Windows)", async () => {
    const folder = write("find-", { ...npm("node_modules/npm", "10.9.0"), "npm.cmd": "@ECHO OFF" });
    const found = path.join(folder, "npm.cmd");
    const got = await findNpm(files, { found, node: "/none/node", project: "/p", platform: "win32" });
    assert.equal(got.cli, path.join(folder, "node_modules/npm/bin/npm-cli.js"));
  });

  it("is the one that came with our node where PATH finds a version manager's shim, or nothing", async () => {
    const unix = write("find-", { ...npm("lib/node_modules/npm", "12.2.0"), "bin/node": "", "shims/npm": "#!/bin/sh" });
    for (const found of [path.join(unix, "shims/npm"), null]) {
      const node = path.join(unix, "bin/node");
      const got = await findNpm(files, { found, node, project: "/p", platform: "darwin" });
      assert.equal(got.cli, path.join(unix, "lib/node_modules/npm/bin/npm-cli.js"));
    }
    const windows = write("find-", { ...npm("node_modules/npm", "12.2.0"), "node.exe": "" });
    const node = path.join(windows, "node.exe");
    const got = await findNpm(files, { found: null, node, project: "/p", platform: "win32" });
    assert.equal(got.version, "12.2.0");
  });

  it("is never one inside the project, not even by a link from outside", async () => {
    const project = write("find-", npm("tools/npm", "11.0.0"));
    const outside = write("find-", {});
    const found = path.join(outside, "npm");
    symlinkSync(path.join(project, "tools/npm/bin/npm-cli.js"), found);
    const question = { found, node: "/none/bin/node", project, platform: "linux" as const };
    await assert.rejects(findNpm(files, question), absent);
  });

  it("is never corepack, another program, or an npm that is too old or damaged", async () => {
    const packages = [
      { name: "corepack", version: "11.0.0" },
      { name: "npm", version: "9.9.9" },
      { name: "npm", version: "latest" },
      { name: "npm" },
      [],
      null,
      "{",
    ];
    for (const manifest of packages) {
      const folder = write("find-", { "npm/package.json": manifest, "npm/bin/npm-cli.js": "", "npm/bin/npm.js": "" });
      for (const name of ["npm-cli.js", "npm.js"]) {
        const found = path.join(folder, "npm/bin", name);
        const question = { found, node: "/none/bin/node", project: "/p", platform: "linux" as const };
        await assert.rejects(findNpm(files, question), absent);
      }
    }
    mkdirSync(path.join(write("find-", {}), "npm"));
  });

  it("says which settings it knows, and is thought to know all where that can't be read", async () => {
    const definitions = "new Definition('registry', {}); new Definition('allow-git', {})";
    const folder = write("find-", npm("npm", "11.0.0", definitions));
    const question = { node: "/none/bin/node", project: "/p", platform: "linux" as const };
    const got = await findNpm(files, { ...question, found: path.join(folder, "npm/bin/npm-cli.js") });
    assert.deepEqual(["registry", "allow-git", "allow-file"].map(got.knows), [true, true, false]);
    const moved = write("find-", npm("npm", "13.0.0", "export default {}"));
    const other = await findNpm(files, { ...question, found: path.join(moved, "npm/bin/npm-cli.js") });
    assert.equal(other.knows("allow-git"), true);
  });

  it("is this machine's npm, of the version that it says itself", async () => {
    const found = await realNpm();
    const env = { PATH: process.env.PATH ?? "", HOME: "/none" };
    const said = await start({ file: found.node, args: [found.cli, "--version"], env, cwd: process.cwd() });
    assert.equal(said.output.trim().split("\n").at(-1), found.version);
    assert.ok(found.knows("registry") && found.knows("replace-registry-host") && !found.knows("no-such-setting"));
    assert.equal((await files.status(found.nodeGyp))?.type, "file");
  });
});
