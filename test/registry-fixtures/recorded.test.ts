import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { connect as secure, type TLSSocket } from "node:tls";
import type { Manifest } from "../../registry-fixtures/manifest.js";
import { type LoopbackProxy, openProxy } from "../../registry-fixtures/proxy.js";
import {
  recordedForgeries,
  recordedKeys,
  recordedManifests,
  recordedTarball,
} from "../../registry-fixtures/recorded.js";
import { tarballPath } from "../../registry-fixtures/release.js";
import { type Served, serve } from "../../registry-fixtures/server.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";
import { holds } from "./signatures.js";

const keys = recordedKeys();
const simulator = createSimulator({ name: "recorded", signs: false, foreignKeys: keys });
const withBytes = recordedManifests().filter((recorded) => recordedTarball(recorded) !== null);
/** The real registry's own name, out of the vectors. */
const host = new URL(withBytes[0]?.dist.tarball ?? "").host;
let served: Served;
let proxy: LoopbackProxy;

before(async () => {
  for (const recorded of recordedManifests()) simulator.publishSigned(recorded, recordedTarball(recorded));
  served = await serve(simulator, { host });
  proxy = await openProxy({ [host]: served.port });
});
after(() => Promise.all([proxy.close(), served.close()]));

test("every recorded manifest verifies under npm's keys, and none of the plain forgeries does", () => {
  assert.equal(recordedManifests().length, 161);
  for (const recorded of recordedManifests()) assert.ok(holds(recorded, keys), `${recorded.name}@${recorded.version}`);
  for (const forgery of recordedForgeries().filter(({ nodeCrypto }) => nodeCrypto !== "GOOD")) {
    assert.equal(holds(forgery, keys), false, `${forgery.kind} ${forgery.name}`);
  }
});

test("under the real registry's name, through the proxy, they still do, and the bytes are the signed ones", async () => {
  assert.equal(served.url, `https://${host}/`);
  for (const { name, version, dist } of withBytes) {
    const manifest = JSON.parse((await through(`/${name.replace("/", "%2f")}/${version}`)).toString()) as Manifest;
    assert.ok(holds(manifest, keys));
    assert.equal(manifest.dist.tarball, dist.tarball);
    const bytes = await through(`/${tarballPath(name, version)}`);
    assert.equal(`sha512-${createHash("sha512").update(bytes).digest("base64")}`, dist.integrity);
  }
  assert.deepEqual(proxy.log.at(-1), { method: "CONNECT", target: `${host}:443`, allowed: true });
});

test("what a record leaves out is taken from the bytes", () => {
  const { manifest } = simulator.release("vite", "7.1.3");
  assert.deepEqual([manifest.bin, typeof manifest.dependencies?.rollup], [{ vite: "bin/vite.js" }, "string"]);
});

test("the proxy leads nowhere else: other hosts, other ports, plain requests", async () => {
  for (const target of ["elsewhere.example:443", `${host}:80`, host, `${host}:443:443`, "__proto__:443"]) {
    assert.match((await connected(target)).first, /^HTTP\/1\.1 403/, target);
    assert.deepEqual(proxy.log.at(-1), { method: "CONNECT", target, allowed: false });
  }
  const plain = await fetch(new URL("/plain", proxy.url));
  assert.equal(plain.status, 403);
  assert.deepEqual(proxy.log.at(-1), { method: "GET", target: "/plain", allowed: false });
});

/** Opens a tunnel; `first` is what the proxy answered. */
async function connected(target: string): Promise<{ readonly socket: Socket; readonly first: string }> {
  const { port } = new URL(proxy.url);
  const socket = connect(Number(port), "localhost");
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
  const first = await new Promise<Buffer>((resolve, reject) => socket.once("data", resolve).once("error", reject));
  return { socket, first: first.toString("latin1") };
}

/** Gets a path of the real registry's name, by way of the proxy and under the test authority. */
async function through(path: string): Promise<Buffer> {
  const { socket, first } = await connected(`${host}:443`);
  assert.match(first, /^HTTP\/1\.1 200/);
  const tls: TLSSocket = secure({ socket, servername: host, ca: served.ca });
  tls.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  const chunks: Buffer[] = [];
  for await (const chunk of tls) chunks.push(chunk as Buffer);
  const answer = Buffer.concat(chunks);
  assert.match(answer.subarray(0, 20).toString("latin1"), /^HTTP\/1\.1 200/, path);
  return answer.subarray(answer.indexOf("\r\n\r\n") + 4);
}
