import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import test from "node:test";
import fc from "fast-check";
import { credentialAlong, credentialFor } from "../../src/fetch/credentials.js";
import { bytesOf, clientFor, SMALL, serve } from "./loopback.js";

const team = { prefix: "https://registry.test/team/", authorization: "Bearer team" };
const inner = { prefix: "https://registry.test/team/inner/", authorization: "Bearer inner" };
const sent = (url: string, credentials = [team, inner]) =>
  credentialFor(new URL(url), credentials)?.authorization ?? null;

test("a token goes to its registry, the longest prefix first", () => {
  assert.equal(sent("https://registry.test/team/left-pad"), "Bearer team");
  assert.equal(sent("https://registry.test:443/team/@scope%2fname"), "Bearer team");
  assert.equal(sent("https://registry.test/team/inner/left-pad"), "Bearer inner");
  assert.equal(sent("https://registry.test/team/inner/left-pad", [inner, team]), "Bearer inner");
});

test("a token goes to no sibling path, host, port or scheme", () => {
  for (const url of [
    "https://registry.test/",
    "https://registry.test/team",
    "https://registry.test/teams/x",
    "https://registry.test/TEAM/x",
    "https://registry.test/other/team/x",
    "https://registry.test/team/../other/x",
    "https://registry.test/team/%2e%2e/other/x",
    "https://registry.test/team/..%2fother/x",
    "https://registry.test/team/..%5Cother/x",
    "https://registry.test/team/%252e%252e%252fother/x",
    "https://registry.test/team/x%2f..%2F..%2fother",
    "https://registry.test/team\\..\\other/x",
    "https://registry.test:8443/team/x",
    "https://registry.test./team/x",
    "https://evil.test/team/x",
    "https://registry.test.evil.test/team/x",
    "https://evil.test/https://registry.test/team/x",
    "http://registry.test/team/x",
    "http://registry.test:443/team/x",
  ]) {
    assert.equal(sent(url), null, url);
  }
});

test("a prefix that is no registry's address covers nothing", () => {
  for (const prefix of ["", "registry.test", "//registry.test/", "https://registry.test/te", "http://registry.test/"]) {
    const credentials = [{ prefix, authorization: "Bearer x" }];
    assert.equal(sent("https://registry.test/team/x", credentials), null, prefix);
    assert.equal(sent("http://registry.test/team/x", credentials), null, prefix);
  }
});

test("once a redirect has left the registry, its token is not sent again, not even on the way back", () => {
  const along = (...urls: string[]) =>
    credentialAlong(
      urls.map((url) => new URL(url)),
      [team, inner],
    )?.authorization;
  assert.equal(along("https://registry.test/team/x", "https://registry.test/team/y"), "Bearer team");
  assert.equal(along("https://registry.test/team/x", "https://files.test/y"), undefined);
  assert.equal(
    along("https://registry.test/team/x", "https://files.test/y", "https://registry.test/team/z"),
    undefined,
  );
  // A redirect does not collect another registry's token either.
  assert.equal(along("https://files.test/x", "https://registry.test/team/y"), undefined);
  assert.equal(along("https://registry.test/team/inner/x", "https://registry.test/team/y"), undefined);
});

test("whatever the path, a token stays under its prefix as every server reads it", () => {
  const piece = fc.constantFrom("team", "other", "/", "..", ".", "%2e", "%2f", "%5c", "%25", "%252f", "\\", "@a");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
      const url = new URL(`https://registry.test/team/${pieces.join("")}`);
      if (credentialFor(url, [team]) === null) return true;
      // Decoded as often as it takes, and resolved, it is still there.
      let path = url.pathname;
      for (let times = 0; times < 5; times += 1)
        path = path.replace(/%(25|2e|2f|5c)/gi, (one) => decodeURIComponent(one));
      return new URL(path, "https://registry.test").pathname.startsWith("/team/");
    }),
    { numRuns: 2000 },
  );
});

