import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { gzipSync } from "node:zlib";
import { FETCH_LIMITS, Refusal } from "../../src/fetch/settings.js";
import { bytesOf, clientFor, SMALL, serve, serveRaw } from "./loopback.js";

const OK = "HTTP/1.1 200 OK\r\n";

test("a body without an end is cut off at the limit", async (t) => {
  let written = 0;
  const server = await serve(t, (_, response) => {
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536))) written += 65_536;
    };
    response.on("drain", more);
    more();
  });
  const client = clientFor(t);
  const result = await client.get(server.url, SMALL);
  assert.ok(!result.ok);
  assert.equal(result.code, "FETCH_TOO_LARGE");
  let received = 0;
  const streamed = await client.stream(server.url, SMALL, async (chunks) => {
    for await (const chunk of chunks) received += chunk.length;
  });
  assert.equal(streamed.ok || streamed.code, "FETCH_TOO_LARGE");
  assert.ok(received <= SMALL.maxBytes);
  assert.ok(written < 20_000_000, `${written} bytes were sent`);
});

test("an announced length above the limit is refused before a byte of it is read", async (t) => {
  const server = await serve(t, (_, response) => {
    response.writeHead(200, { "content-length": "100001" }).flushHeaders();
  });
  let called = 0;
  const result = await clientFor(t).stream(server.url, SMALL, async (chunks) => {
    for await (const _ of chunks) called += 1;
  });
  assert.equal(result.ok || result.code, "FETCH_TOO_LARGE");
  assert.equal(called, 0);
});

test("exactly as much as is allowed is accepted", async (t) => {
  const server = await serve(t, (_, response) => response.end(Buffer.alloc(SMALL.maxBytes)));
  const result = await clientFor(t).get(server.url, SMALL);
  assert.ok(result.ok);
  assert.equal(result.value.body.length, SMALL.maxBytes);
});

test("an endless stream of headers is cut off", async (t) => {
  const server = await serveRaw(t, (socket) => {
    socket.write(OK);
    const more = () => {
      while (!socket.destroyed && socket.write(`x-more: ${"a".repeat(1000)}\r\n`));
    };
    socket.on("drain", more);
    more();
  });
  const result = await clientFor(t).get(server.url, SMALL);
  assert.equal(result.ok || result.code, "FETCH_TOO_LARGE");
});

test("a server that falls silent, before or in its answer, is given up", async (t) => {
  const server = await serve(t, (request, response) => {
    if (request.url === "/half") response.writeHead(200, { "content-length": "10" }).write("half");
  });
  const limits = { ...FETCH_LIMITS, attempts: 1, idleMs: 300 };
  const client = clientFor(t, { limits });
  const [silent, half] = await Promise.all([client.get(server.url, SMALL), client.get(`${server.url}half`, SMALL)]);
  assert.ok(!silent.ok && !half.ok);
  assert.deepEqual([silent.code, half.code], ["FETCH_TIMEOUT", "FETCH_TIMEOUT"]);
  assert.match(silent.says, /did not begin to answer/);
  assert.match(half.says, /stopped in the middle/);
});

test("a server that sends a byte now and then is given up when the whole takes too long", async (t) => {
  const server = await serve(t, (_, response) => {
    response.writeHead(200, { "content-length": "10000" });
    const timer = setInterval(() => response.write("x"), 20);
    response.on("close", () => clearInterval(timer));
  });
  const limits = { ...FETCH_LIMITS, idleMs: 5000, answerMs: 300 };
  const slept: number[] = [];
  const began = performance.now();
  const result = await clientFor(t, { limits, slept }).get(server.url, SMALL);
  assert.ok(!result.ok);
  assert.equal(result.code, "FETCH_TIMEOUT");
  assert.match(result.says, /as a whole/);
  assert.ok(performance.now() - began < 2000);
  assert.deepEqual(slept, [], "the time is over: no second attempt");
});

test("a body shorter than announced is no success", async (t) => {
  const server = await serveRaw(t, (socket) => socket.end(`${OK}content-length: 10\r\n\r\nshort`));
  const client = clientFor(t);
  const result = await client.get(server.url, SMALL);
  assert.equal(result.ok || result.code, "FETCH_FAILED");
  const streamed = await client.stream(server.url, SMALL, async (chunks) => bytesOf(chunks).catch(() => "swallowed"));
  assert.equal(streamed.ok || streamed.code, "FETCH_FAILED", "also where the receiver minds nothing");
});

test("a body cut off between its chunks is no success", async (t) => {
  const server = await serveRaw(t, (socket) => {
    socket.end(`${OK}transfer-encoding: chunked\r\n\r\n5\r\nshort\r\n`);
  });
  const result = await clientFor(t).get(server.url, SMALL);
  assert.equal(result.ok || result.code, "FETCH_FAILED");
});

