/** `trust sign` with the programs that people have, and what the gate makes of the signatures. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { makeProject, type Project } from "../../registry-fixtures/project.js";
import { typeInside } from "../pipeline/inside.js";
import { commitAll, git, initialize } from "../pipeline/repository.js";

const has = (program: string, arg = "--version"): boolean => spawnSync(program, [arg]).error === undefined;
const missing = ["gpg", "ssh-keygen"].filter((program) => !has(program)).join(", ");
const skip = missing === "" && process.platform !== "win32" ? false : `SKIPPED: ${missing} is not installed`;
const STORE = ".secure-install";

describe("trust sign", { skip }, () => {
  let project: Project;
  let gnupg = "";
  let fingerprint = "";
  let certificate = "";
  const key = (name: string): string => join(project.home, name);
  const owners = (atLeast: number, ...names: readonly string[]) => ({
    owners: {
      atLeast,
      identities: [
        { type: "openpgp", fingerprint },
        ...names.map((name) => ({ type: "ssh", key: readFileSync(`${key(name)}.pub`, "utf8").trimEnd() })),
      ],
    },
  });
  const type = (...argv: readonly string[]) => typeInside(project, argv, { GNUPGHOME: gnupg });
  const signatures = (): string[] => readdirSync(join(project.directory, STORE, "signatures"));

  before(async () => {
    project = await makeProject();
    gnupg = join(project.home, "gnupg");
    mkdirSync(gnupg);
    chmodSync(gnupg, 0o700);
    const gpg = (...args: readonly string[]): string => {
      const quiet = ["--homedir", gnupg, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""];
      const run = spawnSync("gpg", [...quiet, ...args]);
      assert.equal(run.status, 0, run.stderr.toString());
      return run.stdout.toString();
    };
    gpg("--quick-gen-key", "ann <ann@example.org>", "ed25519", "cert,sign", "0");
    fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(gpg("--with-colons", "--list-keys"))?.[1] ?? "";
    certificate = gpg("--armor", "--export", fingerprint);
    for (const name of ["bob", "eve"]) {
      assert.equal(spawnSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", key(name)]).status, 0);
    }
    await project.writeLockfile({ name: "project", lockfileVersion: 3, requires: true, packages: { "": {} } });
    await project.write(join(STORE, "keys", `${fingerprint}.asc`), certificate);
    await project.writeTrust({ ...owners(2, "bob"), scripts: [] });
    git(project.directory, "update-ref", "refs/remotes/origin/main", initialize(project.directory));
    git(project.directory, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main");
  });
  beforeEach(async () => {
    git(project.directory, "checkout", "--quiet", "--force", "origin/main");
    git(project.directory, "clean", "--quiet", "-dfx");
    await project.writeTrust({ ...owners(2, "bob"), scripts: [{ allow: "npm:esbuild", reason: "places its binary" }] });
  });
  after(async () => {
    spawnSync("gpgconf", ["--homedir", gnupg, "--kill", "all"]);
    await project.remove();
  });

  const gate = () => type("gate", "--base", "origin/main", "--json");

  test("an OpenPGP and an SSH owner sign, and their signatures count", async () => {
    const refused = await gate();
    assert.equal(refused.status, 65);
    assert.match(refused.stdout, /"TRUST_CHANGED"/);
    const one = await type("trust", "sign");
    assert.equal(one.status, 0, one.stderr);
    assert.match(one.stdout, new RegExp(`^Signed as openpgp ${fingerprint}:\n {2}WEAKER .*esbuild`));
    assert.match(
      one.stdout,
      /\n1 of 2 signatures are there\.\n.* \.secure-install\/signatures\/[0-9A-F]{40}\.asc\.\n$/,
    );
    assert.equal((await gate()).status, 65);
    const other = await type("trust", "sign", "--ssh-key", key("bob"), "--json");
    assert.equal(other.status, 0, other.stderr);
    const said = JSON.parse(other.stdout);
    assert.deepEqual([said.command, said.signatures, said.atLeast, said.owner.type], ["trust sign", 2, 2, "ssh"]);
    assert.deepEqual(
      signatures()
        .map((name) => name.replace(/^[0-9a-fA-F]+/, ""))
        .sort(),
      [".asc", ".sig"],
    );
    const passed = await gate();
    assert.equal(passed.status, 0, passed.stdout);
    commitAll(project.directory);
    assert.equal((await gate()).status, 0);
    // The store moves on by one more decision, which nobody signed.
    await project.writeTrust({ ...owners(2, "bob"), scripts: [{ allow: "npm:*", reason: "all of them" }] });
    assert.equal((await gate()).status, 65);
  });

  for (const [what, argv, says] of [
    ["a key that is no owner's", ["--ssh-key", "eve"], /is not an owner's/],
    ["a certificate that is no owner's", ["--key", "0".repeat(40)], /is not an owner/],
    ["a short key id", ["--key", "0123456789ABCDEF"], /not a full fingerprint/],
  ] as const) {
    test(`refused: ${what}`, async () => {
      const { status, stderr } = await type("trust", "sign", ...argv.map((arg) => (arg === "eve" ? key("eve") : arg)));
      assert.equal(status, 64);
      assert.match(stderr, says);
      assert.throws(signatures);
    });
  }

  test("from a folder of the repository, no gpg and no ssh-keygen of the repository's own is run", async () => {
    const tools = join(project.directory, "tools");
    for (const name of ["gpg", "ssh-keygen"]) {
      await project.write(`tools/${name}`, `#!/bin/sh\ntouch "${join(project.home, "ran")}"\nexit 1\n`);
      chmodSync(join(tools, name), 0o755);
    }
    const below = join(project.directory, "packages");
    mkdirSync(below);
    const env = { GNUPGHOME: gnupg, PATH: `${tools}:${process.env.PATH}` };
    const typed = (...argv: readonly string[]) =>
      typeInside(project, argv, env, (world) => ({
        ...world,
        environment: { ...world.environment, workingDirectory: below },
      }));
    for (const argv of [
      ["trust", "sign"],
      ["trust", "sign", "--ssh-key", key("bob")],
      ["trust", "add", "npm:lib", "--key", fingerprint, "--as", "lib-author", "--offline"],
      ["trust", "find", "lib", "--gpg", "--offline"],
    ]) {
      const { status, stderr } = await typed(...argv);
      assert.deepEqual([status, existsSync(join(project.home, "ran"))], [0, false], `${argv}: ${stderr}`);
    }
  });

  test("refused: nothing to sign, nobody who needs to, no base", async () => {
    await project.writeTrust({ ...owners(2, "bob"), scripts: [] });
    assert.match((await type("trust", "sign")).stderr, /nothing has changed/);
    assert.match((await type("trust", "sign", "--base", "origin/other")).stderr, /TRUST_BASE_MISSING/);
    git(project.directory, "switch", "--quiet", "--force", "--orphan", "none");
    await project.writeTrust({});
    const id = commitAll(project.directory);
    await project.writeTrust({ scripts: [] });
    assert.match((await type("trust", "sign", "--base", id)).stderr, /names no owners/);
  });

  test("refused: a program that makes no signature", async () => {
    const { status, stderr } = await type("trust", "sign", "--ssh-key", join(project.home, "nowhere"));
    assert.equal(status, 78);
    assert.match(stderr, /ssh-keygen made no signature/);
    assert.throws(signatures);
  });
});
