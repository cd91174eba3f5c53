import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import { deflateSync, inflateSync } from "node:zlib";
import { realWorld } from "../../src/cli/world.js";
import type { StopError } from "../../src/model/finding.js";
import { filesAt } from "../../src/pipeline/git.js";
import { openGit } from "../../src/pipeline/git-open.js";
import { commitOf } from "../../src/pipeline/git-ref.js";
import { stoppedLater } from "../trust/samples.js";
import { commitAll, git, initialize, temporary, writeFiles } from "./repository.js";

const world = realWorld();
after(() => world.workers.close());

describe("files as they stand at a commit", () => {
  let folder = temporary();
  let root = "";
  let first = "";
  beforeEach(() => {
    folder = temporary();
    root = join(folder.path, "repository");
    mkdirSync(root);
    writeFiles(root, { "store/a.json": "{}\n", "store/keys/b.asc": Buffer.from([0x99, 0, 0xff, 10]), other: "" });
    first = initialize(root);
  });
  afterEach(() => folder.remove());

  const read = async (ref: string, below = "store", from = root): Promise<Record<string, string> | null> => {
    const files = await filesAt(world, from, ref, below);
    return files && Object.fromEntries([...files].map(([name, bytes]) => [name, Buffer.from(bytes).toString("hex")]));
  };
  const stopped = (ref: string, below = "store"): Promise<StopError> => stoppedLater(filesAt(world, root, ref, below));
  const FILES = { "a.json": "7b7d0a", "keys/b.asc": "9900ff0a" };

  test("every byte of every file, whatever lies on the disk by now", async () => {
    writeFiles(root, { "store/a.json": "changed", "store/new": "" });
    assert.deepEqual(await read("HEAD"), FILES);
    assert.deepEqual(await read(first), FILES);
    assert.deepEqual(await read(first.slice(0, 12)), FILES);
    assert.deepEqual(await read("main"), FILES);
    assert.equal(await read("HEAD", "sto"), null);
    assert.equal(await read("HEAD", "st*"), null);
    assert.deepEqual(Object.keys((await read("HEAD", "")) ?? {}), ["other", "store/a.json", "store/keys/b.asc"]);
  });

  test("names with a line break, quotes and letters of other scripts; a folder called like a pathspec", async () => {
    writeFiles(root, { 'store/a"\n\t': "1", "store/ключ": "2", ":(top)x/a": "3" });
    commitAll(root);
    const files = (await read("HEAD")) ?? {};
    assert.deepEqual(
      Object.keys(files).filter((name) => !(name in FILES)),
      ['a"\n\t', "ключ"],
    );
    assert.deepEqual(await read("HEAD", ":(top)x"), { a: "33" });
  });

  test("steps behind a name", async () => {
    writeFiles(root, { "store/a.json": "second" });
    commitAll(root);
    assert.deepEqual(await read("HEAD~1"), FILES);
    assert.deepEqual(await read("main^"), FILES);
    assert.equal((await stopped("HEAD~2")).code, "TRUST_BASE_MISSING");
  });

  test("a repository whose objects have names of SHA-256", async () => {
    const other = join(folder.path, "sha256");
    mkdirSync(other);
    git(other, "init", "--quiet", "--object-format=sha256", "--initial-branch=main", ".");
    writeFiles(other, { "store/a.json": "{}\n" });
    const id = commitAll(other);
    assert.equal(id.length, 64);
    assert.deepEqual(await read(id, "store", other), { "a.json": "7b7d0a" });
  });

  test("a worktree, whose .git is a file that leads elsewhere", async () => {
    const tree = join(folder.path, "tree");
    git(root, "worktree", "add", "--quiet", "-b", "side", tree);
    writeFiles(tree, { "store/a.json": "side" });
    commitAll(tree);
    assert.deepEqual(await read("main", "store", tree), FILES);
    assert.equal((await read("HEAD", "store", tree))?.["a.json"], Buffer.from("side").toString("hex"));
  });

  test("names that git would not have, or would read as an option", async () => {
    const names = [
      "--all",
      "-x",
      "--output=x",
      "",
      " ",
      "a b",
      "a..b",
      "a:b",
      "@{u}",
      "a\nb",
      "a\0b",
      "~1",
      "a.lock",
      "/a",
    ];
    for (const ref of [...names, "x".repeat(600)]) {
      const error = await stopped(ref);
      assert.equal(error.code, "USAGE", ref);
      assert.match(error.message, /not the name of a commit/);
    }
    assert.equal(existsSync(join(root, "x")), false);
  });

  test("a tag called like the branch of the server does not choose the base", async () => {
    git(root, "update-ref", "refs/remotes/origin/main", first);
    writeFiles(root, { "store/a.json": "the attacker's" });
    commitAll(root);
    git(root, "tag", "origin/main");
    const error = await stopped("origin/main");
    assert.equal(error.code, "USAGE");
    assert.match(error.message, /refs\/remotes\/origin\/main and refs\/tags\/origin\/main, and they differ/);
    assert.deepEqual(await read("refs/remotes/origin/main"), FILES);
  });

  test("a ref called like the beginning of an id does not stand for the commit", async () => {
    const short = first.slice(0, 10);
    writeFiles(root, { "store/a.json": "the attacker's" });
    commitAll(root);
    git(root, "update-ref", `refs/${short}`, "HEAD");
    assert.deepEqual(await read(short), FILES);
    git(root, "tag", short, "HEAD");
    assert.equal((await stopped(short)).code, "USAGE");
  });

  test("a branch of the server by its own name, where there is none here", async () => {
    git(root, "update-ref", "refs/remotes/origin/release", first);
    assert.deepEqual(await read("release"), FILES);
  });

  test("a link or a submodule in the folder, or in its place", async () => {
    symlinkSync("a.json", join(root, "store", "link"));
    commitAll(root);
    const link = await stopped("HEAD");
    assert.equal(link.code, "TRUST_MALFORMED");
    assert.match(link.message, /store\/link is a symbolic link/);
    rmSync(join(root, "store"), { recursive: true });
    symlinkSync("elsewhere", join(root, "store"));
    commitAll(root);
    assert.match((await stopped("HEAD")).message, /store is a symbolic link/);
    git(root, "rm", "--quiet", "--cached", "store");
    git(root, "update-index", "--add", "--cacheinfo", `160000,${first},store`);
    git(root, "commit", "--quiet", "--message", "a submodule");
    assert.match((await stopped("HEAD")).message, /store is a submodule/);
    writeFileSync(join(folder.path, "file"), "");
    git(root, "rm", "--quiet", "--cached", "store");
    rmSync(join(root, "store"));
    writeFiles(root, { store: "a file" });
    commitAll(root);
    assert.match((await stopped("HEAD")).message, /store is not a folder of files/);
  });

  test("a shallow clone: what is missing is said, and how to fetch it", async () => {
    writeFiles(root, { "store/a.json": "second" });
    commitAll(root);
    const clone = join(folder.path, "clone");
    git(folder.path, "clone", "--quiet", "--depth=1", `file://${root}`, clone);
    for (const ref of ["HEAD~1", first, "origin/release"]) {
      const error = await stoppedLater(filesAt(world, clone, ref, "store"));
      assert.equal(error.code, "TRUST_BASE_MISSING");
      assert.match(error.help, /git fetch --depth=1 origin /);
    }
    const { help } = await stoppedLater(filesAt(world, clone, first, "store"));
    git(clone, ...(/git (.*)$/.exec(help)?.[1] ?? "").split(" "));
    assert.deepEqual(await read(first, "store", clone), FILES);
  });

  test("a clone without contents: nothing is fetched on the way", async () => {
    git(root, "config", "uploadpack.allowFilter", "true");
    const clone = join(folder.path, "clone");
    git(folder.path, "clone", "--quiet", "--no-checkout", "--filter=blob:none", `file://${root}`, clone);
    const error = await stoppedLater(filesAt(world, clone, "HEAD", "store"));
    assert.equal(error.code, "TRUST_BASE_MISSING");
    assert.match(error.message, /a part of it|of it is not in this clone/);
  });

  test("a repository whose settings would run something, or bring other objects, runs and brings nothing", async () => {
    const witness = join(folder.path, "it-ran");
    const script = join(folder.path, "evil.sh");
    writeFileSync(script, `#!/bin/sh\necho "$0 $*" >> '${witness}'\nexit 1\n`);
    chmodSync(script, 0o755);
    const settings: Record<string, string> = {
      "core.fsmonitor": script,
      "core.sshCommand": script,
      "core.hooksPath": folder.path,
      "core.pager": script,
      "core.alternateRefsCommand": script,
      "core.askPass": script,
      "core.gitProxy": script,
      "core.worktree": "/nonexistent",
      "credential.helper": script,
      "diff.external": script,
      "filter.evil.smudge": script,
      "filter.evil.process": script,
      "pager.rev-parse": script,
      "pager.ls-tree": script,
      "alias.rev-parse": `!${script}`,
      "alias.cat-file": `!${script}`,
      "remote.origin.url": `ext::${script}`,
      "remote.origin.uploadpack": script,
      "remote.origin.promisor": "true",
      "remote.origin.partialclonefilter": "blob:none",
      "protocol.ext.allow": "always",
      "include.path": join(folder.path, "more"),
    };
    for (const [name, value] of Object.entries(settings)) git(root, "config", name, value);
    writeFileSync(join(folder.path, "more"), `[core]\n\tfsmonitor = ${script}\n`);
    for (const hook of ["post-index-change", "reference-transaction", "post-checkout"]) {
      writeFileSync(join(root, ".git", "hooks", hook), readFileSync(script));
      chmodSync(join(root, ".git", "hooks", hook), 0o755);
    }
    writeFiles(root, { ".gitattributes": "* filter=evil diff=evil\n" });
    writeFileSync(join(root, ".git", "info", "attributes"), "* filter=evil\n");
    assert.deepEqual(await read("HEAD"), FILES);
    assert.equal(await commitOf(await openGit(world, root), "0".repeat(39).concat("1")), null);
    const blob = git(root, "-c", "core.fsmonitor=false", "rev-parse", `${first}:store/a.json`);
    rmSync(join(root, ".git", "objects", blob.slice(0, 2), blob.slice(2)), { force: true });
    assert.equal((await stopped("HEAD")).code, "TRUST_BASE_MISSING");
    assert.equal(existsSync(witness), false, existsSync(witness) ? readFileSync(witness, "utf8") : "");
  });

  test("variables of our own surroundings do not reach git", async () => {
    const variables = { ...world.environment.variables, GIT_DIR: "/nonexistent", GIT_OBJECT_DIRECTORY: "/nonexistent" };
    const changed = { ...world, environment: { ...world.environment, variables } };
    assert.equal((await filesAt(changed, root, "HEAD", "store"))?.size, 2);
  });

  test("a replacement, and a graft, do not stand in for what they replace", async () => {
    writeFiles(root, { "store/a.json": "the attacker's" });
    const evil = commitAll(root);
    git(root, "replace", first, evil);
    assert.deepEqual(await read(first), FILES);
    git(root, "replace", "--delete", first);
    writeFileSync(join(root, ".git", "info", "grafts"), `${evil}\n`);
    assert.deepEqual(await read("HEAD~1"), FILES);
  });

  test("an object that is not what its name says", async () => {
    const id = git(root, "rev-parse", "HEAD:store/a.json");
    const file = join(root, ".git", "objects", id.slice(0, 2), id.slice(2));
    const honest = inflateSync(readFileSync(file)).toString("latin1");
    chmodSync(file, 0o644);
    writeFileSync(file, deflateSync(Buffer.from(honest.replace("{}", "[]"), "latin1")));
    assert.equal((await stopped("HEAD")).code, "TRUST_BASE_MISSING");
  });

  test("where .git is damaged, no repository above takes its place", async () => {
    const inner = join(root, "inner");
    mkdirSync(join(inner, ".git"), { recursive: true });
    assert.equal((await stoppedLater(filesAt(world, inner, "HEAD", "store"))).code, "TRUST_BASE_MISSING");
  });

  test("a git that lies in the repository is not run", async () => {
    const bin = join(root, "bin");
    const witness = join(folder.path, "it-ran");
    writeFiles(bin, { git: `#!/bin/sh\ntouch '${witness}'\n` });
    chmodSync(join(bin, "git"), 0o755);
    const find: typeof world.processes.find = async (name, outside) => {
      assert.equal(outside, root);
      return world.processes.find(name, outside);
    };
    assert.equal(
      (await filesAt({ ...world, processes: { ...world.processes, find } }, root, "HEAD", "store"))?.size,
      2,
    );
    const none = { ...world, processes: { ...world.processes, find: async () => null } };
    assert.equal((await stoppedLater(filesAt(none, root, "HEAD", "store"))).code, "TRUST_BASE_MISSING");
    assert.equal(existsSync(witness), false);
    renameSync(bin, join(folder.path, "bin"));
  });
});
