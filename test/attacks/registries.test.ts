/** Every name has one home. The same name elsewhere is how dependency confusion works, however well it is signed. */
import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { mintAuthority } from "../../registry-fixtures/authority.js";
import { type Project, registryEntry } from "../../registry-fixtures/project.js";
import { PUBLIC_URL } from "../../registry-fixtures/public-registry.js";
import { serve } from "../../registry-fixtures/server.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";
import { setScene, small } from "./scene.js";
import { findingsOf } from "./shown.js";

const authority = await mintAuthority();
const open = createSimulator({ name: "open" });
const elsewhere = await serve(open, { authority });
const home = createSimulator({ name: "fixture" });
const scene = await setScene(home, { authority, inside: true });
for (const registry of [open, home]) registry.publish(small("@acme/lib"));
home.publish(small("soup"));
afterEach(() => {
  open.reset();
  home.reset();
});
after(() => elsewhere.close());
const ADDRESS = "@acme/lib/-/lib-1.0.0.tgz";

test("a package re-pointed from its private home to another declared registry, validly signed there", async () => {
  const project = await repointed();
  await declare(project, { open: registryEntry(open, { home: ["*"] }) });
  const report = await scene.refused(project, { code: "REGISTRY_NOT_HOME", of: "@acme/lib@1.0.0" });
  const [finding] = findingsOf(report, "@acme/lib@1.0.0");
  assert.deepEqual([finding?.expected, finding?.got], [scene.served.url, elsewhere.url]);
  assert.equal(report.tampered, true);
  assert.deepEqual(open.log, [], "it was not even asked");
});

test("a package re-pointed from its private home to npm's public registry, under whose keys it would pass", async () => {
  const project = await repointed(`${PUBLIC_URL}${ADDRESS}`);
  await declare(project, {});
  // As a company has it: only its own scope is at home elsewhere.
  await project.write(".npmrc", `registry=${PUBLIC_URL}\n@acme:registry=${scene.served.url}\n`);
  const report = await scene.refused(project, { code: "REGISTRY_NOT_HOME", of: "@acme/lib@1.0.0" });
  const [finding] = findingsOf(report, "@acme/lib@1.0.0");
  assert.deepEqual([finding?.expected, finding?.got, report.tampered], [scene.served.url, PUBLIC_URL, true]);
});

test("a signature by another declared registry's key: each key speaks for its own registry alone", async () => {
  const project = await repointed(`${scene.served.url}${ADDRESS}`);
  await declare(project, { open: registryEntry(open, { home: ["*"] }) });
  const { signatures = [] } = open.release("@acme/lib", "1.0.0").manifest.dist;
  home.alterSignatures("@acme/lib", "1.0.0", () => signatures);
  await scene.refused(project, { code: "KEY_UNKNOWN", of: "@acme/lib@1.0.0" });
});

test("a package re-pointed to a registry that nobody declared", async () => {
  const project = await repointed();
  await declare(project, {});
  const report = await scene.refused(project, { code: "REGISTRY_UNKNOWN", of: "@acme/lib@1.0.0" });
  assert.match(findingsOf(report, "@acme/lib@1.0.0")[0]?.help ?? "", /"registries".*"home": \["@acme\/\*"\]/);
  assert.deepEqual(open.log, []);
});

test("addresses that two programs read in two ways belong to no registry", async () => {
  const { host } = new URL(scene.served.url);
  const addresses = [
    `https://${host}@${new URL(elsewhere.url).host}/${ADDRESS}`,
    `https://user:password@${host}/${ADDRESS}`,
    `https://${host}.evil.example/${ADDRESS}`,
    `https://${host}/x%2f..%2f${ADDRESS}`,
    `https://${host}\\@${new URL(elsewhere.url).host}/${ADDRESS}`,
  ];
  for (const resolved of addresses) {
    const project = await repointed(resolved);
    await declare(project, {});
    const { status, report } = await scene.run(project, ["gate"]);
    assert.equal(status, 65, resolved);
    assert.equal(report.verdicts[0]?.result, "FAILED", resolved);
  }
  assert.deepEqual([...open.log, ...home.log], [], "nobody was asked");
});

test("plain HTTP in the lockfile", async () => {
  const project = await repointed(`${scene.served.url.replace("https:", "http:")}${ADDRESS}`);
  await declare(project, {});
  await scene.refused(project, { code: "FETCH_INSECURE_URL", of: "@acme/lib@1.0.0" });
});

test("a mirror that trust.json declares may serve the name, and answers to its home's keys", async () => {
  const project = await repointed();
  const mirror = { url: elsewhere.url, ecosystem: "npm", serves: "fixture", require: ["integrity"] };
  await declare(project, { mirror: { ...mirror, evidenceFrom: "fixture" } });
  const report = await scene.installed(project);
  assert.ok(
    report.verdicts[0]?.evidence.some(({ kind, outcome }) => kind === "registry-signature" && outcome === "verified"),
  );
  // Its own signatures, by its own keys, count for nothing.
  await declare(project, { mirror });
  scene.witness.clear();
  const { status, report: alone } = await scene.run(project, ["gate"]);
  assert.deepEqual([status, alone.verdicts[0]?.findings[0]?.code], [65, "KEY_UNKNOWN"]);
});

async function repointed(resolved = `${elsewhere.url}${ADDRESS}`): Promise<Project> {
  return scene.forged({ "@acme/lib": "1.0.0" }, ({ packages }) => {
    Object.assign(packages["node_modules/@acme/lib"] ?? {}, { resolved });
  });
}

function declare(project: Project, more: Readonly<Record<string, unknown>>): Promise<void> {
  const fixture = registryEntry(home, { home: ["@acme/*", "soup"] });
  return project.writeTrust({ registries: { fixture, ...more } });
}
