import assert from "node:assert/strict";
import path from "node:path";
import { describe, it } from "node:test";
import { type CiRequest, npmCi, npmLock, npmRebuild, scopesOf } from "../../src/installer/npm.js";
import { installerEnvironment, scriptEnvironment } from "../../src/installer/npm-environment.js";
import type { Npm } from "../../src/installer/npm-find.js";
import { extraFlags } from "../../src/installer/npm-options.js";
import { StopError } from "../../src/model/finding.js";

const npm: Npm = { node: "/n/node", cli: "/n/npm-cli.js", nodeGyp: "/n/gyp.js", version: "11.0.0", knows: () => true };
const registry = { bareUrl: "http://127.0.0.1:1/", proxyUrl: "http://gateway:secret@127.0.0.1:1/" };
const common = { npm, folder: "/p", cache: "/c", settings: {}, variables: {}, extra: [] };
const request: CiRequest = { ...common, registry, scopes: ["@a", "@b"], omit: ["dev"], sources: new Set() };

const usage = (error: unknown) => error instanceof StopError && error.code === "USAGE";
const bug = (error: unknown) => error instanceof StopError && error.code === "INTERNAL";

describe("npm's commands", () => {
  it("keep the secret off the command line, where everyone could read it", () => {
    for (const command of [npmCi(request), lock({})]) {
      assert.ok(!command.args.join(" ").includes("secret"));
      assert.equal(command.env.npm_config_https_proxy, registry.proxyUrl);
      assert.equal(command.env.npm_config_proxy, registry.proxyUrl);
      assert.equal(command.file, "/n/node");
      assert.equal(command.args[0], "/n/npm-cli.js");
    }
  });

  it("send every scope to the sealed registry", () => {
    const { args } = npmCi(request);
    for (const key of ["registry", "@a:registry", "@b:registry"])
      assert.ok(args.includes(`--${key}=${registry.bareUrl}`));
    assert.deepEqual(scopesOf(["a", "@s/b", "@s/c", "@t/d"]), ["@s", "@t"]);
  });

  it("pass on how npm is to behave, and leave out all that reaches out, runs something, or makes another tree", () => {
    const harmless = { "legacy-peer-deps": true, "bin-links": false, os: null };
    const harmful = {
      ...{ registry: "http://x/", git: "/x", "script-shell": "/x", "ignore-scripts": false, cafile: "/x", ca: "x" },
      ...{ "install-strategy": "nested", workspace: ["x"], "install-links": true },
      ...{ "//host/:_authToken": "x", proxy: "http://x/", "@a:registry": "http://x/", "node-options": "-r x" },
    };
    const { args } = npmCi({ ...request, settings: { ...harmless, ...harmful } });
    const given = [
      "--legacy-peer-deps=true",
      "--bin-links=false",
      "--install-strategy=hoisted",
      "--install-links=false",
    ];
    for (const flag of given) assert.ok(args.includes(flag), flag);
    assert.ok(!args.includes("--install-strategy=nested"));
    assert.ok(!args.some((argument) => /x$|http:\/\/x|os=/.test(argument)), args.join(" "));
  });

  it("let the seal come after all that was asked for, for npm takes the last of two", () => {
    const { args } = npmCi({ ...request, extra: ["--loglevel=warn"], settings: { loglevel: "silly" } });
    assert.ok(args.indexOf("--loglevel=silly") < args.indexOf("--loglevel=warn"));
    assert.ok(args.indexOf("--loglevel=warn") < args.indexOf("--ignore-scripts=true"));
  });

  it("give an npm only the settings that it knows: npm 12 refuses others", () => {
    const old = { ...npm, knows: (option: string) => !/^allow-|^dangerously|^ignore-extension/.test(option) };
    const { args } = npmCi({ ...request, npm: old });
    assert.ok(!args.some((argument) => /^--(allow-|dangerously|ignore-extension)/.test(argument)));
    assert.ok(npmCi(request).args.includes("--allow-git=none"));
    assert.ok(npmCi(request).args.includes("--allow-file=none"));
    assert.ok(npmCi({ ...request, sources: new Set(["file"]) }).args.includes("--allow-file=all"));
  });

  it("refuse after -- whatever is not known to leave the seal whole", () => {
    const breaking = [
      ...["--registry=http://x/", "--reg=http://x/", "--@a:registry=http://x/", "--ignore-scripts=false"],
      ...["--no-ignore-scripts", "--cache=/x", "--userconfig=/x", "--script-shell=/x", "--git=/x", "--prefix=/x", "-C"],
      ...["--foreground-scripts", "--global", "-g", "--omit=dev", "--include=dev", "--force", "-f", "--dry-run"],
      ...["--proxy=http://x/", "--noproxy=x", "--cafile=/x", "--no-strict-ssl", "--offline", "--package-lock=false"],
      ...["left-pad", "--", "--loglevel", "--audit", "--allow-git=all", "", "--json=", "--progress=x"],
    ];
    for (const argument of breaking) assert.throws(() => npmCi({ ...request, extra: [argument] }), usage, argument);
    assert.deepEqual(extraFlags(["--loglevel=silly", "-s", "--json"]), ["--loglevel=silly", "-s", "--json"]);
  });

  const lock = (more: { readonly specs?: readonly string[]; readonly saving?: readonly string[] }) =>
    npmLock({
      ...{ ...common, specs: [], saving: [], ...more, gateway: registry },
      routes: [{ scope: null, url: `${registry.bareUrl}0/` }],
    });

  it("lock what was asked for, saved as it was asked for, and take no flag for a package", () => {
    const { args, seal } = lock({ specs: ["a@1", "@s/b"], saving: ["--save-dev", "--workspace=web"] });
    assert.equal(seal, "lock-only");
    assert.deepEqual(args.slice(-3), ["--", "a@1", "@s/b"]);
    assert.ok(
      args.includes("--save-dev") && args.includes("--workspace=web") && args.includes("--package-lock-only=true"),
    );
    assert.throws(() => lock({ specs: ["--registry=http://x/"] }), usage);
    for (const flag of ["--save-dev=x", "--registry=x", "-g", "--workspace", "-w"]) {
      assert.throws(() => lock({ saving: [flag] }), usage, flag);
    }
  });

  it("lock with the user's own rules of what is resolved, and how it is written", () => {
    const rules = { before: new Date(0), "min-release-age": 3, "omit-lockfile-registry-resolved": true, tag: "next" };
    const request = { ...common, specs: [], saving: [], gateway: registry, routes: [] };
    const { args } = npmLock({ ...request, settings: { ...rules, "package-lock": false, cache: "/x", git: "/x" } });
    const given = ["--tag=next", "--before=1970-01-01T00:00:00.000Z", "--min-release-age=3"];
    assert.deepEqual(args.slice(2, 6), [...given, "--omit-lockfile-registry-resolved=true"]);
    assert.ok(!args.some((argument) => /\/x$|^--package-lock=false$/.test(argument)));
  });

  it("rebuild nothing but named places", () => {
    const rebuild = (...locations: string[]) => npmRebuild({ ...common, locations });
    assert.deepEqual(rebuild("node_modules/a", "w/node_modules/@s/b").args.slice(-3), [
      ...["--", "./node_modules/a", "./w/node_modules/@s/b"],
    ]);
    assert.ok(!("npm_config_proxy" in rebuild("node_modules/a").env));
    assert.throws(() => rebuild(), bug);
    for (const wrong of ["a", "../node_modules/a", "node_modules", "node_modules/a/../../x", "/node_modules/a", "w"]) {
      assert.throws(() => rebuild(wrong), bug, wrong);
    }
  });
});

