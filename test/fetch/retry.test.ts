import assert from "node:assert/strict";
import test from "node:test";
import { parseRetryAfter, pauseBefore, statusTrouble } from "../../src/fetch/retry.js";
import { FETCH_LIMITS } from "../../src/fetch/settings.js";
import { bytesOf, clientFor, SMALL, serve, serveRaw } from "./loopback.js";

const NOW = Date.parse("2026-08-17T00:00:00Z");

test("Retry-After is seconds or a date, and nothing else", () => {
  assert.equal(parseRetryAfter("0", NOW), 0);
  assert.equal(parseRetryAfter("120", NOW), 120_000);
  assert.equal(parseRetryAfter("Mon, 17 Aug 2026 00:01:00 GMT", NOW), 60_000);
  assert.equal(parseRetryAfter("Sun, 16 Aug 2026 00:00:00 GMT", NOW), 0);
  for (const text of [
    undefined,
    "",
    "-1",
    "1.5",
    "1e9",
    "Infinity",
    "soon",
    "99999999999",
    "2026-08-18",
    "Mon, 99 Aug 2026 00:00:00 GMT",
  ]) {
    assert.equal(parseRetryAfter(text, NOW), null, text);
  }
});

test("pauses grow, never fall below what the server asks, and end", () => {
  const busy = statusTrouble(503, undefined, NOW);
  const pauses = [1, 2, 3, 4].map((made) => pauseBefore(made, busy, FETCH_LIMITS, 1));
  assert.deepEqual(pauses, [500, 1000, 2000, null]);
  assert.equal(pauseBefore(1, busy, FETCH_LIMITS, 0), 375);
  assert.equal(pauseBefore(1, statusTrouble(429, "7", NOW), FETCH_LIMITS, 0), 7000);
  assert.equal(pauseBefore(1, statusTrouble(429, "60", NOW), FETCH_LIMITS, 0), 60_000);
  assert.equal(pauseBefore(1, statusTrouble(429, "61", NOW), FETCH_LIMITS, 0), null);
});

test("only what may pass is tried again", () => {
  const again = (status: number) => pauseBefore(1, statusTrouble(status, undefined, NOW), FETCH_LIMITS, 0) !== null;
  assert.deepEqual(
    [408, 429, 500, 502, 503, 504, 522].map(again),
    Array.from({ length: 7 }, () => true),
  );
  assert.deepEqual([201, 204, 206, 304, 400, 401, 403, 404, 410, 451, 501, 505].filter(again), []);
});

test("a server that is busy once is asked again", async (t) => {
  let asked = 0;
  const server = await serve(t, (_, response) => {
    asked += 1;
    if (asked === 1) response.writeHead(503, { "retry-after": "2" }).end("busy");
    else response.end("hello");
  });
  const slept: number[] = [];
  const result = await clientFor(t, { slept }).get(server.url, SMALL);
  assert.equal(result.ok && result.value.body.toString(), "hello");
  assert.deepEqual(slept, [2000]);
});

test("a server that stays busy is given up after four attempts", async (t) => {
  let asked = 0;
  const server = await serve(t, (_, response) => {
    asked += 1;
    response.writeHead(500).end();
  });
  const slept: number[] = [];
  const result = await clientFor(t, { slept }).get(server.url, SMALL);
  assert.ok(!result.ok);
  assert.deepEqual([result.code, result.status], ["FETCH_FAILED", 500]);
  assert.equal(result.says, `${server.url} answered 500 (4 attempts)`);
  assert.equal(asked, 4);
  assert.equal(slept.length, 3);
});

test("a huge Retry-After does not hold the run up", async (t) => {
  let asked = 0;
  const server = await serve(t, (_, response) => {
    asked += 1;
    response.writeHead(429, { "retry-after": "86400" }).end();
  });
  const slept: number[] = [];
  const result = await clientFor(t, { slept }).get(server.url, SMALL);
  assert.ok(!result.ok);
  assert.deepEqual([result.code, result.status], ["FETCH_FAILED", 429]);
  assert.match(result.says, /it asks to wait 86400 s/);
  assert.deepEqual([asked, slept], [1, []]);
});

test("what is not there is not asked for again, and its status is told", async (t) => {
  for (const status of [404, 410, 403]) {
    let asked = 0;
    const server = await serve(t, (_, response) => {
      asked += 1;
      response.writeHead(status).end("nothing here");
    });
    const result = await clientFor(t).get(server.url, SMALL);
    assert.ok(!result.ok);
    assert.deepEqual([result.code, result.status, asked], ["FETCH_FAILED", status, 1]);
  }
});

test("a success that is none of ours (201, 204, 206, an unasked 304) is refused", async (t) => {
  for (const status of [201, 204, 206, 304]) {
    const server = await serve(t, (_, response) => response.writeHead(status).end());
    const result = await clientFor(t).get(server.url, SMALL);
    assert.ok(!result.ok);
    assert.equal(result.status, status);
  }
});

test("a connection broken off in the middle is tried again, and the receiver starts anew", async (t) => {
  const server = await serveRaw(t, (socket, times) => {
    socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n");
    if (times === 1) socket.write("01234", () => socket.destroy());
    else socket.write("0123456789");
  });
  const attempts: string[] = [];
  const result = await clientFor(t).stream(server.url, SMALL, async (chunks) => {
    const index = attempts.push("") - 1;
    for await (const chunk of chunks) attempts[index] += Buffer.from(chunk).toString();
    return attempts[index];
  });
  assert.deepEqual(result, { ok: true, value: "0123456789" });
  assert.deepEqual(attempts, ["01234", "0123456789"]);
});

test("a connection reset before the answer is tried again", async (t) => {
  const server = await serveRaw(t, (socket, times) => {
    if (times <= 2) socket.destroy();
    else socket.write("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
  });
  const result = await clientFor(t).stream(server.url, SMALL, bytesOf);
  assert.equal(result.ok && result.value.toString(), "hello");
});
