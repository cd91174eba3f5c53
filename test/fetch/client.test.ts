import assert from "node:assert/strict";
import net from "node:net";
import test from "node:test";
import { FETCH_LIMITS } from "../../src/fetch/settings.js";
import { bytesOf, clientFor, listen, SMALL, serve, serveRaw } from "./loopback.js";

test("offline, nothing is asked", async (t) => {
  const server = await serve(t, (_, response) => response.end());
  const client = clientFor(t, { offline: true });
  const result = await client.get(server.url, SMALL);
  assert.equal(result.ok || result.code, "FETCH_OFFLINE");
  assert.equal((await client.stream(server.url, SMALL, bytesOf)).ok, false);
  assert.equal(server.connections(), 0);
});

test("what is no address is refused", async (t) => {
  const client = clientFor(t);
  const codes: Record<string, string> = {
    "": "FETCH_FAILED",
    "left-pad": "FETCH_FAILED",
    "//registry.test/": "FETCH_FAILED",
    "https://": "FETCH_FAILED",
    "ftp://registry.test/": "FETCH_INSECURE_URL",
    "file:///etc/passwd": "FETCH_INSECURE_URL",
    "data:,hello": "FETCH_INSECURE_URL",
  };
  for (const [address, code] of Object.entries(codes)) {
    const result = await client.get(address, SMALL);
    assert.equal(result.ok || result.code, code, address);
  }
});

test("line breaks in an address make no second header", async (t) => {
  const seen: string[] = [];
  const server = await serve(t, (request, response) => {
    seen.push(`${request.url} ${request.headers["x-injected"] ?? "clean"}`);
    response.end();
  });
  const client = clientFor(t);
  await client.get(`${server.url}a\r\nx-injected: 1\r\n\r\n`, SMALL);
  await client.get(`${server.url}b HTTP/1.1\r\nx-injected: 1`, SMALL);
  await client.get(`${server.url}c`, { ...SMALL, accept: "text/html\r\nx-injected: 1" });
  await client.get(`${server.url}d`, { ...SMALL, etag: '"x"\r\nx-injected: 1' });
  assert.ok(seen.length >= 1 && seen.every((one) => one.endsWith(" clean")), seen.join("\n"));
});

test("an etag that was kept brings 304, and an odd one is not sent", async (t) => {
  const sent: (string | undefined)[] = [];
  const server = await serve(t, (request, response) => {
    sent.push(request.headers["if-none-match"]);
    if (request.url === "/gone") response.writeHead(404).end();
    else if (request.headers["if-none-match"] === '"one"') {
      response.writeHead(304, { etag: '"one"', ...(request.url === "/long" ? { "content-length": "16" } : {}) }).end();
    } else response.writeHead(200, { etag: '"one"' }).end(request.headers.accept);
  });
  const client = clientFor(t);
  const first = await client.get(server.url, { ...SMALL, accept: "application/json" });
  assert.ok(first.ok);
  assert.deepEqual([first.value.status, first.value.body.toString()], [200, "application/json"]);
  const second = await client.get(server.url, { ...SMALL, etag: first.value.headers.etag ?? "" });
  assert.ok(second.ok);
  assert.deepEqual([second.value.status, second.value.body.length], [304, 0]);
  const long = await client.get(`${server.url}long`, { ...SMALL, etag: '"one"' });
  assert.ok(long.ok, "the length of the body that it does not have is not waited for");
  assert.deepEqual([long.value.status, long.value.body.length], [304, 0]);
  const third = await client.get(server.url, { ...SMALL, etag: "one" });
  assert.equal(third.ok && third.value.status, 200);
  const gone = await client.get(`${server.url}gone`, { ...SMALL, etag: '"one"' });
  assert.equal(gone.ok || gone.status, 404);
  assert.deepEqual(sent, [undefined, '"one"', '"one"', undefined, '"one"']);
});