describe("npm's environment", () => {
  it("holds what a program needs to run, and no more", () => {
    const needed = { PATH: "/bin", HOME: "/h", SystemRoot: "C:\\Windows", LC_ALL: "C", TMPDIR: "/t" };
    const harmful = {
      ...{ npm_config_registry: "x", NPM_CONFIG_GIT: "x", NODE_OPTIONS: "x", NODE_PATH: "x", LD_PRELOAD: "x" },
      ...{ BASH_ENV: "x", DYLD_INSERT_LIBRARIES: "x", COREPACK_ROOT: "x", NODE_TLS_REJECT_UNAUTHORIZED: "0" },
      ...{ HTTPS_PROXY: "x", no_proxy: "x", PREFIX: "x", DESTDIR: "x", NODE_ENV: "production", NPM_TOKEN: "x" },
      ...{ GIT_SSH_COMMAND: "x", NODE_COMPILE_CACHE: "x", EDITOR: "x", UNSET: undefined },
    };
    const expected = { ...needed, NODE_DISABLE_COMPILE_CACHE: "1" };
    assert.deepEqual(installerEnvironment({ ...needed, ...harmful }, "/project"), expected);
  });

  it("takes relative entries and the project's own folders out of PATH", () => {
    const PATH = ["/project/node_modules/.bin", "", ".", "bin", "/project", "/usr/bin", "/project2/bin"].join(
      path.delimiter,
    );
    assert.equal(installerEnvironment({ PATH }, "/project").PATH, ["/usr/bin", "/project2/bin"].join(path.delimiter));
  });

  it("shows scripts the tool chain and the proxies, and no secrets", () => {
    const seen = { CC: "clang", https_proxy: "http://proxy/", PYTHON: "/p" };
    const secret = { GITHUB_TOKEN: "x", AWS_SECRET_ACCESS_KEY: "x", NODE_AUTH_TOKEN: "x", npm_config__auth: "x" };
    assert.deepEqual(scriptEnvironment({ ...seen, ...secret }, "/project"), {
      ...seen,
      NODE_DISABLE_COMPILE_CACHE: "1",
    });
  });

  it("carries the user's tool chain settings to node-gyp as variables", () => {
    const settings = { nodedir: "/n", python: "", "https-proxy": "http://p/", "build-from-source": true, _auth: "x" };
    const { env, args } = npmRebuild({ ...common, settings, locations: ["node_modules/a"] });
    const { NODE_DISABLE_COMPILE_CACHE: _, ...carried } = env;
    const expected = { npm_config_nodedir: "/n", npm_config_https_proxy: "http://p/" };
    assert.deepEqual(carried, { ...expected, npm_config_build_from_source: "true" });
    assert.ok(
      args.includes("--script-shell=") && args.includes("--node-options=") && args.includes("--node-gyp=/n/gyp.js"),
    );
  });
});
