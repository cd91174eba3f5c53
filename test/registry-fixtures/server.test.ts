import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { mintAuthority } from "../../registry-fixtures/authority.js";
import { type Served, type ServeOptions, serve } from "../../registry-fixtures/server.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";
import { get } from "./client.js";

const REFUSALS = {
  expired: "CERT_HAS_EXPIRED",
  "wrong-host": "ERR_TLS_CERT_ALTNAME_INVALID",
  "unknown-ca": "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "self-signed": "DEPTH_ZERO_SELF_SIGNED_CERT",
} as const;

test("a good certificate holds under the authority, and under no other", async () => {
  await withServed({}, async ({ url, ca }) => {
    assert.match(url, /^https:\/\/localhost:\d+\/$/);
    assert.equal((await get(url, { ca })).status, 404);
    assert.equal((await get(url.replace("localhost", "127.0.0.1"), { ca }).catch(refusedConnection)).status, 404);
    await assert.rejects(get(url), { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
  });
});

for (const [certificate, code] of Object.entries(REFUSALS) as [keyof typeof REFUSALS, string][]) {
  test(`a certificate that is ${certificate} is refused by node as ${code}`, async () => {
    const simulator = createSimulator({ name: "fixture" });
    await withServed({ certificate }, ({ url, ca }) => assert.rejects(get(url, { ca }), { code }), simulator);
    assert.deepEqual(simulator.log, [], "no request was made");
  });
}

test("the authority lies in a file as long as the server runs", async () => {
  const served = await serve(createSimulator({ name: "fixture" }));
  assert.equal(readFileSync(served.caFile, "utf8"), served.ca);
  await served.close();
  assert.equal(existsSync(served.caFile), false);
  await assert.rejects(get(served.url, { ca: served.ca }), { code: "ECONNREFUSED" });
});

test("several servers can share one authority", async () => {
  const authority = await mintAuthority();
  await withServed({ authority }, async (one) => {
    await withServed({ authority }, async (other) => {
      assert.equal((await get(other.url, { ca: one.ca })).status, 404);
    });
  });
});

test("plain HTTP, and a registry below the root of its host", async () => {
  const simulator = createSimulator({ name: "fixture" }).loadPackages();
  await withServed(
    { plainHttp: true, pathPrefix: "/npm/" },
    async ({ url }) => {
      assert.match(url, /^http:\/\/localhost:\d+\/npm\/$/);
      assert.equal((await get(`${url}greeter`)).status, 200);
      assert.equal((await get(`${url}greeter/-/greeter-1.0.0.tgz`)).status, 200);
    },
    simulator,
  );
});

test("close does not wait for answers that never end", async () => {
  const simulator = createSimulator({ name: "fixture" });
  simulator.hang();
  const served = await serve(simulator, { plainHttp: true });
  const asked = get(served.url);
  while (simulator.log.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([served.close(), assert.rejects(asked)]);
});

async function withServed(
  options: ServeOptions,
  use: (served: Served) => Promise<void>,
  simulator = createSimulator({ name: "fixture" }),
): Promise<void> {
  const served = await serve(simulator, options);
  await use(served).finally(() => served.close());
}

/** Where localhost is ::1 only, nobody listens on 127.0.0.1. */
function refusedConnection(error: NodeJS.ErrnoException): { readonly status: number } {
  if (error.code === "ECONNREFUSED") return { status: 404 };
  throw error;
}
