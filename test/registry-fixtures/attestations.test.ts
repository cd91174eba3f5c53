import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import type { Attestation } from "../../registry-fixtures/attestations.js";
import type { Manifest } from "../../registry-fixtures/manifest.js";
import { type Served, serve } from "../../registry-fixtures/server.js";
import type { Bundle } from "../../registry-fixtures/sigstore/bundle.js";
import { mintSigstore } from "../../registry-fixtures/sigstore/instance.js";
import { publishAttested } from "../../registry-fixtures/sigstore/publish.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";
import { verifyBundle } from "./bundles.js";
import { get, getJson } from "./client.js";

const sigstore = mintSigstore();
const simulator = createSimulator({ name: "fixture" });
const files = (version: string) => ({ "package.json": JSON.stringify({ name: "@acme/lib", version }) });
let served: Served;

before(async () => {
  served = await serve(simulator);
  publishAttested(simulator, sigstore, files("1.0.0"), { publisher: { name: "acme", trusted: true } });
  publishAttested(simulator, sigstore, files("1.1.0"), { build: null });
  simulator.publish(files("1.2.0"));
});
after(() => served.close());
afterEach(() => simulator.reset());

const manifest = (version: string) =>
  getJson<Manifest>(`${served.url}@acme/lib/${version}`, { ca: served.ca }).then(({ dist }) => dist.attestations);
const shown = async (version: string, slash = "%2f") => {
  const url = `${served.url}-/npm/v1/attestations/@acme${slash}lib@${version}`;
  const { status, body } = await get(url, { ca: served.ca });
  const { attestations = [] } = JSON.parse(body.toString("utf8")) as { attestations?: Attestation[] };
  return { status, attestations };
};

test("serves them, and says so in the manifest", async () => {
  assert.deepEqual(await manifest("1.0.0"), {
    url: `${served.url}-/npm/v1/attestations/@acme%2flib@1.0.0`,
    provenance: { predicateType: "https://slsa.dev/provenance/v1" },
  });
  const { attestations } = await shown("1.0.0");
  assert.deepEqual((await shown("1.0.0", "/")).attestations, attestations);
  const [provenance, publication] = attestations as [Attestation, Attestation];
  verifyBundle(provenance.bundle, sigstore.trustedRoot());
  verifyBundle(publication.bundle, sigstore.trustedRoot(), [simulator.signingKey()]);
  const said = JSON.parse(Buffer.from((publication.bundle as Bundle).dsseEnvelope.payload, "base64").toString());
  assert.deepEqual(said.predicate, { name: "@acme/lib", version: "1.0.0", registry: served.url.replace(/\/$/, "") });
  const { integrity } = simulator.release("@acme/lib", "1.0.0").manifest.dist;
  assert.equal(`sha512-${Buffer.from(said.subject[0].digest.sha512, "hex").toString("base64")}`, integrity);
});

test("mentions a provenance only where there is one, and nothing where there is nothing", async () => {
  assert.deepEqual(Object.keys((await manifest("1.1.0")) ?? {}), ["url"]);
  assert.equal((await shown("1.1.0")).attestations.length, 1);
  assert.equal(await manifest("1.2.0"), undefined);
  assert.equal((await shown("1.2.0")).status, 404);
  assert.equal((await shown("9.9.9")).status, 404);
});

test("strips them from the manifest, from the answer, or from both", async () => {
  const seen = async () => [(await manifest("1.0.0")) !== undefined, (await shown("1.0.0")).status];
  const stripped = async (from?: "manifest" | "endpoint" | "both") => {
    simulator.reset();
    simulator.stripAttestations("@acme/lib", "1.0.0", from);
    return seen();
  };
  assert.deepEqual(await stripped("manifest"), [false, 200]);
  assert.deepEqual(await stripped("endpoint"), [true, 404]);
  assert.deepEqual(await stripped(), [false, 404]);
  simulator.reset();
  assert.deepEqual(await seen(), [true, 200]);
});

test("shows others in their place, until it is honest again", async () => {
  const honest = await shown("1.0.0");
  simulator.alterAttestations("@acme/lib", "1.0.0", ([first]) => {
    if (first !== undefined) Object.assign(first.bundle, { mediaType: "text/plain" });
    return first === undefined ? [] : [first, first];
  });
  const lied = await shown("1.0.0");
  assert.deepEqual(
    lied.attestations.map(({ bundle }) => (bundle as Bundle).mediaType),
    ["text/plain", "text/plain"],
  );
  simulator.reset();
  assert.deepEqual(await shown("1.0.0"), honest);
});
