import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { type NpmrcOptions, type NpmSettings, readNpmSettings } from "../../src/ecosystem/npmrc.js";
import { diskFiles } from "../../src/files/disk.js";
import type { Environment } from "../../src/model/world.js";
import { unsafeEnvironment } from "../../src/policy/environment.js";

const files = diskFiles();
let folder = "";
const at = (...parts: string[]): string => path.join(folder, ...parts);
const PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

before(async () => {
  folder = await files.makeTemporary("npmrc-");
});
after(() => files.remove(folder));
beforeEach(() => {
  for (const name of ["home", "project", "npm", "node"]) {
    fs.rmSync(at(name), { recursive: true, force: true });
    fs.mkdirSync(at(name));
  }
});

const environment = (variables: Record<string, string>): Environment => ({
  variables,
  platform: process.platform,
  arch: process.arch,
  libc: null,
  homeDirectory: at("home"),
  workingDirectory: at("project"),
  node: at("node", "bin", "node"),
  cores: 1,
});
const project = (...lines: string[]): void => fs.writeFileSync(at("project", ".npmrc"), lines.join("\n"));
const user = (...lines: string[]): void => fs.writeFileSync(at("home", ".npmrc"), lines.join("\n"));
const read = (variables: Record<string, string> = {}, options: NpmrcOptions = {}): Promise<NpmSettings> =>
  readNpmSettings(environment(variables), files, at("project"), options);
const refusals = (settings: NpmSettings): string[] =>
  unsafeEnvironment({}, "linux", settings.origins)
    .filter((finding) => finding.severity === "refuse")
    .map((finding) => finding.says);

