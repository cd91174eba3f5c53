/** What an undeclared registry shows of itself is read as anything hostile is: bounded, and never believed further than it goes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { mintSigningKey } from "../../registry-fixtures/signing-key.js";
import { askKeys, knowsName, writtenKey } from "../../src/pipeline/registry-asked.js";
import type { River } from "../../src/pipeline/river.js";
import { BUILTIN } from "../../src/trust/builtin.js";

const WHERE = { url: "https://npm.acme.example/", redirects: [] };
const { keyid, key } = mintSigningKey();
const good = { keyid, key, expires: null, keytype: "ecdsa-sha2-nistp256", scheme: "ecdsa-sha2-nistp256" };
const npms = (BUILTIN[0]?.keys ?? []).map(({ keyid: id, spki }) => ({ keyid: id, key: spki, expires: null }));

function answering(body: string | Uint8Array): River {
  const get = async () => ({ ok: true, value: { status: 200, body: Buffer.from(body), headers: {} } });
  return { client: { get } } as unknown as River;
}

const shown = async (keys: unknown) => askKeys(answering(JSON.stringify({ keys })), WHERE);

test("its own keys, as trust.json has them; npm's are told apart, whatever they are called", async () => {
  const { own, foreign } = await shown([good, ...npms]);
  assert.deepEqual([own.map(writtenKey), foreign], [[{ keyid, key, expires: null }], true]);
  const renamed = await shown(npms.map((one) => ({ ...one, keyid })));
  assert.deepEqual(renamed, { own: [], foreign: false }, "an id that is not the key's own is none");
});

test("what is no key is left out: of another curve, under another id, cut short, of another type", async () => {
  for (const bad of [
    { ...good, key: key.slice(4) },
    { ...good, keyid: "SHA256:another" },
    { ...good, key: 7 },
    { ...good, expires: "soon" },
    { keyid },
    null,
    "key",
    [],
  ]) {
    assert.deepEqual(await shown([bad]), { own: [], foreign: false }, JSON.stringify(bad));
  }
  assert.deepEqual((await shown(Array.from({ length: 17 }, () => good))).own, [], "more than any registry has");
});

test("whatever bytes come, it answers, and shows no key that is not there", async () => {
  const whole = Buffer.from(JSON.stringify({ keys: [good] }));
  for (let length = 0; length < whole.length; length += 1) {
    assert.deepEqual((await askKeys(answering(whole.subarray(0, length)), WHERE)).own, []);
  }
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.json(), fc.string()), async (body) => {
      assert.deepEqual(await askKeys(answering(body), WHERE), { own: [], foreign: false });
    }),
    { numRuns: 100 },
  );
  const deep = `{"keys":[{"keyid":${"[".repeat(20_000)}${"]".repeat(20_000)},"key":""}]}`;
  assert.deepEqual((await askKeys(answering(deep), WHERE)).own, []);
});

test("a name is unknown where the registry says so (404), and never where it could not be asked", async () => {
  const registry = BUILTIN[0] ?? assert.fail();
  const answered = (answer: object) =>
    knowsName({ client: { get: async () => answer } } as unknown as River, registry, "@acme/lib");
  assert.equal(await answered({ ok: true, value: {} }), true);
  assert.equal(await answered({ ok: false, code: "FETCH_TOO_LARGE", says: "", status: 200 }), true);
  assert.equal(await answered({ ok: false, code: "FETCH_FAILED", says: "", status: 404 }), false);
  for (const status of [401, 403, 429, 500, 503, null]) {
    assert.equal(await answered({ ok: false, code: "FETCH_FAILED", says: "", status }), null, String(status));
  }
});
