import assert from "node:assert/strict";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import test, { type TestContext } from "node:test";
import tls from "node:tls";
import { mintAuthority } from "../../registry-fixtures/authority.js";
import { goesDirect, parseProxy, proxySettings } from "../../src/fetch/proxy.js";
import { FETCH_LIMITS } from "../../src/fetch/settings.js";
import { bytesOf, certificate, clientFor, type Listening, listen, SMALL, serve } from "./loopback.js";

const NONE = { httpsProxy: null, proxy: null, noProxy: null };

test("the proxy is npm's setting, else the environment's; HTTP_PROXY is for plain HTTP", () => {
  const variables = {
    HTTPS_PROXY: "http://environment:1",
    NO_PROXY: "a.test, b.test c.test",
    HTTP_PROXY: "http://plain:1",
  };
  assert.deepEqual(proxySettings({}, NONE), { https: null, noProxy: [] });
  assert.deepEqual(proxySettings({ HTTP_PROXY: "http://plain:1" }, NONE), { https: null, noProxy: [] });
  assert.deepEqual(proxySettings(variables, NONE), {
    https: "http://environment:1",
    noProxy: ["a.test", "b.test", "c.test"],
  });
  assert.equal(proxySettings({ ...variables, https_proxy: "http://lower:1" }, NONE).https, "http://lower:1");
  assert.equal(proxySettings({ ...variables, https_proxy: "" }, NONE).https, "http://environment:1");
  const npm = { httpsProxy: "http://npm:1", proxy: "http://older:1", noProxy: "d.test,e.test" };
  assert.deepEqual(proxySettings(variables, npm), { https: "http://npm:1", noProxy: ["d.test", "e.test"] });
  assert.equal(proxySettings(variables, { ...npm, httpsProxy: null }).https, "http://older:1");
  assert.deepEqual(proxySettings(variables, { ...npm, noProxy: ["f.test"] }).noProxy, ["f.test"]);
});

test("NO_PROXY names hosts, domains and addresses, with or without a port", () => {
  const direct = (url: string, ...entries: string[]) => goesDirect(new URL(url), entries);
  for (const entry of [
    "registry.test",
    ".registry.test",
    "*.registry.test",
    "REGISTRY.test",
    "registry.test:443",
    "*",
    "test",
  ]) {
    assert.ok(direct("https://registry.test/", entry), entry);
    assert.ok(direct("https://sub.registry.test/", entry), entry);
  }
  for (const entry of [
    "",
    "egistry.test",
    "registry",
    "other.test",
    "registry.test:8443",
    "registry.test:",
    "**",
    ":443",
  ]) {
    assert.ok(!direct("https://registry.test/", entry), entry);
  }
  assert.ok(!direct("https://notregistry.test/", "registry.test"));
  assert.ok(direct("https://registry.test:8443/", "registry.test:8443"));
  assert.ok(direct("https://127.0.0.1/", "10.0.0.1", "127.0.0.1"));
  assert.ok(direct("https://[::1]/", "::1"));
  assert.ok(direct("https://[::1]:8443/", "[::1]:8443"));
  assert.ok(!direct("https://[::1]/", "::2"));
});

test("a proxy's address is http: or https:, and its password never shown", () => {
  assert.equal(parseProxy(null), null);
  assert.equal(parseProxy(" "), null);
  assert.equal(parseProxy("proxy.test:3128")?.url.href, "http://proxy.test:3128/");
  assert.deepEqual(parseProxy("http://me:p%40ss@proxy.test:3128/"), {
    url: new URL("http://proxy.test:3128/"),
    authorization: `Basic ${Buffer.from("me:p@ss").toString("base64")}`,
  });
  for (const text of ["socks5://me:secret@proxy.test", "file:///proxy", "http://", "http://me:secret@:1"]) {
    assert.throws(
      () => parseProxy(text),
      (error: Error) => !error.message.includes("secret") && /neither http/.test(error.message),
    );
  }
});

