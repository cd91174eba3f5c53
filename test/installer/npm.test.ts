import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, describe, it } from "node:test";
import { openSealedRegistry } from "../../src/gateway/sealed.js";
import { npmCi, npmRebuild } from "../../src/installer/npm.js";
import { seedCache } from "../../src/installer/npm-cache.js";
import { openCanary, type Packed, pack, write } from "../gateway/packages.js";
import { entry, files, lockfile, type Outcome, realNpm, start, tree } from "./real-npm.js";

const AWAY = "https://registry.example/npm/";
const inner = pack("@s_x/inner", "1.0.1");
const outer = pack("outer", "1.0.0", { dependencies: { "@s_x/inner": "^1.0.0" } });
const evil = pack("evil", "6.6.6");

interface Given {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly workspaces?: readonly string[];
  readonly admitted: readonly Packed[];
  /** Lockfile entries; `canary` is the address of a server that must not be asked. */
  entries(canary: string): Readonly<Record<string, unknown>>;
  readonly scopes?: readonly string[];
  /** More files of the project. */
  files?(canary: string): Readonly<Record<string, unknown>>;
  readonly seeded?: boolean;
  /** The environment that we are started in. */
  variables?(canary: string): Readonly<Record<string, string>>;
}

interface Result extends Outcome {
  readonly refused: readonly string[];
  readonly installed: readonly string[];
  readonly project: string;
}

/** Runs the real `npm ci` under the seal. The canary must stay untouched, whatever happens, and nothing may run. */
async function ci(given: Given): Promise<Result> {
  const canary = await openCanary();
  const registry = await openSealedRegistry(given.admitted);
  const root = { name: "p", version: "1.0.0", dependencies: given.dependencies ?? {}, workspaces: given.workspaces };
  const project = write("project-", {
    "package.json": root,
    "package-lock.json": lockfile(root, given.entries(canary.url)),
    ...given.files?.(canary.url),
  });
  const cache = write("cache-", {});
  const blobs = given.admitted.map((item) => {
    writeFileSync(path.join(cache, item.sha512.slice(0, 9)), item.bytes);
    return { sha512: item.sha512, path: path.join(cache, item.sha512.slice(0, 9)) };
  });
  if (given.seeded !== false) await seedCache(files, cache, blobs);
  const command = npmCi({
    ...{ npm: await realNpm(), folder: project, cache, registry, settings: {}, extra: [], omit: [] },
    scopes: given.scopes ?? [],
    sources: new Set(),
    variables: { ...process.env, ...given.variables?.(canary.url) },
  });
  const outcome = await start(command);
  await registry.close();
  canary.close();
  rmSync(cache, { recursive: true });
  assert.deepEqual(canary.asked, [], "something reached past the seal");
  assert.ok(!existsSync(mark), "something was run");
  const installed = tree(path.join(project, "node_modules")).sort();
  return { ...outcome, refused: registry.refused, installed, project };
}

const HONEST = ["@s_x/inner/index.js", "@s_x/inner/package.json", "outer/index.js", "outer/package.json"];
const honest = (resolved: string | null): Given => ({
  dependencies: { outer: "^1.0.0" },
  admitted: [inner, outer],
  scopes: ["@s_x"],
  entries: () => ({ "node_modules/outer": entry(outer, resolved), "node_modules/@s_x/inner": entry(inner, resolved) }),
});

/** Programs that leave a mark when something starts or loads them. */
const tools = write("tools-", {});
const mark = path.join(tools, "ran");
const program = path.join(tools, "program.sh");
const preload = path.join(tools, "preload.cjs");
writeFileSync(program, `#!/bin/sh\necho program >> "${mark}"\nexit 1\n`);
writeFileSync(preload, `require("fs").appendFileSync(${JSON.stringify(mark)}, "preload\\n");`);
chmodSync(program, 0o755);
after(() => rmSync(tools, { recursive: true }));