describe("npm's settings", () => {
  it("are npm's defaults where nothing is set, and reading them changes nothing around us", async () => {
    const before = JSON.stringify(process.env);
    const settings = await read();
    assert.equal(JSON.stringify(process.env), before);
    assert.equal(new URL(settings.registry).pathname, "/");
    assert.deepEqual(
      { ...settings, settings: { ...settings.settings }, registry: null, scopes: settings.scopes.size },
      {
        registry: null,
        scopes: 0,
        credentials: [],
        ca: [],
        proxy: { https: null, noProxy: [] },
        strictSsl: true,
        replaceRegistryHost: "npmjs",
        omit: [],
        omitLockfileRegistryResolved: false,
        platform: { os: null, cpu: null, libc: null },
        settings: {},
        origins: [],
      },
    );
  });

  it("win in npm's order: command line, environment, project, user, global, npm's own", async () => {
    const layers = ["global", "user", "project", "environment", "command line"];
    fs.writeFileSync(at("npm", "npmrc"), `prefix=${at("node")}\nregistry=https://builtin.example`);
    const put: Record<string, () => void> = {
      global: () => {
        fs.mkdirSync(at("node", "etc"));
        fs.writeFileSync(at("node", "etc", "npmrc"), "registry=https://global.example/x?y#z");
      },
      user: () => user("registry=https://user.example"),
      project: () => project("registry=https://project.example/a/"),
    };
    const seen: string[] = [(await read({}, { npmFolder: at("npm") })).registry];
    for (const layer of layers) {
      put[layer]?.();
      const variables = seen.length >= 4 ? { NPM_CONFIG_REGISTRY: "https://env.example" } : {};
      const flags = seen.length >= 5 ? ["--registry=https://flag.example"] : [];
      seen.push((await read(variables as Record<string, string>, { npmFolder: at("npm"), flags })).registry);
    }
    assert.deepEqual(seen, [
      "https://builtin.example/",
      "https://global.example/x/",
      "https://user.example/",
      "https://project.example/a/",
      "https://env.example/",
      "https://flag.example/",
    ]);
  });

  it("give each scope its registry, and stop at one that is no address rather than fall back to another", async () => {
    project("@acme:registry=https://npm.acme.dev", "@other:registry=$" + "{OTHER}/npm/");
    assert.deepEqual(
      [...(await read({ OTHER: "https://other.example" })).scopes],
      [
        ["@acme", "https://npm.acme.dev/"],
        ["@other", "https://other.example/npm/"],
      ],
    );
    await assert.rejects(read(), { code: "ENVIRONMENT_UNSAFE", at: "@other:registry" });
  });

  it("give credentials with their prefixes, in npm's order of preference", async () => {
    const secret = Buffer.from("pass:word").toString("base64");
    user(
      "//a.example/:_authToken=$" + "{TOKEN}",
      "//a.example/:_auth=bm90:dXNlZA",
      "//b.example/deep/path:username=me",
      `//b.example/deep/path:_password=${secret}`,
      "//c.example:8443/:_auth=Zm9vOmJhcg==",
      "//d.example/:_authToken=$" + "{UNSET}",
      "//e.example/:username=alone",
      "_auth=nobody",
    );
    project("//a.example/:email=x", "//f.example/:_authToken=in-the-repository");
    const settings = await read({ TOKEN: "t0ken" });
    assert.deepEqual(
      [...settings.credentials].sort((a, b) => (a.prefix < b.prefix ? -1 : 1)),
      [
        { prefix: "https://a.example/", authorization: "Bearer t0ken" },
        {
          prefix: "https://b.example/deep/path/",
          authorization: `Basic ${Buffer.from("me:pass:word").toString("base64")}`,
        },
        { prefix: "https://c.example:8443/", authorization: "Basic Zm9vOmJhcg==" },
        { prefix: "https://f.example/", authorization: "Bearer in-the-repository" },
      ],
    );
    assert.match(JSON.stringify(unsafeEnvironment({}, "linux", settings.origins)), /names no registry/);
  });

  it("take authorities and proxies from the person, never from the repository", async () => {
    fs.writeFileSync(at("home", "corp.pem"), PEM);
    fs.writeFileSync(at("project", "evil.pem"), PEM.replace("AAAA", "EVIL"));
    user("cafile=~/corp.pem", `ca[]="${PEM.replaceAll("\n", "\\n")}"`, "https-proxy=http://proxy.example:3128");
    project("cafile=./evil.pem", "ca=EVIL", "https-proxy=http://evil.example", "noproxy=*");
    const settings = await read({ HTTPS_PROXY: "http://other.example", no_proxy: "a.example, .b.example" });
    assert.deepEqual(settings.ca, [PEM.trim(), PEM]);
    assert.deepEqual(settings.proxy, { https: "http://proxy.example:3128/", noProxy: ["a.example", ".b.example"] });
    const told = unsafeEnvironment({}, "linux", settings.origins).map((finding) => finding.says.split(" (")[0]);
    assert.deepEqual(told.sort(), ["ca", "cafile", "https-proxy", "noproxy"]);
  });

  it("resolve a relative cafile from the project, as npm does that runs there", async () => {
    fs.writeFileSync(at("project", "mine.pem"), PEM);
    assert.deepEqual((await read({ npm_config_cafile: "mine.pem" })).ca, [PEM]);
    assert.deepEqual((await read({ npm_config_cafile: "./missing.pem" })).ca, []);
    fs.mkdirSync(at("project", "folder"));
    await assert.rejects(read({ npm_config_cafile: "folder" }), { code: "ENVIRONMENT_UNSAFE" });
  });

  it("take a proxy from the environment, and stop at one that is no address", async () => {
    assert.equal((await read({ https_proxy: "http://p.example:1" })).proxy.https, "http://p.example:1");
    assert.equal((await read({ http_proxy: "http://p.example:1" })).proxy.https, null);
    await assert.rejects(read({ HTTPS_PROXY: "socks5://p.example" }), { code: "ENVIRONMENT_UNSAFE" });
  });

  it("say what is omitted, in all of npm's spellings", async () => {
    assert.deepEqual((await read({ NODE_ENV: "production" })).omit, ["dev"]);
    assert.deepEqual((await read({}, { flags: ["--omit=dev", "--omit", "peer"] })).omit, ["dev", "peer"]);
    assert.deepEqual((await read({}, { flags: ["--production"] })).omit, ["dev"]);
    assert.deepEqual((await read({ NODE_ENV: "production" }, { flags: ["--include=dev"] })).omit, []);
    project("omit[]=dev", "optional=false");
    assert.deepEqual((await read()).omit, ["dev", "optional"]);
    assert.deepEqual((await read({}, { flags: ["--no-optional", "--include=dev"] })).omit, ["optional"]);
  });

  it("are handed on as npm understands them; what runs code or reaches the wire only as the person has set it", async () => {
    user("legacy-peer-deps=true", "python=/usr/bin/python3", "loglevel=warn", "before=2026-01-02", "save-exact=false");
    project("engine-strict=true", "omit-lockfile-registry-resolved=true", "replace-registry-host=always");
    fs.appendFileSync(
      at("project", ".npmrc"),
      "\npython=./evil\nnodedir=./evil\nsave-exact=true\nloglevel=http\ncafile=x",
    );
    const settings = await read({ NPM_CONFIG_fund: "false", npm_config_cpu: "arm64", npm_config__auth: "x" });
    assert.deepEqual(
      { ...settings.settings },
      {
        ...{ "legacy-peer-deps": true, python: "/usr/bin/python3", loglevel: "http", "save-exact": true, fund: false },
        ...{ "engine-strict": true, "omit-lockfile-registry-resolved": true, "replace-registry-host": "always" },
        ...{ before: new Date("2026-01-02"), cpu: "arm64" },
      },
    );
    assert.equal(Object.getPrototypeOf(settings.settings), null);
    assert.equal(settings.omitLockfileRegistryResolved, true);
    assert.equal(settings.replaceRegistryHost, "always");
    assert.deepEqual(settings.platform, { os: null, cpu: "arm64", libc: null });
    assert.equal(refusals(settings).length, 2);
  });
});

