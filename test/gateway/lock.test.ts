import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import {
  type LockGateway,
  openLockGateway,
  type TarballRequest,
  type UpstreamRequest,
} from "../../src/gateway/lock.js";
import { npmLock } from "../../src/installer/npm.js";
import { realNpm, start } from "../installer/real-npm.js";
import { openCanary, pack, write } from "./packages.js";
import { ask, askByProxy } from "./talk.js";

const PUBLISHED = [
  pack("aaa", "1.0.0"),
  pack("aaa", "1.2.0", { dependencies: { "@sc_ope/b": "^1.0.0" }, bin: "index.js", engines: { node: ">=1" } }),
  pack("@sc_ope/b", "1.0.1", { peerDependencies: { ccc: "*" } }),
  pack("ccc", "3.0.0", { os: ["linux", "darwin", "win32"], hasInstallScript: true }),
  pack("maybe", "1.0.0", { optionalDependencies: { missing: "1", ccc: "3" } }),
  pack(
    "bundler",
    "1.0.0",
    { bundleDependencies: ["inner"], dependencies: { inner: "1", ccc: "^3" } },
    { "node_modules/inner/package.json": JSON.stringify({ name: "inner", version: "1.0.0" }) },
  ),
];

/** A registry below a path, as it would be on the network. */
async function openUpstream() {
  const server = createServer((request, response) => {
    const url = decodeURIComponent(request.url ?? "");
    const [, name = "", file] = /^\/npm\/((?:@[^/]+\/)?[^/]+)(?:\/-\/(.+))?$/.exec(url) ?? [];
    const found = PUBLISHED.filter((item) => item.name === name && (file ?? item.filename) === item.filename);
    if (found[0] === undefined) return response.writeHead(404, { "content-type": "application/json" }).end("{}");
    if (file !== undefined) return response.end(found[0].bytes);
    const dist = (item: (typeof found)[0]) => ({
      ...{ tarball: `${at}${item.name}/-/${item.filename}`, integrity: item.integrity },
    });
    const versions = Object.fromEntries(found.map((item) => [item.version, { ...item.manifest, dist: dist(item) }]));
    const latest = found.at(-1)?.version;
    response.setHeader("content-type", "application/json");
    return response.end(JSON.stringify({ name, "dist-tags": { latest }, versions }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}/npm/`;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: at, close };
}

describe("the gateway of the lock step", () => {
  const asked: UpstreamRequest[] = [];
  const tarballs: TarballRequest[] = [];
  let upstream: Awaited<ReturnType<typeof openUpstream>>;
  let gateway: LockGateway;
  before(async () => {
    upstream = await openUpstream();
    gateway = await openLockGateway({
      routes: [
        { scope: null, registry: upstream.url },
        { scope: "@sc_ope", registry: `${upstream.url}?scoped` },
      ],
      upstream: async (request) => {
        asked.push(request);
        if (request.name === "broken") throw new Error("no route to host");
        const { status, body, type } = await ask(upstream.url + request.name.replace("/", "%2f"));
        return { status, body, contentType: type };
      },
      tarball: async (request) => {
        tarballs.push(request);
        const found = PUBLISHED.find((item) => item.name === request.name && item.filename === request.filename);
        return found === undefined ? null : { size: found.size, bytes: found.open() };
      },
    });
  });
  after(async () => {
    await gateway.close();
    upstream.close();
  });

  const get = (path: string, method = "GET") => {
    const url = new URL(path, gateway.routes[0]?.url).href;
    return askByProxy(gateway.proxyUrl, url, { method, headers: { accept: "application/vnd.npm.install-v1+json" } });
  };

  it("asks the registry of the route, for what npm asked for, and passes the answer on as it came", async () => {
    const direct = await ask(`${upstream.url}aaa`);
    const got = await get("aaa");
    assert.deepEqual([got.status, got.type, got.body.toString()], [200, direct.type, direct.body.toString()]);
    await get("/1/@sc_ope%2fb");
    assert.deepEqual(asked.splice(0), [
      { registry: upstream.url, name: "aaa", accept: "application/vnd.npm.install-v1+json" },
      { registry: `${upstream.url}?scoped`, name: "@sc_ope/b", accept: "application/vnd.npm.install-v1+json" },
    ]);
    assert.equal((await get("absent")).status, 404);
  });

  it("tells npm why a registry could not be asked", async () => {
    const got = await get("broken");
    assert.equal(got.status, 424);
    assert.match(got.body.toString(), /could not be asked for broken: no route to host/);
  });

  it("refuses whatever is not metadata, and audits without a word", async () => {
    for (const path of ["aaa/1.0.0", "/7/aaa", "/aaa", "/", "/0/", "none/-/none-1.0.0.tgz"]) {
      assert.equal((await get(path)).status, 403, path);
    }
    assert.equal((await get("aaa", "PUT")).status, 403);
    assert.equal((await get("-/npm/v1/security/advisories/bulk", "POST")).status, 404);
    assert.equal((await get("-/npm/v1/security/audits/quick", "POST")).status, 404);
    assert.equal((await askByProxy(gateway.proxyUrl, "http://other.example/aaa")).status, 403);
    assert.deepEqual(gateway.refused, [
      ...["GET /0/aaa/1.0.0", "GET /7/aaa", "GET /aaa", "GET /", "GET /0", "GET /0/none/-/none-1.0.0.tgz"],
      ...["PUT /0/aaa", "GET http://other.example/aaa"],
    ]);
    assert.equal((await ask(gateway.routes[0]?.url ?? "")).status, 404);
  });

  const lockBoth = async (specs: readonly string[], omitResolved: boolean) => {
    const npm = await realNpm();
    const canary = await openCanary();
    const files = {
      "package.json": { name: "p", version: "1.0.0", workspaces: ["w"], license: "MIT" },
      "w/package.json": { name: "w", version: "1.0.0", dependencies: { ccc: "3" } },
    };
    const plain = write("plain-", files);
    const sealed = write("sealed-", { ...files, ".npmrc": `registry=${canary.url}\n@sc_ope:registry=${canary.url}\n` });
    const settings = { "omit-lockfile-registry-resolved": omitResolved };
    const common = { npm, variables: process.env, extra: [], saving: ["--save-exact"], specs };
    const command = npmLock({
      ...{ ...common, folder: sealed, cache: write("cache-", {}), settings },
      ...{ gateway, routes: gateway.routes },
    });
    const flags = [`--registry=${upstream.url}`, `--omit-lockfile-registry-resolved=${omitResolved}`, "--save-exact"];
    // npm 12.2 by itself refuses to look into a bundler's tarball when it only locks.
    if (npm.knows("allow-remote")) flags.push("--allow-remote=all");
    const quiet = ["--no-audit", "--no-update-notifier", "--ignore-scripts", `--cache=${write("cache-", {})}`];
    const args = [npm.cli, "install", "--package-lock-only", ...flags, ...quiet, ...specs];
    const env = { PATH: process.env.PATH ?? "", HOME: plain };
    const [one, two] = await Promise.all([start({ ...command, cwd: plain, args, env }), start(command)]);
    canary.close();
    const read = (folder: string) =>
      ["package.json", "package-lock.json"].map((name) => readFileSync(path.join(folder, name), "utf8"));
    return { one, two, plain: read(plain), sealed: read(sealed), canary: canary.asked };
  };

  it("lets npm write what plain npm would have written, with the real addresses", async () => {
    const { one, two, plain, sealed, canary } = await lockBoth(["aaa", "ccc@3", "maybe"], false);
    assert.equal(one.status, 0, one.output);
    assert.equal(two.status, 0, two.output);
    assert.deepEqual(sealed, plain);
    assert.ok(sealed[1]?.includes(`"resolved": "${upstream.url}@sc_ope/b/-/b-1.0.1.tgz"`));
    assert.deepEqual(canary, []);
    assert.deepEqual(tarballs.splice(0), [{ registry: upstream.url, name: "none", filename: "none-1.0.0.tgz" }]);
  });

  it("leaves the addresses out where the user's npm does, and gives out the tarball of a bundler", async () => {
    const { one, two, plain, sealed } = await lockBoth(["aaa", "bundler"], true);
    assert.equal(one.status, 0, one.output);
    assert.equal(two.status, 0, two.output);
    assert.deepEqual(sealed, plain);
    assert.ok(sealed[1]?.includes('"inBundle": true'));
    assert.ok(!sealed[1]?.includes('resolved": "http'));
    assert.deepEqual(tarballs, [{ registry: upstream.url, name: "bundler", filename: "bundler-1.0.0.tgz" }]);
  });
});