/** A project that tries everything that an .npmrc can say. */
const hostile = (canary: string) => {
  const settings = {
    ...{ registry: canary, "@s_x:registry": canary, "@other:registry": canary, scope: "@other" },
    ...{ git: program, "script-shell": program, "node-options": `--require=${preload}`, "node-gyp": preload },
    ...{ "ignore-scripts": false, "dangerously-allow-all-scripts": true, "allow-git": "all", "allow-remote": "all" },
    ...{ proxy: canary, "https-proxy": canary, noproxy: "127.0.0.1", "strict-ssl": false, cafile: "./no-ca.pem" },
    ...{ cache: "./cache", "logs-dir": "./logs", prefix: "./prefix", userconfig: "./more", globalconfig: "./more" },
    ...{ "replace-registry-host": "never", global: true, location: "global", force: true, "dry-run": true },
    ...{ usage: true, audit: true, fund: true, "update-notifier": true, "prefer-online": true, offline: true },
    ...{ "package-lock": false, "package-lock-only": true, before: "2001-01-01", "ignore-extension": false },
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
  return { ".npmrc": lines.join(""), more: `ignore-scripts=false\nnoproxy=127.0.0.1\nregistry=${canary}\n` };
};

const surroundings = (canary: string) => ({
  ...{ npm_config_registry: canary, "npm_config_@s_x:registry": canary, NPM_CONFIG_NOPROXY: "127.0.0.1" },
  ...{ npm_config_ignore_scripts: "false", NODE_OPTIONS: "--require=/no/such/file.cjs", no_proxy: "127.0.0.1" },
  ...{ HTTP_PROXY: canary, npm_config_userconfig: "/no/such/npmrc", NODE_ENV: "production", PREFIX: "/no" },
});

describe("npm ci under the seal", { concurrency: 2 }, () => {
  it("asks nobody for anything where the lockfile names addresses and the cache is seeded", async () => {
    const result = await ci({ ...honest(AWAY), admitted: [inner, outer] });
    assert.equal(result.status, 0, result.output);
    assert.deepEqual(result.installed, [".package-lock.json", ...HONEST]);
    assert.deepEqual(result.refused, []);
  });

  it("takes all from the sealed registry where the lockfile names no addresses, and leaves no trace of it", async () => {
    const result = await ci(honest(null));
    assert.equal(result.status, 0, result.output);
    assert.deepEqual(result.installed, [".package-lock.json", ...HONEST]);
    assert.deepEqual(result.refused, []);
    const hidden = readFileSync(path.join(result.project, "node_modules/.package-lock.json"), "utf8");
    assert.ok(!hidden.includes("127.0.0.1"));
  });

  it("finds tarballs by the addresses of another registry, with no cache", async () => {
    const result = await ci({ ...honest(AWAY), seeded: false });
    assert.equal(result.status, 0, result.output);
    assert.deepEqual(result.installed, [".package-lock.json", ...HONEST]);
  });

  for (const resolved of [AWAY, null]) {
    const how = resolved === null ? "without" : "with";
    it(`wins against a hostile .npmrc, setting by setting, and a hostile environment, ${how} addresses`, async () => {
      const result = await ci({ ...honest(resolved), files: hostile, variables: surroundings });
      assert.equal(result.status, 0, result.output);
      assert.deepEqual(result.installed, [".package-lock.json", ...HONEST]);
      assert.deepEqual(result.refused, []);
      for (const made of ["cache", "logs", "prefix"]) assert.ok(!existsSync(path.join(result.project, made)), made);
    });
  }

  it("leaves npm with our value of every setting that we give, whatever the project's .npmrc says", async () => {
    const registry = { bareUrl: "http://127.0.0.1:1/", proxyUrl: "http://gateway:x@127.0.0.1:1/" };
    const project = write("project-", { "package.json": {}, ...hostile("http://127.0.0.1:2/") });
    const cache = write("cache-", {});
    const common = { npm: await realNpm(), folder: project, cache, registry, settings: {}, extra: [], omit: ["dev"] };
    const command = npmCi({ ...common, scopes: ["@s_x", "@other"], sources: new Set(), variables: process.env });
    const [cli = "", , ...flags] = command.args;
    const { output } = await start({ ...command, args: [cli, "config", "ls", "--json", ...flags] });
    const settings = JSON.parse(output.slice(output.indexOf("{"), output.lastIndexOf("}") + 1));
    const given = new Map<string, string[]>();
    for (const flag of flags) {
      const [, key = "", value = ""] = /^--([^=]+)=(.*)$/s.exec(flag) ?? [];
      given.set(key, [...(given.get(key) ?? []), value === "null" ? "" : value]);
    }
    for (const [key, values] of given) {
      // The one that a project can change: npm keeps it outside its order. Its file yields to the project's .npmrc,
      // which yields to us.
      if (key === "globalconfig") continue;
      assert.equal([settings[key]].flat().join(), values.join(), key);
    }
  });

  it("leaves workspaces, folders of the project and aliases as they are", async () => {
    const web = { name: "web", version: "1.0.0", dependencies: { "@s_x/inner": "^1.0.0" } };
    const local = { name: "local", version: "1.0.0" };
    const result = await ci({
      dependencies: { local: "file:lib/local", alias: "npm:@s_x/inner@^1.0.0" },
      workspaces: ["packages/*"],
      admitted: [inner],
      scopes: ["@s_x"],
      entries: () => ({
        ...{ "packages/web": web, "lib/local": local },
        ...{ "node_modules/web": { resolved: "packages/web", link: true } },
        ...{ "node_modules/local": { resolved: "lib/local", link: true } },
        "node_modules/@s_x/inner": entry(inner, null),
        "node_modules/alias": entry(inner, null, { name: "@s_x/inner" }),
      }),
      files: () => ({ "packages/web/package.json": web, "lib/local/package.json": local }),
    });
    assert.equal(result.status, 0, result.output);
    const packages = ["@s_x/inner/index.js", "@s_x/inner/package.json", "alias/index.js", "alias/package.json"];
    const links = [
      ["local", "lib/local"],
      ["web", "packages/web"],
    ].map(([name, to]) => `${name} -> ../${to}`);
    if (process.platform !== "win32") assert.deepEqual(result.installed, [".package-lock.json", ...packages, ...links]);
  });

  it("fails on a swapped address whose integrity was removed", async () => {
    const result = await ci({
      dependencies: { outer: "^1.0.0" },
      admitted: [outer, inner],
      entries: (canary) => ({
        "node_modules/outer": { version: "1.0.0", resolved: `${canary}evil/-/evil-6.6.6.tgz` },
        "node_modules/@s_x/inner": entry(inner, AWAY),
      }),
    });
    assert.notEqual(result.status, 0);
    assert.deepEqual(result.refused, ["GET /evil/-/evil-6.6.6.tgz"]);
    assert.deepEqual(result.installed, []);
  });

  it("fails on a shrinkwrap inside a package that points elsewhere", async () => {
    const trap = await openCanary();
    const packages = {
      "": { name: "wrap", version: "1.0.0", dependencies: { evil: "*" } },
      "node_modules/evil": { version: "6.6.6", resolved: `${trap.url}evil/-/evil-6.6.6.tgz` },
    };
    const shrinkwrap = { name: "wrap", version: "1.0.0", lockfileVersion: 3, requires: true, packages };
    const files = { "npm-shrinkwrap.json": JSON.stringify(shrinkwrap) };
    const wrap = pack("wrap", "1.0.0", { dependencies: { evil: "*" } }, files);
    const result = await ci({
      dependencies: { wrap: "1.0.0" },
      admitted: [wrap],
      entries: () => ({
        "node_modules/wrap": entry(wrap, AWAY, { hasShrinkwrap: true }),
        "node_modules/evil": entry(evil, AWAY),
      }),
    });
    trap.close();
    assert.deepEqual(trap.asked, []);
    assert.notEqual(result.status, 0, result.output);
    assert.deepEqual(result.installed, []);
  });

  it("fails on inBundle where nothing is bundled", async () => {
    const claims = pack("claims", "1.0.0", { dependencies: { evil: "*" } });
    const result = await ci({
      dependencies: { claims: "1.0.0" },
      admitted: [claims],
      entries: (canary) => ({
        "node_modules/claims": entry(claims, AWAY),
        "node_modules/claims/node_modules/evil": {
          ...{ version: "6.6.6", inBundle: true, resolved: `${canary}evil/-/evil-6.6.6.tgz` },
        },
      }),
    });
    assert.notEqual(result.status, 0, result.output);
    assert.deepEqual(result.refused, ["GET /evil/-/evil-6.6.6.tgz"]);
    assert.deepEqual(result.installed, []);
  });

  it("fails on git, and runs no git, not even the one that the project names", async () => {
    const from = "git+file:///no/such/repository#0123456789012345678901234567890123456789";
    const result = await ci({
      dependencies: { gitty: from },
      admitted: [],
      entries: () => ({ "node_modules/gitty": { version: "1.0.0", resolved: from } }),
      files: () => ({ ".npmrc": `git=${program}\nallow-git=all\n` }),
    });
    assert.notEqual(result.status, 0, result.output);
    assert.deepEqual(result.installed, []);
  });

  it("fails on a tarball at an address", async () => {
    const result = await ci({
      dependencies: { plain: "1.0.0" },
      admitted: [],
      entries: (canary) => ({ "node_modules/plain": { version: "1.0.0", resolved: `${canary}x/y.tgz` } }),
    });
    assert.notEqual(result.status, 0, result.output);
    assert.deepEqual(result.installed, []);
  });

  it("fails on a tarball of the project that was not admitted", async (test) => {
    if (!(await realNpm()).knows("allow-file")) return test.skip("an npm that only the proven tree can keep from it");
    const result = await ci({
      dependencies: { evil: "file:evil.tgz" },
      admitted: [],
      entries: () => ({ "node_modules/evil": { version: "6.6.6", resolved: "file:evil.tgz" } }),
      files: () => ({ "evil.tgz": evil.bytes }),
    });
    assert.notEqual(result.status, 0);
    assert.deepEqual(result.installed, []);
  });

  it("refuses a scope that nobody listed, on its way to the project's registry", async () => {
    const result = await ci({
      dependencies: { "@other/x": "1.0.0" },
      admitted: [],
      entries: () => ({ "node_modules/@other/x": { version: "1.0.0" } }),
      files: (canary) => ({ ".npmrc": `@other:registry=${canary}\nnoproxy=127.0.0.1\n` }),
    });
    assert.notEqual(result.status, 0);
    assert.equal(result.refused.length, 1);
    assert.match(result.refused[0] ?? "", /^GET http:\/\/127\.0\.0\.1:\d+\/@other%2fx$/);
    assert.deepEqual(result.installed, []);
  });

  it("fails where a manifest asks for more than was locked", async () => {
    const result = await ci({ ...honest(null), dependencies: { outer: "^1.0.0", evil: "*" } });
    assert.notEqual(result.status, 0);
    assert.deepEqual(result.refused, ["GET /evil"]);
    assert.deepEqual(result.installed, []);
  });
});

describe("npm rebuild", { concurrency: 2 }, () => {
  const leaves = (name: string) => {
    const code = `require('fs').appendFileSync(process.env.INIT_CWD + '/marks', '${name} ' + (process.env.SECRET ?? '') + process.env.NODE_OPTIONS + '\\n')`;
    return { scripts: { install: `node -e "${code}"` } };
  };
  const upper = pack("lib", "1.0.0", leaves("upper"));
  const lower = pack("lib", "2.0.0", leaves("lower"));
  const user = pack("user", "1.0.0", { ...leaves("user"), dependencies: { lib: "^2.0.0" } });
  const native = pack("native", "1.0.0", {}, { "binding.gyp": "{ 'targets': [] }" });

  function prepare() {
    const root = {
      ...{ name: "p", version: "1.0.0", ...leaves("root"), allowScripts: { user: false } },
      dependencies: { lib: "^1.0.0", user: "1.0.0", native: "1.0.0" },
    };
    const npmrc = [`script-shell=${program}`, `node-options=--require=${preload}`, "ignore-scripts=true"];
    return write("project-", {
      "package.json": root,
      ".npmrc": [...npmrc, `node-gyp=${preload}`].join("\n"),
      "node_modules/lib/package.json": upper.manifest,
      "node_modules/user/package.json": user.manifest,
      "node_modules/user/node_modules/lib/package.json": lower.manifest,
      "node_modules/native/package.json": native.manifest,
      "node_modules/native/binding.gyp": "{ 'targets': [] }",
    });
  }

  async function rebuild(...locations: string[]) {
    const project = prepare();
    const cache = write("cache-", {});
    const variables = { ...process.env, SECRET: "leaked", PYTHON: "/no/such/python", NODE_OPTIONS: "--no-warnings" };
    // Without node's headers node-gyp ends at once; without this setting it would fetch them.
    const settings = { nodedir: "/no/such/headers" };
    const common = { npm: await realNpm(), folder: project, cache, settings, variables };
    const outcome = await start(npmRebuild({ ...common, locations }));
    rmSync(cache, { recursive: true });
    assert.ok(!existsSync(mark), "the project's own shell, options or node-gyp were used");
    const marks = path.join(project, "marks");
    return { ...outcome, marks: existsSync(marks) ? readFileSync(marks, "utf8").trim().split("\n") : [] };
  }

  it("runs the script of one copy, and of no other of the same name", async () => {
    const result = await rebuild("node_modules/user/node_modules/lib");
    assert.equal(result.status, 0, result.output);
    assert.deepEqual(result.marks, ["lower undefined"]);
  });

  it("runs what the trust store allows, whatever npm's own list says, with a plain shell and no secrets", async () => {
    const result = await rebuild("node_modules/lib", "node_modules/user");
    assert.equal(result.status, 0, result.output);
    assert.deepEqual(result.marks.sort(), ["upper undefined", "user undefined"]);
  });

  it("builds a package that has a binding.gyp and no script, with npm's own node-gyp", async () => {
    const result = await rebuild("node_modules/native");
    assert.match(result.output, /node-gyp rebuild/);
    assert.deepEqual(result.marks, []);
  });
});
