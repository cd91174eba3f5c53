import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Finding } from "../../src/model/finding.js";
import { unsafeEnvironment } from "../../src/policy/environment.js";
import { readNodeOptions } from "../../src/policy/node-options.js";
import type { NpmSetting, SettingLevel } from "../../src/policy/npm-settings.js";

const around = (variables: Record<string, string>, platform: NodeJS.Platform = "linux"): readonly Finding[] =>
  unsafeEnvironment(variables, platform, []);
const severities = (findings: readonly Finding[]): string[] => findings.map((one) => one.severity);
const set = (key: string, value: string, level: SettingLevel, known = true): NpmSetting => ({
  key,
  value,
  written: value,
  level,
  where: `${level} place`,
  known,
});
const settings = (...npm: NpmSetting[]): readonly Finding[] => unsafeEnvironment({}, "linux", npm);

describe("ENVIRONMENT_UNSAFE: variables", () => {
  it("refuses NODE_TLS_REJECT_UNAUTHORIZED=0, and names it", () => {
    const [first] = around({ NODE_TLS_REJECT_UNAUTHORIZED: "0" });
    assert.equal(first?.code, "ENVIRONMENT_UNSAFE");
    assert.equal(first?.severity, "refuse");
    assert.match(first?.says ?? "", /NODE_TLS_REJECT_UNAUTHORIZED/);
    assert.deepEqual(severities(around({ node_tls_reject_unauthorized: "0" }, "win32")), ["refuse"]);
    for (const value of ["1", "", "false"]) assert.deepEqual(around({ NODE_TLS_REJECT_UNAUTHORIZED: value }), []);
  });

  it("refuses NODE_OPTIONS that load code, however they are spelled", () => {
    const forms = [
      "--require ./x.js",
      "--require=./x.js",
      "-r ./x.js",
      "-r=./x.js",
      "--import=data:text/javascript,1",
      "--max-old-space-size=4096 --import ./x.mjs",
      "--loader ./x.mjs",
      "--experimental-loader=./x.mjs",
      "--experimental_loader ./x.mjs",
      "--env-file=.env",
      "--env-file-if-exists=.env",
      '"--import" "./a b.mjs"',
      '--im"port"=./x.mjs',
      '"--i\\mport=./x.mjs"',
      "  --import\t./x.mjs",
      "--openssl-config=./engine.cnf",
      "--snapshot-blob=./x",
    ];
    for (const NODE_OPTIONS of forms) assert.deepEqual(severities(around({ NODE_OPTIONS })), ["refuse"], NODE_OPTIONS);
    assert.deepEqual(severities(around({ Node_Options: "--import x" }, "win32")), ["refuse"]);
  });

  it("refuses NODE_OPTIONS that weaken TLS", () => {
    for (const NODE_OPTIONS of ["--tls-keylog=/tmp/keys", "--tls_min_v1.0", "--insecure-http-parser"]) {
      assert.deepEqual(severities(around({ NODE_OPTIONS })), ["refuse"], NODE_OPTIONS);
    }
  });

  it("only notes memory and debugger flags, which are on most desks", () => {
    for (const NODE_OPTIONS of ["--max-old-space-size=8192", "--inspect --enable-source-maps", "--title import"]) {
      assert.deepEqual(severities(around({ NODE_OPTIONS })), ["note"], NODE_OPTIONS);
    }
    assert.deepEqual(around({ NODE_OPTIONS: "" }), []);
  });

  it("takes an option's argument for no option, and joins what quotes join", () => {
    assert.deepEqual(readNodeOptions('--title "a --import b" -C x'), {
      loading: [],
      weakening: [],
      other: ["--title", "-C"],
    });
    assert.deepEqual(readNodeOptions('"--import=\\"x').loading, ['--import="x']);
  });

  it("finds an option that loads code among any others, quoted in any way, and throws at nothing", () => {
    const quoted = (word: string, quote: number): string =>
      quote === 0 ? word : quote === 1 ? `"${word}"` : `${word.slice(0, quote)}"${word.slice(quote)}"`;
    const words = fc.array(fc.stringMatching(/^[a-z=./-]{1,9}$/), { maxLength: 4 });
    fc.assert(
      fc.property(words, words, fc.integer({ min: 0, max: 7 }), (first, last, quote) => {
        const all = [...first, quoted("--import=./x", quote), ...last].join(" ");
        assert.ok(readNodeOptions(all).loading.includes("--import=./x"), all);
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => void readNodeOptions(text)));
  });

  it("refuses a compile cache, where a planted entry runs for honest source", () => {
    assert.deepEqual(severities(around({ NODE_COMPILE_CACHE: "/tmp/cache" })), ["refuse"]);
    assert.deepEqual(around({ NODE_COMPILE_CACHE: "/tmp/cache", NODE_DISABLE_COMPILE_CACHE: "1" }), []);
  });
});

describe("ENVIRONMENT_UNSAFE: npm's settings", () => {
  it("refuses strict-ssl=false wherever it is set, and says where", () => {
    for (const level of ["command-line", "environment", "project", "user", "global", "builtin"] as const) {
      const [first] = settings(set("strict-ssl", "false", level));
      assert.equal(first?.severity, "refuse", level);
      assert.match(first?.says ?? "", new RegExp(`${level} place`));
    }
    assert.deepEqual(settings(set("strict-ssl", "true", "user")), []);
  });

  it("refuses what runs code when the project sets it; a person's own is noted, and not passed on", () => {
    for (const key of ["python", "nodedir"]) {
      assert.deepEqual(severities(settings(set(key, "./evil.sh", "project", false))), ["refuse"], key);
      assert.deepEqual(settings(set(key, "/usr/bin/x", "user", false)), [], key);
    }
    for (const key of ["git", "script-shell", "shell", "node-options", "node-gyp"]) {
      assert.deepEqual(severities(settings(set(key, "./evil.sh", "project"))), ["refuse"], key);
      assert.deepEqual(severities(settings(set(key, "/usr/bin/x", "user"))), ["note"], key);
      assert.deepEqual(severities(settings(set(key, "/usr/bin/x", "environment"))), ["note"], key);
    }
  });

  it("refuses a project that moves npm's folders and settings files", () => {
    const moves = { prefix: ".", userconfig: "./u", globalconfig: "./g", global: "true", location: "global" };
    for (const [key, value] of Object.entries(moves)) {
      assert.deepEqual(severities(settings(set(key, value, "project"))), ["refuse"], key);
      assert.deepEqual(settings(set(key, value, "user")), [], key);
    }
    assert.deepEqual(settings(set("global", "false", "project"), set("location", "project", "project")), []);
  });

  it("says that the project's authorities and proxies are not used", () => {
    for (const key of ["ca", "cafile", "proxy", "https-proxy", "noproxy"]) {
      assert.deepEqual(severities(settings(set(key, "x", "project"))), ["warn"], key);
      assert.deepEqual(settings(set(key, "x", "user")), [], key);
    }
  });

  it("notes what npm does not know but hands to install scripts, and never prints a credential", () => {
    const [first, ...more] = settings(
      set("sass_binary_site", "https://evil.example/", "project", false),
      set("sharp_binary_host", "https://evil.example/", "project", false),
      set("@acme:registry", "https://npm.acme.dev/", "project", false),
      set("__proto__", "x", "user", false),
    );
    assert.equal(first?.severity, "note");
    assert.match(first?.says ?? "", /sass_binary_site, sharp_binary_host/);
    assert.deepEqual(more, []);
    const told = JSON.stringify(
      settings(set("_auth", "SECRET", "user"), set("_authToken", "SECRET", "project", false)),
    );
    assert.match(told, /names no registry/);
    assert.doesNotMatch(told, /SECRET/);
  });
});
