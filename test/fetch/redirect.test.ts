import assert from "node:assert/strict";
import http from "node:http";
import test from "node:test";
import fc from "fast-check";
import { nextAddress } from "../../src/fetch/redirect.js";
import { clientFor, listen, SMALL, serve } from "./loopback.js";

const first = new URL("https://registry.test/a/b.tgz");
const next = (location: string | undefined, hosts: readonly string[] = [], visited = [first]) => {
  const result = nextAddress(visited, location, hosts, 5);
  return result instanceof URL ? result.href : result.code;
};

test("a redirect stays on the host and port that were asked, unless the registry's profile names another", () => {
  assert.equal(next("/c.tgz"), "https://registry.test/c.tgz");
  assert.equal(next("https://registry.test:443/c"), "https://registry.test/c");
  assert.equal(next("//REGISTRY.test/c"), "https://registry.test/c");
  assert.equal(next("https://registry.test:8443/c"), "FETCH_REDIRECT");
  assert.equal(next("https://files.test/c"), "FETCH_REDIRECT");
  assert.equal(next("https://files.test/c", ["files.test"]), "https://files.test/c");
  assert.equal(next("https://files.test/c", ["FILES.test:443"]), "https://files.test/c");
  assert.equal(next("https://files.test:8443/c", ["files.test"]), "FETCH_REDIRECT");
  assert.equal(next("https://files.test:8443/c", ["files.test:8443"]), "https://files.test:8443/c");
});

test("look-alikes of an allowed host are other hosts", () => {
  for (const location of [
    "https://files.test.evil.test/",
    "https://evilfiles.test/",
    "https://sub.files.test/",
    "https://files.test@evil.test/",
    "https://files.test./",
    "\\\\evil.test/files.test",
    "//evil.test",
  ]) {
    assert.equal(next(location, ["files.test"]), "FETCH_REDIRECT", location);
  }
  // How the URL standard reads them: a path on the allowed host, and one beside the address itself.
  assert.equal(next("https://files.test\\@evil.test/", ["files.test"]), "https://files.test/@evil.test/");
  assert.equal(next("https:evil.test"), "https://registry.test/a/evil.test");
});

test("entries of a profile that are more than a host allow nothing", () => {
  for (const host of [
    "",
    "*",
    "*.test",
    "files.test/",
    "files.test/x",
    "x@files.test",
    "https://files.test",
    "files.test?x",
  ]) {
    assert.equal(next("https://files.test/c", [host]), "FETCH_REDIRECT", host);
  }
});

test("a redirect never leaves https, and never carries credentials", () => {
  for (const location of [
    "http://registry.test/a/b.tgz",
    "HTTP://registry.test/",
    "ftp://registry.test/",
    "file:///etc/passwd",
    "data:text/plain,hello",
    "javascript:0",
    "https://user:password@registry.test/",
    "https://user@registry.test/",
    "https://",
    "https://registry.test:99999/",
    undefined,
  ]) {
    assert.equal(next(location), "FETCH_REDIRECT", location);
  }
});

test("redirects end: a circle is refused at once, a long way after five", () => {
  const way = [1, 2, 3, 4, 5].map((step) => new URL(`/${step}`, first));
  assert.equal(next("/a/b.tgz#again"), "FETCH_REDIRECT");
  assert.equal(next("/5", [], [first, ...way.slice(0, 4)]), "https://registry.test/5");
  assert.equal(next("/6", [], [first, ...way]), "FETCH_REDIRECT");
});

test("whatever a server writes as a location, only allowed hosts are reached", () => {
  const piece = fc.constantFrom(
    "https:",
    "http:",
    "/",
    "//",
    "\\",
    "@",
    ":",
    "registry.test",
    "evil.test",
    "files.test",
    "8443",
    "..",
    "%2f",
    "#",
    "?",
    "\t",
    "\n",
    " ",
    "é",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const result = nextAddress([first], pieces.join(""), ["files.test"], 5);
      if (!(result instanceof URL)) return result.code === "FETCH_REDIRECT";
      return ["https://registry.test", "https://files.test"].includes(result.origin) && result.username === "";
    }),
    { numRuns: 2000 },
  );
});

test("a redirect to plain HTTP is refused, and nothing is asked there", async (t) => {
  const plain = await listen(
    t,
    http.createServer((_, response) => response.end("hello")),
  );
  const server = await serve(t, (_, response) => {
    response.writeHead(302, { location: `http://localhost:${plain.port}/` }).end();
  });
  const result = await clientFor(t).get(server.url, SMALL);
  assert.ok(!result.ok);
  assert.equal(result.code, "FETCH_REDIRECT");
  assert.match(result.says, /not https:/);
  assert.equal(plain.connections(), 0);
});

test("a redirect to another host is refused, and followed where the profile allows it", async (t) => {
  const other = await serve(t, (_, response) => response.end("there"));
  const server = await serve(t, (_, response) => {
    response.writeHead(302, { location: `${other.url}x?signature=secret` }).end("moved");
  });
  const client = clientFor(t);
  const refused = await client.get(server.url, SMALL);
  assert.ok(!refused.ok);
  assert.equal(refused.code, "FETCH_REDIRECT");
  assert.match(refused.says, new RegExp(`another host, localhost:${other.port}$`));
  assert.equal(other.connections(), 0);

  const followed = await client.get(server.url, { ...SMALL, redirects: [`localhost:${other.port}`] });
  assert.ok(followed.ok);
  assert.equal(followed.value.body.toString(), "there");
});

test("what goes wrong behind a redirect names both addresses, without the query", async (t) => {
  const other = await serve(t, (_, response) => response.writeHead(404).end());
  const server = await serve(t, (_, response) => {
    response.writeHead(302, { location: `${other.url}x?signature=secret` }).end();
  });
  const result = await clientFor(t).get(server.url, { ...SMALL, redirects: [`localhost:${other.port}`] });
  assert.ok(!result.ok);
  assert.equal(result.says, `${other.url}x?… answered 404 (sent on from ${server.url})`);
});

test("a redirect loop is refused", async (t) => {
  let asked = 0;
  const server = await serve(t, (request, response) => {
    asked += 1;
    response.writeHead(302, { location: request.url === "/a" ? "/b" : "/a" }).end();
  });
  const result = await clientFor(t).get(`${server.url}a`, SMALL);
  assert.ok(!result.ok);
  assert.equal(result.code, "FETCH_REDIRECT");
  assert.match(result.says, /circles/);
  assert.equal(asked, 2);
});

test("a way of redirects without an end is refused after five", async (t) => {
  let asked = 0;
  const server = await serve(t, (_, response) => {
    asked += 1;
    response.writeHead(307, { location: `/${asked}` }).end();
  });
  const result = await clientFor(t).get(`${server.url}0`, SMALL);
  assert.ok(!result.ok);
  assert.equal(result.code, "FETCH_REDIRECT");
  assert.equal(asked, 6);
});

test("the body of a redirect is bounded too", async (t) => {
  const server = await serve(t, (request, response) => {
    if (request.url === "/end") return void response.end("hello");
    response.writeHead(302, { location: "/end" });
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
    };
    response.on("drain", more);
    more();
  });
  const result = await clientFor(t).get(server.url, SMALL);
  assert.ok(result.ok, JSON.stringify(result));
  assert.equal(result.value.body.toString(), "hello");
});