test("bytes beyond the announced length reach nobody, and no later answer", async (t) => {
  const server = await serveRaw(t, (socket, times) => {
    const extra = `${OK}content-length: 4\r\n\r\nevil`;
    socket.write(`${OK}content-length: 5\r\n\r\nfirst${times === 1 ? extra : ""}`);
  });
  const client = clientFor(t, { connections: 1 });
  for (let times = 0; times < 3; times += 1) {
    const result = await client.get(server.url, SMALL);
    assert.equal(result.ok && result.value.body.toString(), "first");
  }
});

test("two lengths, or a length beside chunks, are refused", async (t) => {
  const forms: Record<string, string> = {
    "/two": "content-length: 5\r\ncontent-length: 4\r\n\r\nfirst",
    "/list": "content-length: 5, 4\r\n\r\nfirst",
    "/both": "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\n\r\n",
    "/sign": "content-length: +5\r\n\r\nfirst",
    "/hex": "content-length: 0x5\r\n\r\nfirst",
  };
  for (const [name, form] of Object.entries(forms)) {
    const server = await serveRaw(t, (socket) => socket.end(OK + form));
    const result = await clientFor(t).get(server.url, SMALL);
    assert.equal(result.ok || result.code, "FETCH_FAILED", name);
  }
});

test("a garbage status line is refused, at once", async (t) => {
  for (const line of [
    "HELLO\r\n\r\n",
    "HTTP/1.1 2000 OK\r\n\r\n",
    "HTTP/1.1 abc\r\n\r\n",
    "\0\0\0\r\n\r\n",
    "SSH-2.0-x\r\n",
  ]) {
    const slept: number[] = [];
    const server = await serveRaw(t, (socket) => socket.end(line));
    const result = await clientFor(t, { slept }).get(server.url, SMALL);
    assert.ok(!result.ok, line);
    assert.equal(result.code, "FETCH_FAILED", line);
    assert.match(result.says, /did not answer in HTTP/);
    assert.deepEqual(slept, []);
  }
});

test("an answer without a promise of its length ends with the connection", async (t) => {
  const server = await serveRaw(t, (socket) => socket.end("HTTP/1.0 200 OK\r\n\r\nhello"));
  const result = await clientFor(t).get(server.url, SMALL);
  assert.equal(result.ok && result.value.body.toString(), "hello");
});

test("identity is asked for; what is encoded all the same is never inflated", async (t) => {
  const bomb = gzipSync(Buffer.alloc(50_000_000));
  assert.ok(bomb.length < SMALL.maxBytes);
  let asked: string | undefined;
  const server = await serve(t, (request, response) => {
    asked = request.headers["accept-encoding"] as string | undefined;
    response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
  });
  const client = clientFor(t);
  const result = await client.get(server.url, SMALL);
  assert.equal(asked, "identity");
  assert.ok(!result.ok);
  assert.equal(result.code, "FETCH_FAILED");
  assert.match(result.says, /encoding that was not asked for \(gzip\)/);
  // Some servers call a .tgz "encoded": a tarball's bytes are taken as they come, and its digest decides.
  const streamed = await client.stream(server.url, SMALL, async (chunks) => bytesOf(chunks));
  assert.ok(streamed.ok);
  assert.deepEqual(streamed.value, bomb);
});

test("HTML in the place of JSON is handed on as it is: reading it is the caller's", async (t) => {
  const server = await serve(t, (_, response) => {
    response.writeHead(200, { "content-type": "text/html", "set-cookie": "a=b", __proto__: "x" }).end("<html>");
  });
  const result = await clientFor(t).get(server.url, SMALL);
  assert.ok(result.ok);
  assert.equal(result.value.status, 200);
  assert.equal(result.value.body.toString(), "<html>");
  assert.equal(result.value.headers["content-type"], "text/html");
  assert.equal(Object.getPrototypeOf(result.value.headers), null);
});

test("a large answer arrives whole, in pieces", async (t) => {
  const bytes = Buffer.alloc(3_000_000, "0123456789");
  const server = await serve(t, (_, response) => response.end(bytes));
  const result = await clientFor(t).stream(server.url, { maxBytes: 3_000_000, redirects: [] }, async (chunks) => {
    const hash = createHash("sha256");
    for await (const chunk of chunks) hash.update(chunk);
    return hash.digest("hex");
  });
  assert.equal(result.ok && result.value, createHash("sha256").update(bytes).digest("hex"));
});

test("a receiver's refusal is final: a wrong digest is not asked for again", async (t) => {
  let asked = 0;
  const server = await serve(t, (_, response) => {
    asked += 1;
    response.end("tampered");
  });
  const result = await clientFor(t).stream(server.url, SMALL, async (chunks) => {
    await bytesOf(chunks);
    throw new Refusal("DIGEST_MISMATCH", "these are not the bytes");
  });
  assert.deepEqual(result, { ok: false, code: "DIGEST_MISMATCH", says: "these are not the bytes", status: null });
  assert.equal(asked, 1);
});

test("a receiver's own error, such as a full disk, comes out as it is", async (t) => {
  const server = await serve(t, (_, response) => response.end("hello"));
  const full = new Error("no space left");
  await assert.rejects(
    clientFor(t).stream(server.url, SMALL, async () => {
      throw full;
    }),
    full,
  );
});
