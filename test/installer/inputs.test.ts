import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { changedInputs, digestInputs, symlinkFindings } from "../../src/installer/inputs.js";
import { write } from "../gateway/packages.js";
import { files } from "./real-npm.js";

const make = () =>
  write("inputs-", {
    ...{ "package.json": "{}", "package-lock.json": "{}", ".npmrc": "", "w/package.json": "{}", "trust.json": "{}" },
    "node_modules/x": "",
  });
const digest = (project: string) =>
  digestInputs(files, {
    project,
    folders: ["w"],
    others: [path.join(project, "trust.json"), path.join(project, "gone")],
  });

describe("the inputs of a verdict", () => {
  it("are digested, and named where they are not there", async () => {
    const project = make();
    const states = await digest(project);
    const at = (name: string) => states.get(path.join(project, name));
    assert.equal(at("package.json"), createHash("sha256").update("{}").digest("hex"));
    assert.equal(at("w/package.json"), at("package.json"));
    for (const name of ["npm-shrinkwrap.json", "gone", "w/.npmrc", ".npm-extension.cjs"])
      assert.equal(at(name), "absent");
    assert.deepEqual(changedInputs(states, await digest(project)), []);
  });

  const changes: Readonly<Record<string, (project: string) => void>> = {
    "package-lock.json": (project) => writeFileSync(path.join(project, "package-lock.json"), "{ }"),
    ".npmrc": (project) => writeFileSync(path.join(project, ".npmrc"), "git=/x"),
    "npm-shrinkwrap.json": (project) => writeFileSync(path.join(project, "npm-shrinkwrap.json"), "{}"),
    "w/package.json": (project) => rmSync(path.join(project, "w/package.json")),
    "w/.npmrc": (project) => writeFileSync(path.join(project, "w/.npmrc"), ""),
    ".npm-extension.mjs": (project) => writeFileSync(path.join(project, ".npm-extension.mjs"), ""),
    "trust.json": (project) => writeFileSync(path.join(project, "trust.json"), "[]"),
    gone: (project) => writeFileSync(path.join(project, "gone"), ""),
    "package.json": (project) => {
      rmSync(path.join(project, "package.json"));
      symlinkSync("w/package.json", path.join(project, "package.json"));
    },
  };
  for (const [name, change] of Object.entries(changes)) {
    it(`are different once ${name} was changed, made, removed or replaced by a link`, async () => {
      const project = make();
      const before = await digest(project);
      change(project);
      assert.deepEqual(changedInputs(before, await digest(project)), [path.join(project, name)]);
    });
  }

  it("are different once what a link leads to was changed, or the link was", async () => {
    const project = make();
    rmSync(path.join(project, ".npmrc"));
    symlinkSync("one", path.join(project, ".npmrc"));
    const dangling = await digest(project);
    writeFileSync(path.join(project, "one"), "a");
    const one = await digest(project);
    writeFileSync(path.join(project, "one"), "b");
    const other = await digest(project);
    for (const [left, right] of [[dangling, one] as const, [one, other] as const]) {
      assert.deepEqual(changedInputs(left, right), [path.join(project, ".npmrc")]);
    }
  });

  it("that only one side knows are different too", () => {
    assert.deepEqual(changedInputs(new Map([["/a", "absent"]]), new Map([["/b", "absent"]])), ["/a", "/b"]);
  });
});

describe("symbolic links where an installer writes", () => {
  const places = ["node_modules", "package-lock.json", "npm-shrinkwrap.json", ".secure-install", "w/node_modules"];
  for (const name of places) {
    it(`are refused: ${name}`, async () => {
      const project = make();
      const victim = write("victim-", { precious: "" });
      rmSync(path.join(project, name), { recursive: true, force: true });
      symlinkSync(victim, path.join(project, name));
      const found = await symlinkFindings(files, { project, folders: ["w"] });
      assert.deepEqual(
        found.map(({ code, severity }) => [code, severity]),
        [["TREE_SYMLINK", "refuse"]],
      );
      assert.ok(found[0]?.says.includes(name) && found[0].says.includes(victim));
    });
  }

  it("are refused although they lead nowhere, and nothing is said of real files", async () => {
    const project = make();
    assert.deepEqual(await symlinkFindings(files, { project, folders: ["w", "gone"] }), []);
    symlinkSync("/no/such/place", path.join(project, ".secure-install"));
    assert.equal((await symlinkFindings(files, { project, folders: [] })).length, 1);
  });
});
