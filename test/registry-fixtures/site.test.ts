import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Answer } from "../../registry-fixtures/delivery.js";
import { type Served, serve } from "../../registry-fixtures/server.js";
import { Site } from "../../registry-fixtures/site.js";
import { get } from "./client.js";

const TEXT = "0123456789".repeat(20);

class Page extends Site {
  protected override answer(path: string): Answer {
    return { status: 200, type: "text/plain", body: Buffer.from(`${path}:${TEXT}`) };
  }
}

const site = new Page();
const WHOLE = `a:${TEXT}`;
let served: Served;

before(async () => {
  served = await serve(site, { plainHttp: true });
});
after(() => served.close());
afterEach(() => site.reset());

const ask = async (path: string, wishes = {}) => {
  const { status, body, complete, headers } = await get(`${served.url}${path}`, wishes);
  return { status, text: body.toString(), complete, headers };
};

test("honest: the whole answer under its length", async () => {
  const { status, text, headers } = await ask("a");
  assert.deepEqual([status, text, headers["content-length"]], [200, WHOLE, String(WHOLE.length)]);
});

test("slow: the same bytes, a little at a time", async () => {
  site.slow(10);
  const begun = performance.now();
  assert.equal((await ask("a")).text, WHOLE);
  assert.ok(performance.now() - begun > 30, "four pieces at 10 ms each");
});

test("endless: far more than the answer, without a length, until the client hangs up", async () => {
  site.endless();
  const { text, headers } = await ask("a", { enough: 1_000_000 });
  assert.ok(text.startsWith(WHOLE) && text.length >= 1_000_000);
  assert.equal(headers["content-length"], undefined);
});

test("cutOff: the connection breaks before what was announced has come", async () => {
  site.cutOff(20);
  const { text, complete, headers } = await ask("a");
  assert.deepEqual([text, complete, headers["content-length"]], [WHOLE.slice(0, 20), false, String(WHOLE.length)]);
});

test("wrongLength: more announced than comes, or less", async () => {
  site.wrongLength(5, { times: 1 });
  const short = await ask("a");
  assert.deepEqual([short.text, short.complete], [WHOLE, false]);
  site.wrongLength(-5);
  const { headers, text } = await ask("a");
  assert.deepEqual([text, headers["content-length"]], [WHOLE.slice(0, -5), String(WHOLE.length - 5)]);
});

test("hang: not even a header; or silence after some bytes", async () => {
  site.hang(null, { times: 1 });
  await assert.rejects(ask("a", { patienceMs: 50 }), /out of patience/);
  site.hang(20);
  const { text, complete } = await ask("a", { patienceMs: 50 });
  assert.deepEqual([text, complete], [WHOLE.slice(0, 20), false]);
});

test("redirect: to an address, or round in circles", async () => {
  site.redirect("https://elsewhere.example/", 301, { times: 1 });
  const away = await ask("a");
  assert.deepEqual([away.status, away.headers.location], [301, "https://elsewhere.example/"]);
  site.redirect((path) => path);
  const round = await ask("a?b");
  assert.deepEqual([round.status, round.headers.location], [302, "/a?b"]);
});

test("status: so many times, and then honest again", async () => {
  site.status(503, { times: 2 });
  const statuses = [(await ask("a")).status, (await ask("a")).status, (await ask("a")).status];
  assert.deepEqual(statuses, [503, 503, 200]);
});

test("html: a login page with status 200", async () => {
  site.html();
  const { status, text, headers } = await ask("a");
  assert.deepEqual([status, headers["content-type"]], [200, "text/html"]);
  assert.match(text, /sign in/);
});

test("a fault may be for some paths only", async () => {
  site.status(500, { on: /\.tgz$/ });
  assert.deepEqual([(await ask("a.tgz")).status, (await ask("a")).status], [500, 200]);
});

test("put: a plain file at its path, until it is taken away", async () => {
  site.put("a/b.tgz.asc", "a signature");
  assert.equal((await ask("a/b.tgz.asc")).text, "a signature");
  site.put("a/b.tgz.asc", null);
  assert.equal((await ask("a/b.tgz.asc")).text, `a/b.tgz.asc:${TEXT}`);
});

test("requireToken: 401 without, the answer with it", async () => {
  site.requireToken("secret");
  const authorization = (value: string) => ({ headers: { authorization: value } });
  assert.equal((await ask("a")).status, 401);
  assert.equal((await ask("a", authorization("Bearer wrong"))).status, 401);
  assert.equal((await ask("a", authorization("Bearer secret"))).status, 200);
});

test("log: what was asked and with which headers, spoiled answers included; reset empties it", async () => {
  site.status(500, { times: 1 });
  await ask("a?b=1", { headers: { authorization: "Bearer secret" } });
  await ask("%40scope%2fc");
  assert.deepEqual(
    site.log.map(({ method, path, headers }) => [method, path, headers.authorization]),
    [
      ["GET", "/a?b=1", "Bearer secret"],
      ["GET", "/%40scope%2fc", undefined],
    ],
  );
  site.reset();
  assert.deepEqual(site.log, []);
});