describe("ENVIRONMENT_UNSAFE", () => {
  it("names the file and the line, in every spelling that npm takes for false", async () => {
    for (const off of ["false", "0", "null"]) {
      user("fund=false", "; strict-ssl=true", `strict-ssl = ${off}`);
      const settings = await read();
      assert.equal(settings.strictSsl, false, off);
      assert.match(refusals(settings)[0] ?? "", /^strict-ssl is off \(~\/\.npmrc, line 3\)/);
    }
    user("");
    project("", "strict-ssl=false");
    assert.match(refusals(await read())[0] ?? "", /\.npmrc in the project, line 2/);
    project("");
    const variable = await read({ NPM_CONFIG_Strict_SSL: "false" });
    assert.match(refusals(variable)[0] ?? "", /environment variable NPM_CONFIG_Strict_SSL/);
    assert.match(refusals(await read({}, { flags: ["--no-strict-ssl"] }))[0] ?? "", /command line/);
  });

  it("sees strict-ssl=false also where another place wins over it", async () => {
    user("strict-ssl=false");
    const settings = await read({ npm_config_strict_ssl: "true" });
    assert.equal(settings.strictSsl, true);
    assert.equal(refusals(settings).length, 1);
  });

  it("sees what the project runs, also through a key that is put together from variables", async () => {
    for (const line of [
      "git=./evil",
      "script-shell=./evil",
      "node-options=--import ./evil.mjs",
      "node-gyp=./evil.js",
    ]) {
      project(line);
      assert.equal(refusals(await read()).length, 1, line);
    }
    project("$" + "{NOTHING?}script-shell=./evil");
    assert.equal(refusals(await read()).length, 1);
    project('"git" = ./evil');
    assert.equal(refusals(await read()).length, 1);
  });

  it("does not follow a project to other files, and is not kept from reading the project's", async () => {
    fs.writeFileSync(at("project", "planted"), "registry=https://evil.example/");
    fs.mkdirSync(at("project", "etc"));
    fs.writeFileSync(at("project", "etc", "npmrc"), "registry=https://evil.example/");
    user("registry=https://mine.example/");
    for (const line of ["userconfig=./planted", "globalconfig=./planted", "prefix=."]) {
      project(line);
      const settings = await read();
      assert.equal(settings.registry, "https://mine.example/", line);
      assert.equal(refusals(settings).length, 1, line);
    }
    project("global=true", "git=./evil");
    assert.equal(refusals(await read({ npm_config_global: "true", npm_config_location: "global" })).length, 2);
  });

  it("is not stopped by a pipe, a flood or nonsense, and accepts none of them", { timeout: 9000 }, async () => {
    const npmrc = at("project", ".npmrc");
    fs.writeFileSync(npmrc, "#".repeat(1024 * 1024 + 1));
    await assert.rejects(read(), { code: "ENVIRONMENT_UNSAFE", at: npmrc });
    fs.rmSync(npmrc);
    if (process.platform !== "win32") {
      execFileSync("mkfifo", [npmrc]);
      await assert.rejects(read(), { code: "ENVIRONMENT_UNSAFE", at: npmrc });
      fs.rmSync(npmrc);
      fs.symlinkSync("/dev/zero", npmrc);
      await assert.rejects(read(), { code: "ENVIRONMENT_UNSAFE", at: npmrc });
      fs.rmSync(npmrc);
    }
    for (const lines of [
      "[registry]\nx=1",
      "registry[]=https://a.example",
      "__proto__=1",
      "[__proto__]\ngit=x",
      "\0=\0",
    ]) {
      fs.writeFileSync(npmrc, lines);
      const registry = await read().then(
        (settings) => settings.registry,
        (error) => error.code,
      );
      assert.match(registry, /^https:|^ENVIRONMENT_UNSAFE$/);
    }
    fs.writeFileSync(npmrc, "'null'=1");
    await assert.rejects(read(), { code: "ENVIRONMENT_UNSAFE" });
    assert.equal(({} as Record<string, unknown>).git, undefined);
  });

  it("takes every prefix and every bent byte of a file as settings or as an error, and finds nothing in the air", async () => {
    const sample = Buffer.from("omit[]=dev\n//h/:_auth=YQ==\n@s:registry=https://r/\nstrict-ssl=0\n");
    const bent = [...sample.keys()].flatMap((index) => {
      const copy = Buffer.from(sample);
      copy[index] = (copy[index] ?? 0) ^ 0x10;
      return [sample.subarray(0, index), copy];
    });
    for (const bytes of bent) {
      fs.writeFileSync(at("project", ".npmrc"), bytes);
      const settings = await read().catch((error) => {
        assert.equal(error.code, "ENVIRONMENT_UNSAFE", String(error));
        return null;
      });
      assert.equal(settings?.settings["script-shell"], undefined);
      assert.ok(settings === null || settings.strictSsl || refusals(settings).length > 0, bytes.toString());
    }
  });
});