test("hundreds of requests at once share a few connections", async (t) => {
  const server = await serve(t, (request, response) => response.end(request.url));
  const client = clientFor(t, { connections: 8 });
  const paths = Array.from({ length: 600 }, (_, index) => `p${index}`);
  const results = await Promise.all(paths.map((path) => client.get(server.url + path, SMALL)));
  assert.deepEqual(
    results.map((result) => result.ok && result.value.body.toString()),
    paths.map((path) => `/${path}`),
  );
  assert.ok(server.connections() <= 16, `${server.connections()} connections`);
});

test("hundreds of requests survive a server that breaks off every third", async (t) => {
  const server = await serveRaw(t, (socket, times) => {
    if (times % 3 === 0) socket.destroy();
    else socket.write("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
  });
  const limits = { ...FETCH_LIMITS, attempts: 40 };
  const client = clientFor(t, { connections: 4, limits });
  const results = await Promise.all(Array.from({ length: 120 }, () => client.stream(server.url, SMALL, bytesOf)));
  assert.deepEqual(
    results.filter((result) => !result.ok),
    [],
  );
});

test("when an origin cannot be reached, those that wait for it hear so at once", async (t) => {
  const silent = await listen(t, net.createServer());
  const limits = { ...FETCH_LIMITS, connectMs: 150, attempts: 2 };
  const client = clientFor(t, { limits, connections: 4 });
  const began = performance.now();
  const results = await Promise.all(Array.from({ length: 200 }, () => client.get(silent.url, SMALL)));
  assert.ok(results.every((result) => !result.ok && result.code === "FETCH_TIMEOUT"));
  assert.ok(performance.now() - began < 3000);
  assert.ok(silent.connections() <= 12, `${silent.connections()} connections`);
});

test("an origin that answers is not given up for one request's trouble", async (t) => {
  const server = await serve(t, (request, response) => {
    if (request.url === "/bad") response.writeHead(500).end();
    else response.end("hello");
  });
  const client = clientFor(t);
  assert.ok(!(await client.get(`${server.url}bad`, SMALL)).ok);
  assert.ok((await client.get(`${server.url}good`, SMALL)).ok);
});

test("a host that does not exist, or nothing listens at, is told in words", async (t) => {
  const client = clientFor(t);
  const unknown = await client.get("https://registry.invalid/x?token=secret", SMALL);
  assert.ok(!unknown.ok);
  assert.equal(unknown.code, "FETCH_FAILED");
  assert.match(unknown.says, /^https:\/\/registry\.invalid\/x\?… could not be found/);
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  const refused = await client.get(`https://localhost:${port}/`, SMALL);
  assert.ok(!refused.ok);
  assert.match(refused.says, /refused the connection \(4 attempts\)$/);
});

test("a caller can give up: while it waits, and while it receives", async (t) => {
  const server = await serve(t, (_, response) => response.writeHead(200, { "content-length": "10" }).write("half"));
  const client = clientFor(t, { connections: 1 });
  const control = new AbortController();
  let begun = () => {};
  const receiving = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const wanted = { ...SMALL, signal: control.signal };
  const first = client.stream(server.url, wanted, async (chunks) => {
    for await (const _ of chunks) begun();
  });
  const second = client.get(server.url, wanted);
  await receiving;
  control.abort();
  for (const result of [await first, await second, await client.get(server.url, wanted)]) {
    assert.ok(!result.ok);
    assert.match(result.says, /was given up/);
  }
});

test("closing ends what is under way, and nothing is asked afterwards", async (t) => {
  const server = await serve(t, (_, response) => response.writeHead(200, { "content-length": "10" }).write("half"));
  const client = clientFor(t, { connections: 1 });
  let begun = () => {};
  const receiving = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const first = client.stream(server.url, SMALL, async (chunks) => {
    for await (const _ of chunks) begun();
  });
  const second = client.get(server.url, SMALL);
  await receiving;
  await client.close();
  for (const result of [await first, await second, await client.get(`https://127.0.0.1:${server.port}/`, SMALL)]) {
    assert.ok(!result.ok);
    assert.match(result.says, /the client is closed/);
  }
  assert.equal(server.connections(), 1);
});
