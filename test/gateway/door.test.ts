import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Door, openDoor, type Visit } from "../../src/gateway/door.js";
import { openCanary } from "./packages.js";
import { ask, askByProxy, credential, raw } from "./talk.js";

describe("the door", () => {
  let door: Door;
  const visits: Visit[] = [];
  const answer = async (visit: Visit) => {
    visits.push(visit);
    if (visit.path[0] === "broken") throw new Error("broken");
    if (visit.path[0] === "secret") return "refused" as const;
    return { status: 200, contentType: "text/plain", body: visit.path.join(" ") };
  };
  before(async () => {
    door = await openDoor(answer);
  });
  after(() => door.close());

  const stranger = () => door.proxyUrl.replace(/\/\/.*@/, "//");
  const forged = () => door.proxyUrl.replace(/:[0-9a-f]{32}@/, `:${"0".repeat(32)}@`);

  it("listens on the loopback only, and carries a token of 128 bits", () => {
    assert.match(door.url, /^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/$/);
    assert.match(door.proxyUrl, /^http:\/\/gateway:[0-9a-f]{32}@127\.0\.0\.1:\d+\/$/);
    assert.ok(!door.bareUrl.includes(new URL(door.url).pathname.slice(1)));
  });

  it("gives another user of the machine nothing, and writes nothing of theirs down", async () => {
    const seen = visits.length;
    assert.equal((await ask(`${door.bareUrl}secret`)).status, 404);
    assert.equal((await ask(`${door.bareUrl}${"0".repeat(32)}/secret`)).status, 404);
    assert.equal((await ask(door.url.slice(0, -2))).status, 404);
    assert.equal((await askByProxy(stranger(), `${door.bareUrl}secret`)).status, 407);
    assert.equal((await askByProxy(forged(), `${door.bareUrl}secret`)).status, 407);
    assert.match(await raw(door.url, "CONNECT registry.example:443 HTTP/1.1\r\nHost: x\r\n\r\n"), /^HTTP\/1.1 407 /);
    assert.equal(visits.length, seen);
    assert.deepEqual(door.refused, []);
  });

  it("opens by the token in the path, or by the proxy's credential", async () => {
    assert.equal((await ask(`${door.url}a/b`)).body.toString(), "a b");
    assert.equal((await askByProxy(door.proxyUrl, `${door.bareUrl}a/b`)).body.toString(), "a b");
    assert.equal((await askByProxy(door.proxyUrl, `${door.url}a/b`)).body.toString(), "a b");
    assert.equal((await ask(`${door.url}@s%2fb//c/`)).body.toString(), "@s b c");
  });

  it("tells each visitor of addresses that are open to it", async () => {
    await ask(`${door.url}a`);
    assert.equal(visits.at(-1)?.base, door.url);
    await askByProxy(door.proxyUrl, `${door.bareUrl}a`);
    assert.equal(visits.at(-1)?.base, door.bareUrl);
  });

  it("refuses what is meant for another host, even on the loopback, and names it without its secrets", async () => {
    const canary = await openCanary();
    const seen = visits.length;
    assert.equal((await askByProxy(door.proxyUrl, `${canary.url}a/-/a.tgz?token=hidden`)).status, 403);
    const other = "http://user:hidden@registry.example/a";
    assert.equal((await askByProxy(door.proxyUrl, other)).status, 403);
    const { "proxy-authorization": secret } = credential(door.proxyUrl);
    const sent = `CONNECT registry.example:443 HTTP/1.1\r\nHost: x\r\nProxy-Authorization: ${secret}\r\n\r\n`;
    assert.match(await raw(door.url, sent), /^HTTP\/1.1 403 /);
    assert.equal((await ask(`${door.url}secret/x`)).status, 403);
    assert.deepEqual(door.refused, [
      `GET ${canary.url}a/-/a.tgz`,
      "GET http://registry.example/a",
      "CONNECT registry.example:443",
      "GET /secret/x",
    ]);
    assert.deepEqual(canary.asked, []);
    assert.equal(visits.length, seen + 1);
    canary.close();
  });

  it("stays up under what is not well formed", async () => {
    assert.equal((await ask(`${door.url}%`)).status, 400);
    assert.equal((await ask(`${door.url}%ff`)).status, 400);
    await raw(door.url, `GET /${"a".repeat(100_000)} HTTP/1.1\r\n\r\n`);
    await raw(door.url, "nonsense\r\n\r\n");
    assert.equal((await ask(`${door.url}broken`)).status, 500);
    assert.equal((await ask(`${door.url}../..//x`)).status, 404);
    assert.equal((await ask(`${door.url}a`)).status, 200);
  });

  it("keeps a bounded list of what it refused", async () => {
    const own = await openDoor(async () => "refused");
    for (let index = 0; index < 600; index++) await ask(`${own.url}${index}${"x".repeat(400)}`);
    assert.equal(own.refused.length, 500);
    assert.ok(own.refused.every((line) => line.length <= 300));
    await own.close();
  });

  it("closes at once, although connections are open and an answer is under way", async () => {
    const own = await openDoor(async () => ({
      status: 200,
      size: 10,
      bytes: (async function* () {
        yield Buffer.from("12345");
        await new Promise(() => {});
      })(),
    }));
    const pending = ask(`${own.url}slow`).catch((error: Error) => error);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await own.close();
    assert.ok((await pending) instanceof Error);
    await assert.rejects(ask(`${own.url}slow`));
  });
});
