import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "node:test";
import tls from "node:tls";
import { fileURLToPath } from "node:url";
import { mintAuthority } from "../../registry-fixtures/authority.js";
import { createClient } from "../../src/fetch/client.js";
import { authorities, certificatesIn } from "../../src/fetch/tls.js";
import { authority, certificate, clientFor, issue, listen, SMALL, serve } from "./loopback.js";

const DAY_MS = 86_400_000;

test("a certificate of a known authority for the asked host is accepted, by name and by address", async (t) => {
  const server = await serve(t, (_, response) => response.end("hello"));
  const client = clientFor(t);
  for (const url of [server.url, `https://127.0.0.1:${server.port}/`]) {
    const result = await client.get(url, SMALL);
    assert.ok(result.ok, JSON.stringify(result));
    assert.equal(result.value.body.toString(), "hello");
  }
});

test("a certificate for another host is refused, and both hosts are named", async (t) => {
  const server = await serve(t, (_, response) => response.end("hello"), await issue({ hosts: ["other.test"] }));
  const result = await clientFor(t).get(server.url, SMALL);
  assert.ok(!result.ok);
  assert.equal(result.code, "FETCH_TLS");
  assert.match(result.says, /another host: for other\.test, not for localhost/);
});

test("a certificate for a name is refused where the address is asked for", async (t) => {
  const server = await serve(t, (_, response) => response.end("hello"), await issue({ hosts: ["localhost"] }));
  const result = await clientFor(t).get(`https://127.0.0.1:${server.port}/`, SMALL);
  assert.ok(!result.ok);
  assert.equal(result.code, "FETCH_TLS");
  assert.match(result.says, /for localhost, not for 127\.0\.0\.1/);
});

test("a wrong host is refused on every connection, not only on the first", async (t) => {
  const server = await serve(t, (_, response) => response.end("hello"), {
    ...(await issue({ hosts: ["other.test"] })),
    maxVersion: "TLSv1.2",
  });
  // Each look at the clock is a minute later, so that every request makes a connection of its own.
  let minutes = 0;
  const client = clientFor(t, { clock: { now: () => Date.now(), elapsed: () => 60_000 * minutes++ } });
  for (let times = 1; times <= 4; times += 1) {
    const result = await client.get(server.url, SMALL);
    assert.equal(result.ok || result.code, "FETCH_TLS");
    assert.equal(server.connections(), times);
  }
});

test("an expired certificate is refused, and the day is named", async (t) => {
  const expired = { notBefore: new Date(Date.now() - 2 * DAY_MS), notAfter: new Date(Date.now() - DAY_MS) };
  const server = await serve(t, (_, response) => response.end(), await issue({ hosts: ["localhost"], ...expired }));
  const result = await clientFor(t).get(server.url, SMALL);
  assert.ok(!result.ok);
  assert.equal(result.code, "FETCH_TLS");
  assert.match(result.says, /expired on \w{3} +\d+ /);
});

test("a certificate that is not valid yet is refused", async (t) => {
  const later = { notBefore: new Date(Date.now() + DAY_MS), notAfter: new Date(Date.now() + 2 * DAY_MS) };
  const server = await serve(t, (_, response) => response.end(), await issue({ hosts: ["localhost"], ...later }));
  const result = await clientFor(t).get(server.url, SMALL);
  assert.ok(!result.ok);
  assert.equal(result.code, "FETCH_TLS");
  assert.match(result.says, /begins on/);
});

test("a certificate of an unknown authority is refused, and the authority is named", async (t) => {
  const stranger = await (await mintAuthority()).issue({ hosts: ["localhost"] });
  const server = await serve(t, (_, response) => response.end(), stranger);
  const slept: number[] = [];
  const result = await clientFor(t, { slept }).get(server.url, SMALL);
  assert.ok(!result.ok);
  assert.equal(result.code, "FETCH_TLS");
  assert.match(result.says, /unknown issuer: Test authority/);
  assert.deepEqual(slept, [], "no second attempt");
});

test("the tests' own authority is believed only where it is given", async (t) => {
  const server = await serve(t, (_, response) => response.end());
  const result = await clientFor(t, { extraCa: [] }).get(server.url, SMALL);
  assert.ok(!result.ok);
  assert.equal(result.code, "FETCH_TLS");
});

test("a self-signed certificate is refused", async (t) => {
  const own = await issue({ hosts: ["localhost"], selfSigned: true });
  const server = await serve(t, (_, response) => response.end(), own);
  const result = await clientFor(t).get(server.url, SMALL);
  assert.ok(!result.ok);
  assert.equal(result.code, "FETCH_TLS");
  assert.match(result.says, /signed itself/);
});

test("a server that stops at TLS 1.1 is refused", async (t) => {
  const server = await serve(t, (_, response) => response.end(), {
    ...certificate,
    minVersion: "TLSv1",
    maxVersion: "TLSv1.1",
    ciphers: "DEFAULT@SECLEVEL=0",
  });
  const result = await clientFor(t).get(server.url, SMALL);
  assert.ok(!result.ok);
  assert.equal(result.code, "FETCH_TLS");
  assert.match(result.says, /no TLS of version 1\.2 or newer/);
});