test("a token is dropped where a redirect goes to another port or path, and kept inside the registry", async (t) => {
  const seen: (string | undefined)[] = [];
  const other = await serve(t, (request, response) => {
    seen.push(request.headers.authorization);
    response.end("other");
  });
  const server = await serve(t, (request, response) => {
    seen.push(request.headers.authorization);
    const to: Record<string, string> = {
      "/team/port": `${other.url}team/x`,
      "/team/path": "/sibling/x",
      "/team/inside": "/team/x",
      "/team/out-and-back": "/sibling/back",
      "/sibling/back": "/team/x",
    };
    const location = to[request.url ?? ""];
    if (location === undefined) response.end("here");
    else response.writeHead(302, { location }).end();
  });
  const credentials = [{ prefix: `${server.url}team/`, authorization: "Bearer secret" }];
  const client = clientFor(t, { credentials });
  const ask = async (path: string) => {
    seen.length = 0;
    const result = await client.get(`${server.url}${path}`, { ...SMALL, redirects: [`localhost:${other.port}`] });
    assert.ok(result.ok, JSON.stringify(result));
    return seen.map((authorization) => authorization ?? "none").join(", ");
  };
  assert.equal(await ask("team/inside"), "Bearer secret, Bearer secret");
  assert.equal(await ask("team/port"), "Bearer secret, none");
  assert.equal(await ask("team/path"), "Bearer secret, none");
  assert.equal(await ask("team/out-and-back"), "Bearer secret, none, none");
  assert.equal(await ask("sibling/x"), "none");
  assert.equal(await ask("sibling/back"), "none, none");
});

test("an address that an answer has led to is asked as over a redirect: with that answer's token, or with none", async (t) => {
  const seen: Record<string, string> = {};
  const note = (host: string) => (request: IncomingMessage, response: ServerResponse) => {
    seen[`${host}${request.url}`] = request.headers.authorization ?? "none";
    if (request.url === "/team/back") response.writeHead(302, { location: `${server.url}team/again` }).end();
    else response.end();
  };
  const [server, other] = await Promise.all([serve(t, note("first")), serve(t, note("other"))]);
  const credentials = [
    { prefix: `${server.url}team/`, authorization: "Bearer secret" },
    // The user's own for the other host: who chose the address is the first registry, and not the user.
    { prefix: other.url, authorization: "Bearer other" },
  ];
  const client = clientFor(t, { credentials });
  const redirects = [`localhost:${server.port}`, `localhost:${other.port}`];
  const ask = async (address: string, ledFrom: string) => {
    const result = await client.stream(address, { ...SMALL, redirects, ledFrom }, bytesOf);
    assert.ok(result.ok, JSON.stringify(result));
  };
  await ask(`${server.url}team/file`, `${server.url}team/x.tgz`);
  await ask(`${server.url}sibling/file`, `${server.url}team/x.tgz`);
  await ask(`${other.url}file`, `${server.url}team/x.tgz`);
  await ask(`${other.url}team/back`, `${server.url}team/x.tgz`);
  await ask(`${server.url}team/from-outside`, `${other.url}x.tgz`);
  assert.deepEqual(seen, {
    "first/team/file": "Bearer secret",
    "first/sibling/file": "none",
    "other/file": "none",
    "other/team/back": "none",
    "first/team/again": "none",
    "first/team/from-outside": "none",
  });
  // Without one that has led there, the same address is the user's own wish.
  assert.ok((await client.get(`${other.url}file`, SMALL)).ok);
  assert.equal(seen["other/file"], "Bearer other");
});

test("a refused token is not shown, only that it was sent", async (t) => {
  const server = await serve(t, (_, response) => response.writeHead(401).end());
  const credentials = [{ prefix: server.url, authorization: "Bearer secret" }];
  const withToken = await clientFor(t, { credentials }).get(`${server.url}x`, SMALL);
  assert.ok(!withToken.ok);
  assert.equal(withToken.status, 401);
  assert.equal(withToken.says, `${server.url}x answered 401 (its credentials were sent)`);
  const without = await clientFor(t).get(`${server.url}x`, SMALL);
  assert.ok(!without.ok);
  assert.match(without.says, /there are no credentials for it/);
  const led = await clientFor(t, { credentials }).get(`${server.url}x`, { ...SMALL, ledFrom: "https://other.test/" });
  assert.ok(!led.ok);
  assert.match(led.says, /answered 401 \(its credentials are not sent where another server leads to it\)$/);
});

test("a token that is no header's value is neither sent nor shown", async (t) => {
  const server = await serve(t, (_, response) => response.end());
  const credentials = [{ prefix: server.url, authorization: "Bearer secret\r\nx-injected: 1" }];
  const result = await clientFor(t, { credentials }).get(server.url, SMALL);
  assert.ok(!result.ok);
  assert.equal(result.code, "FETCH_FAILED");
  assert.doesNotMatch(result.says, /secret/);
});

test("an address with a password in it is refused, and the password is not shown", async (t) => {
  const server = await serve(t, (_, response) => response.end());
  const result = await clientFor(t).get(server.url.replace("localhost", "me:secret@localhost"), SMALL);
  assert.ok(!result.ok);
  assert.equal(result.code, "FETCH_FAILED");
  assert.doesNotMatch(result.says, /secret/);
  assert.equal(server.connections(), 0);
});
