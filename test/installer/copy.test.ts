import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, describe, it } from "node:test";
import { copyBack, copyManifests, type ManifestCopy } from "../../src/installer/copy.js";
import { StopError } from "../../src/model/finding.js";
import type { Files } from "../../src/model/world.js";
import { write } from "../gateway/packages.js";
import { files, tree } from "./real-npm.js";

const make = () =>
  write("copy-", {
    ...{ "package.json": "old", "w/package.json": "workspace", "w/index.js": "", ".npmrc": "git=/x", "a.patch": "p" },
    ...{ "node_modules/x/package.json": "", ".npm-extension.cjs": "" },
  });
const read = (...parts: string[]) => readFileSync(path.join(...parts), "utf8");

const copies: ManifestCopy[] = [];
after(() => Promise.all(copies.map((copy) => copy.remove())));

async function prepared() {
  const project = make();
  const copy = await copyManifests(files, { project, folders: ["w"], also: ["a.patch", "absent.tgz"] });
  copies.push(copy);
  return { project, copy };
}

describe("the copy in which npm locks", () => {
  it("holds the manifests, and neither settings nor modules nor programs", async () => {
    const { project, copy } = await prepared();
    assert.deepEqual(tree(copy.folder).sort(), ["a.patch", "package.json", "w/package.json"]);
    assert.equal(path.basename(copy.folder), path.basename(project));
    await copy.remove();
    assert.ok(!existsSync(path.dirname(copy.folder)));
  });

  it("takes nothing from outside the project, and leaves nothing behind when it fails", async () => {
    const made: string[] = [];
    const watched: Files = {
      ...files,
      makeTemporary: async (prefix) => {
        const folder = await files.makeTemporary(prefix);
        made.push(folder);
        return folder;
      },
    };
    const bug = (error: unknown) => error instanceof StopError && error.code === "INTERNAL";
    for (const wrong of ["../x", "/etc", "", "w/../.."]) {
      await assert.rejects(copyManifests(watched, { project: make(), folders: [], also: [wrong] }), bug, wrong);
    }
    await assert.rejects(copyManifests(watched, { project: make(), folders: ["../x"], also: [] }), bug);
    assert.equal(made.length, 5);
    assert.ok(made.every((folder) => !existsSync(folder)));
  });

  it("comes back with what changed, and can be undone", async () => {
    const { project, copy } = await prepared();
    writeFileSync(path.join(copy.folder, "package.json"), "new");
    writeFileSync(path.join(copy.folder, "package-lock.json"), "lock");
    writeFileSync(path.join(copy.folder, "a.patch"), "never comes back");
    const back = await copyBack(files, project, copy);
    assert.ok(back.ok);
    assert.deepEqual(back.written, ["package-lock.json", "package.json"]);
    assert.deepEqual([read(project, "package.json"), read(project, "package-lock.json")], ["new", "lock"]);
    assert.equal(read(project, "a.patch"), "p");
    assert.deepEqual(await back.restore(), []);
    assert.equal(read(project, "package.json"), "old");
    assert.ok(!existsSync(path.join(project, "package-lock.json")));
  });

  it("undoes nothing that someone else has written or removed since, and names it, however often it is asked", async () => {
    const { project, copy } = await prepared();
    for (const name of ["package.json", "package-lock.json", "w/package.json"])
      writeFileSync(path.join(copy.folder, name), "new");
    const back = await copyBack(files, project, copy);
    assert.ok(back.ok);
    writeFileSync(path.join(project, "package.json"), "theirs");
    rmSync(path.join(project, "package-lock.json"));
    // Nothing of ours is left in it, so there is nothing to be named.
    writeFileSync(path.join(project, "w/package.json"), "workspace");
    assert.deepEqual(await back.restore(), ["package.json"]);
    assert.deepEqual(await back.restore(), ["package.json"]);
    assert.equal(read(project, "package.json"), "theirs");
    assert.ok(!existsSync(path.join(project, "package-lock.json")));
  });

  it("names a manifest that was there before, and has been removed since", async () => {
    const { project, copy } = await prepared();
    writeFileSync(path.join(copy.folder, "package.json"), "new");
    const back = await copyBack(files, project, copy);
    assert.ok(back.ok);
    rmSync(path.join(project, "package.json"));
    assert.deepEqual(await back.restore(), ["package.json"]);
    assert.ok(!existsSync(path.join(project, "package.json")));
  });

  it("does not come back into a project that has changed meanwhile, or over a link", async () => {
    const changed = await prepared();
    writeFileSync(path.join(changed.copy.folder, "package.json"), "new");
    writeFileSync(path.join(changed.project, "package.json"), "theirs");
    const refused = await copyBack(files, changed.project, changed.copy);
    assert.equal(refused.ok ? null : refused.finding.code, "HANDOFF_UNSEALED");
    assert.equal(read(changed.project, "package.json"), "theirs");

    const linked = await prepared();
    writeFileSync(path.join(linked.copy.folder, "package.json"), "new");
    rmSync(path.join(linked.project, "package.json"));
    symlinkSync("w/package.json", path.join(linked.project, "package.json"));
    const other = await copyBack(files, linked.project, linked.copy);
    assert.equal(other.ok ? null : other.finding.code, "TREE_SYMLINK");
    assert.equal(read(linked.project, "w/package.json"), "workspace");
  });

  it("leaves the project as it was when a file can't be written", async () => {
    const { project, copy } = await prepared();
    writeFileSync(path.join(copy.folder, "package.json"), "new");
    writeFileSync(path.join(copy.folder, "package-lock.json"), "lock");
    const full: Files = {
      ...files,
      write: async (file, bytes, mode) => {
        if (file.endsWith("package-lock.json")) throw new Error("no space left");
        await files.write(file, bytes, mode);
      },
    };
    await assert.rejects(copyBack(full, project, copy), /no space left/);
    assert.equal(read(project, "package.json"), "old");
    assert.ok(!existsSync(path.join(project, "package-lock.json")));
  });
});