test("a plain-HTTP address is refused before anything is sent", async (t) => {
  const server = await listen(
    t,
    http.createServer((_, response) => response.end()),
  );
  const result = await clientFor(t).get(`http://localhost:${server.port}/`, SMALL);
  assert.ok(!result.ok);
  assert.equal(result.code, "FETCH_INSECURE_URL");
  assert.equal(server.connections(), 0);
});

test("a server that speaks plain HTTP at an https address is refused", async (t) => {
  const server = await listen(
    t,
    http.createServer((_, response) => response.end("hello")),
  );
  const result = await clientFor(t).get(server.url, SMALL);
  assert.ok(!result.ok);
  assert.equal(result.code, "FETCH_TLS");
  assert.match(result.says, /does not speak TLS/);
});

test("a server that takes the connection and never shakes hands is given up in time", async (t) => {
  const server = await listen(t, net.createServer());
  const limits = {
    redirects: 5,
    attempts: 1,
    connectMs: 200,
    idleMs: 400,
    answerMs: 5000,
    backOffMs: 1,
    retryAfterMs: 1,
  };
  const result = await clientFor(t, { limits }).get(server.url, SMALL);
  assert.ok(!result.ok);
  assert.equal(result.code, "FETCH_TIMEOUT");
  assert.match(result.says, /within 200 ms/);
});

test("an extra authority that is none stops the run", () => {
  const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  for (const pem of ["", "hello", broken]) {
    assert.throws(
      () =>
        createClient({
          extraCa: [pem],
          proxy: { https: null, noProxy: [] },
          connections: 1,
          credentials: [],
          offline: false,
          userAgent: "",
          clock: { now: () => 0, elapsed: () => 0 },
          sleep: async () => {},
        }),
      { code: "ENVIRONMENT_UNSAFE" },
    );
  }
});

test("a file that holds no certificate is named, and where it stands", () => {
  for (const pem of ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]) {
    assert.throws(() => certificatesIn(pem, "/etc/ca.pem"), {
      code: "ENVIRONMENT_UNSAFE",
      at: "/etc/ca.pem",
      message: "/etc/ca.pem holds no certificate in PEM form",
    });
  }
  assert.deepEqual(certificatesIn(`text\n${authority.pem.trim()}\n`, "/etc/ca.pem"), [authority.pem.trim()]);
});

test("NODE_TLS_REJECT_UNAUTHORIZED=0 and node's own flags change nothing", async (t) => {
  const stranger = await (await mintAuthority()).issue({ hosts: ["localhost"] });
  const server = await serve(t, (_, response) => response.end("hello"), stranger);
  const old = await serve(t, (_, response) => response.end("hello"), {
    ...certificate,
    minVersion: "TLSv1",
    maxVersion: "TLSv1.1",
    ciphers: "DEFAULT@SECLEVEL=0",
  });
  const [first, second] = await askInChild(["--tls-min-v1.0"], { NODE_TLS_REJECT_UNAUTHORIZED: "0" }, [
    server.url,
    old.url,
  ]);
  assert.match(first ?? "", /^FETCH_TLS .* unknown issuer/);
  assert.match(second ?? "", /^FETCH_TLS .* no TLS of version 1\.2 or newer/);
});

test("extra authorities stand beside node's roots, not in their place", async () => {
  const other = await mintAuthority();
  const together = authorities([`some text\n${authority.pem}\n${other.pem}`]);
  for (const root of tls.rootCertificates) assert.ok(together?.includes(root));
  // Newer nodes tell the certificates of NODE_EXTRA_CA_CERTS as well, so there may be more in between.
  const added = together?.slice(-2).map((pem) => pem.trim());
  assert.deepEqual(added, [authority.pem.trim(), other.pem.trim()]);
});

test("NODE_EXTRA_CA_CERTS, which an administrator set, is believed", async (t) => {
  const server = await serve(t, (_, response) => response.end());
  const directory = await mkdtemp(path.join(tmpdir(), "fetch-tls-"));
  t.after(() => rm(directory, { recursive: true }));
  const file = path.join(directory, "authority.pem");
  await writeFile(file, authority.pem);
  assert.deepEqual(await askInChild([], { NODE_EXTRA_CA_CERTS: file }, [server.url]), ["200"]);
});

/** What a process of its own says that is started so, and asks these addresses. */
async function askInChild(flags: readonly string[], env: Readonly<Record<string, string>>, urls: readonly string[]) {
  const program = fileURLToPath(new URL("child.js", import.meta.url));
  const child = spawn(process.execPath, [...flags, "--no-warnings", program, "get", ...urls], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  for await (const chunk of child.stdout) output += chunk;
  return JSON.parse(output) as string[];
}