interface TestProxy extends Listening {
  /** Targets of CONNECT so far, with the proxy's authorization. */
  readonly asked: string[];
}

/** A proxy that connects every CONNECT to `to` (a port on loopback), wherever the request wanted to go. */
async function proxyTo(t: TestContext, to: number, server: http.Server = http.createServer()): Promise<TestProxy> {
  const asked: string[] = [];
  server.on("connect", (request, socket, head) => {
    asked.push(`${request.url} ${request.headers["proxy-authorization"] ?? "nobody"}`);
    const upstream = net.connect(to, "localhost", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.write(head);
      socket.pipe(upstream).pipe(socket);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  });
  return { ...(await listen(t, server)), asked };
}

test("requests go through the proxy by CONNECT, and its users are named to it alone", async (t) => {
  const seen: (string | undefined)[] = [];
  const server = await serve(t, (request, response) => {
    seen.push(request.headers["proxy-authorization"] as string | undefined);
    response.end("hello");
  });
  const proxy = await proxyTo(t, server.port);
  const client = clientFor(t, { proxy: { https: `http://me:secret@localhost:${proxy.port}`, noProxy: [] } });
  const results = await Promise.all([1, 2, 3].map(() => client.get(server.url, SMALL)));
  for (const result of results) assert.equal(result.ok && result.value.body.toString(), "hello");
  assert.ok(proxy.asked.length >= 1 && proxy.asked.length <= 3);
  const authorization = `Basic ${Buffer.from("me:secret").toString("base64")}`;
  for (const one of proxy.asked) assert.equal(one, `localhost:${server.port} ${authorization}`);
  assert.deepEqual(seen, [undefined, undefined, undefined]);
  const tunnels = proxy.asked.length;
  for (let turn = 0; turn < 5; turn++) assert.ok((await client.get(server.url, SMALL)).ok);
  // A loaded machine may have let one go; that none of five finds a tunnel open can't be chance.
  assert.ok(proxy.asked.length < tunnels + 5, "the tunnels are used again");
});

test("a large answer passes a proxy whole", async (t) => {
  const bytes = Buffer.alloc(2_000_000, "0123456789");
  const server = await serve(t, (_, response) => response.end(bytes));
  const proxy = await proxyTo(t, server.port);
  const client = clientFor(t, { proxy: { https: `http://localhost:${proxy.port}`, noProxy: [] } });
  const result = await client.stream(server.url, { maxBytes: 2_000_000, redirects: [] }, bytesOf);
  assert.ok(result.ok && result.value.equals(bytes));
});

test("NO_PROXY keeps requests away from the proxy", async (t) => {
  const server = await serve(t, (_, response) => response.end("hello"));
  const proxy = await proxyTo(t, server.port);
  const client = clientFor(t, { proxy: { https: `http://localhost:${proxy.port}`, noProxy: ["localhost"] } });
  assert.ok((await client.get(server.url, SMALL)).ok);
  assert.equal(proxy.connections(), 0);
});

test("a proxy that reads along with a certificate of its own is refused", async (t) => {
  const stranger = await (await mintAuthority()).issue({ hosts: ["localhost"] });
  const reader = await serve(t, (_, response) => response.end("tampered"), stranger);
  const server = await serve(t, (_, response) => response.end("hello"));
  const proxy = await proxyTo(t, reader.port);
  const client = clientFor(t, { proxy: { https: `http://localhost:${proxy.port}`, noProxy: [] } });
  const result = await client.get(server.url, SMALL);
  assert.ok(!result.ok);
  assert.equal(result.code, "FETCH_TLS");
  assert.match(result.says, /unknown issuer/);
});

test("a proxy that leads to another host is refused, by name and by address", async (t) => {
  const other = await serve(t, (_, response) => response.end("other"), certificate);
  const proxy = await proxyTo(t, other.port);
  const client = clientFor(t, { proxy: { https: `http://localhost:${proxy.port}`, noProxy: [] } });
  for (const host of ["registry.test", "127.0.0.2", "[::1]"]) {
    const result = await client.get(`https://${host}/`, SMALL);
    assert.ok(!result.ok);
    assert.equal(result.code, "FETCH_TLS");
    assert.match(result.says, /another host/);
  }
  assert.deepEqual(proxy.asked, ["registry.test:443 nobody", "127.0.0.2:443 nobody", "[::1]:443 nobody"]);
  assert.ok((await client.get("https://127.0.0.1/", SMALL)).ok, "the one that the certificate names");
});

test("an https: proxy must prove who it is before it learns anything", async (t) => {
  const server = await serve(t, (_, response) => response.end("hello"));
  const honest = await proxyTo(t, server.port, https.createServer(certificate) as unknown as http.Server);
  const client = clientFor(t, { proxy: { https: `https://localhost:${honest.port}`, noProxy: [] } });
  const through = await client.get(server.url, SMALL);
  assert.equal(through.ok && through.value.body.toString(), "hello");

  const stranger = await (await mintAuthority()).issue({ hosts: ["localhost"] });
  const false_ = await proxyTo(t, server.port, https.createServer(stranger) as unknown as http.Server);
  const deceived = clientFor(t, { proxy: { https: `https://me:secret@localhost:${false_.port}`, noProxy: [] } });
  const result = await deceived.get(server.url, SMALL);
  assert.ok(!result.ok);
  assert.equal(result.code, "FETCH_TLS");
  assert.match(result.says, /the proxy localhost:\d+ showed a certificate of an unknown issuer/);
  assert.deepEqual(false_.asked, []);
});

test("a proxy that refuses, hangs up, talks nonsense or says nothing is no way around it", async (t) => {
  const server = await serve(t, (_, response) => response.end("hello"));
  const cases: [string, (socket: net.Socket) => void, string, RegExp][] = [
    [
      "refuses",
      (socket) => socket.end("HTTP/1.1 407 No\r\ncontent-length: 0\r\n\r\n"),
      "FETCH_FAILED",
      /proxy \S+ answered 407/,
    ],
    ["hangs up", (socket) => socket.destroy(), "FETCH_FAILED", /proxy \S+ broke the connection off/],
    ["nonsense", (socket) => socket.end("HELLO\r\n\r\n"), "FETCH_FAILED", /proxy \S+ did not answer in HTTP/],
    ["nothing", () => {}, "FETCH_TIMEOUT", /proxy \S+ took too long/],
    ["plain text", (socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nhello"), "FETCH_TLS", /does not speak TLS/],
  ];
  const limits = { ...FETCH_LIMITS, attempts: 2, connectMs: 150 };
  for (const [name, answer, code, says] of cases) {
    const proxy = await listen(
      t,
      net.createServer((socket) => {
        socket.on("error", () => {});
        socket.once("data", () => answer(socket));
      }),
    );
    const client = clientFor(t, { limits, proxy: { https: `http://me:secret@localhost:${proxy.port}`, noProxy: [] } });
    const result = await client.get(server.url, SMALL);
    assert.ok(!result.ok, name);
    assert.equal(result.code, code, `${name}: ${result.says}`);
    assert.match(result.says, says);
    assert.doesNotMatch(result.says, /secret/);
    assert.ok(proxy.connections() <= 2, `${name}: ${proxy.connections()} connections`);
  }
  assert.equal(server.connections(), 0, "nobody went there directly");
});

test("a proxy that is not there is named", async (t) => {
  const closed = await new Promise<number>((resolve) => {
    const server = tls.createServer();
    server.listen(0, () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
  const client = clientFor(t, { proxy: { https: `http://localhost:${closed}`, noProxy: [] } });
  const result = await client.get("https://registry.test/", SMALL);
  assert.ok(!result.ok);
  assert.equal(
    result.says,
    `https://registry.test/ could not be reached: the proxy localhost:${closed} refused the connection (4 attempts)`,
  );
});
