/**
 * The day on which a project begins to write down whom it trusts is the day to be deceived: what is wrong by then must
 * not become the measure. Refused stays refused, is not observed, and is not excepted.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Project } from "../../registry-fixtures/project.js";
import { PUBLIC_URL } from "../../registry-fixtures/public-registry.js";
import { sideBySide } from "../../registry-fixtures/side-by-side.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";
import { observedIn, RECORDED, setNewcomers, trustIn } from "./newcomer.js";
import { small } from "./scene.js";
import { brief, codesOf } from "./shown.js";

const scene = await setNewcomers();
const stranger = createSimulator({ name: "stranger" });
stranger.publish(small("@acme/lib"));
const evil = await scene.reach.serveBeside(stranger);
const [first, second] = RECORDED;
if (first === undefined || second === undefined) throw new Error("there are no recorded packages");
const victim = `${first.name}@${first.version}`;

/** Runs init, and asserts that of this package nothing was written down anywhere, and of all others only observations. */
async function refusedAtFirst(project: Project, of: string, code: string, observed: number): Promise<void> {
  const { status, report } = await scene.run(project, ["trust", "init"]);
  assert.equal(status, 65, brief(report));
  assert.ok(codesOf(report, of).includes(code), brief(report));
  const lines = await observedIn(project);
  assert.equal(lines.length, observed);
  assert.ok(lines.every(({ package: name, reviewed }) => name !== `npm:${of}` && reviewed === false));
  const files = Object.keys(await project.snapshot()).filter((file) => file.includes(".secure-install/"));
  for (const file of files) assert.match(file, /(trust\.json|observed\.lock|\.gitattributes)$/);
  const again = await scene.run(project, ["audit"]);
  assert.equal(again.status, 65, "it is still refused");
}

test("a tampered package", async () => {
  scene.origin.tamper(first.name, first.version, (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.from([1])]));
  await refusedAtFirst(await scene.project({ public: 3 }), victim, "DIGEST_MISMATCH", 2);
});

test("an unsigned one, where npm signs all", async () => {
  scene.origin.strip(first.name, first.version);
  await refusedAtFirst(await scene.project({ public: 3 }), victim, "SIGNATURE_ABSENT", 2);
});

test("one that is signed by a stranger", async () => {
  const { signatures = [] } = stranger.release("@acme/lib", "1.0.0").manifest.dist;
  scene.origin.alterSignatures(first.name, first.version, () => signatures);
  await refusedAtFirst(await scene.project({ public: 3 }), victim, "KEY_UNKNOWN", 2);
});

test("one with a signature that was made for another", async () => {
  scene.origin.replay(first.name, first.version, second, "signatures");
  await refusedAtFirst(await scene.project({ public: 3 }), victim, "SIGNATURE_INVALID", 2);
});

test("plain HTTP, and credentials in the address: nothing is asked, declared or proposed", async () => {
  for (const url of [scene.served.url.replace("https:", "http:"), scene.served.url.replace("//", "//ann:secret@")]) {
    const project = await scene.project({
      acme: ["@acme/lib@1.0.0"],
      npmrc: { "@acme:registry": url },
      alter: ({ packages }) => {
        delete packages["node_modules/@acme/lib"]?.resolved;
      },
    });
    scene.acme.reset();
    const { status, report } = await scene.run(project, ["trust", "init"]);
    assert.deepEqual([status, report.declared, report.proposals], [65, [], []], url);
    assert.deepEqual([scene.acme.log, await trustIn(project)], [[], { format: 1 }]);
    assert.doesNotMatch(JSON.stringify(report), /secret/);
  }
});

test("the value of a variable in the address: it is not written into a file that everyone reads", async () => {
  const url = scene.served.url;
  const { port } = new URL(url);
  const project = await scene.project({ acme: ["@acme/lib@1.0.0"] });
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as .npmrc has it
  await project.write(".npmrc", "@acme:registry=https://localhost:${PORT}/\n");
  const { status, report } = await scene.run(project, ["trust", "init"], { PORT: port });
  assert.deepEqual([status, report.declared, report.proposals], [65, [], []]);
  assert.deepEqual(await trustIn(project), { format: 1 });
});

test("a look-alike host is told in full, in letters that cannot be mistaken, or is not proposed at all", async () => {
  for (const [host, shown] of [
    ["npm.\u0430cme.example", null],
    ["npm.xn--cme-5cd.example", "npm.xn--cme-5cd.example"],
    ["npm.acme.example.evil.example", "npm.acme.example.evil.example"],
  ] as const) {
    const project = await scene.project({
      acme: ["@acme/lib@1.0.0"],
      npmrc: {},
      alter: ({ packages }) => {
        const resolved = `https://${host}/@acme/lib/-/lib-1.0.0.tgz`;
        Object.assign(packages["node_modules/@acme/lib"] ?? {}, { resolved });
      },
    });
    const { report } = await scene.run(project, ["audit"]);
    const [best] = report.proposals;
    assert.equal(best?.value.url, shown === null ? undefined : `https://${shown}/`);
    if (shown !== null) assert.ok(best?.says.includes(`is ${shown} really the registry of @acme?`), best?.says);
  }
});

test("a lockfile that leads a scope to a host which .npmrc does not name: a question, and nobody's home", async () => {
  const project = await scene.project({
    public: 2,
    acme: ["@acme/lib@1.0.0", "@acme/tool@1.0.0"],
    alter: ({ packages }) => {
      const entry = packages["node_modules/@acme/lib"] ?? {};
      entry.resolved = entry.resolved?.replace(scene.served.url, evil.url) ?? "";
    },
  });
  const { status, report } = await scene.run(project, ["trust", "init"]);
  assert.equal(status, 65);
  assert.deepEqual(codesOf(report, "@acme/lib@1.0.0"), ["REGISTRY_UNKNOWN"]);
  const { registries = {} } = await trustIn(project);
  assert.deepEqual(
    Object.values(registries).map(({ url }) => url),
    [scene.served.url],
  );
  assert.deepEqual(stranger.log, [], "it was not asked");
  assert.ok((await observedIn(project)).every(({ package: name }) => name !== "npm:@acme/lib@1.0.0"));
});

test("a scope that no setting sends anywhere: the lockfile alone makes no home", async () => {
  const project = await scene.project({ acme: ["@tools/saw@1.0.0"] });
  await project.write(".npmrc", "");
  const { status, report } = await scene.run(project, ["trust", "init"]);
  assert.deepEqual([status, report.declared, await trustIn(project)], [65, [], { format: 1 }]);
  assert.match(report.proposals[0]?.says ?? "", /Only the lockfile leads there: is localhost:\d+ really/);
});

test("a registry that shows npm's keys under its own roof, and re-signs nothing: they are not pinned as its own", async () => {
  const posing = createSimulator({ name: "posing", signs: false });
  posing.publish(small("@acme/lib"));
  const { keys } = await import("../../src/trust/builtin.js").then(({ BUILTIN }) => BUILTIN[0] ?? { keys: [] });
  const shown = keys.map(({ keyid, spki }) => ({ keyid, key: spki, expires: null }));
  posing.put("-/npm/v1/keys", JSON.stringify({ keys: shown }));
  const { url } = await scene.reach.serveBeside(posing);
  const project = await scene.project({
    acme: ["@acme/lib@1.0.0"],
    npmrc: { "@acme:registry": url },
    alter: ({ packages }) => {
      Object.assign(packages["node_modules/@acme/lib"] ?? {}, { resolved: `${url}@acme/lib/-/lib-1.0.0.tgz` });
    },
  });
  const { status, report } = await scene.run(project, ["trust", "init"]);
  assert.equal(status, 0, brief(report));
  const { localhost } = (await trustIn(project)).registries ?? {};
  assert.deepEqual([localhost?.keys, localhost?.require], [undefined, ["integrity"]]);
  assert.match(report.declared[0]?.because.join() ?? "", /shows npm's keys.*none is pinned/);
});

test("public names that a registry signs with a key of its own: they stay under npm's, and are refused", async () => {
  const forging = createSimulator({ name: "forging" });
  forging.publish(small(first.name, first.version));
  const { url } = await scene.reach.serveBeside(forging);
  const { integrity, tarball } = forging.release(first.name, first.version).manifest.dist;
  const project = await scene.project({
    public: 1,
    npmrc: { registry: url },
    alter: ({ packages }) => {
      Object.assign(packages[`node_modules/${first.name}`] ?? {}, { integrity, resolved: `${url}${tarball}` });
    },
  });
  const { status, report } = await scene.run(project, ["trust", "init"]);
  assert.equal(status, 65, brief(report));
  assert.deepEqual(await observedIn(project), []);
  const { localhost } = (await trustIn(project)).registries ?? {};
  assert.deepEqual([localhost?.home, localhost?.keys], [undefined, undefined]);
});

test("a branch that names a new registry, and would send it a token of this machine's: it is not asked", async () => {
  const { host } = new URL(scene.served.url);
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: as .npmrc has it
  for (const key of [
    `//${host}/:_authToken`,
    `//${host.toUpperCase()}/:_authToken`,
    `//${host}/@acme%2flib/:_authToken`,
    `//${host}/-/npm/v1/:_authToken`,
    `//${host}/x/../:_authToken`,
    `//${host}\${NOBODY?}/:_authToken`,
  ]) {
    const project = await scene.project({ public: 1, acme: ["@acme/lib@1.0.0"] });
    await project.write(".secure-install/trust.json", { format: 1 });
    await project.write(".npmrc", `@acme:registry=${scene.served.url}\n${key}=${"${TOKEN}"}\n`);
    scene.acme.reset();
    const { status, report } = await scene.run(project, ["trust", "init"], { TOKEN: "of-this-machine" });
    assert.deepEqual([status, report.declared], [65, []], key);
    assert.deepEqual(scene.acme.log, [], key);
  }
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: as .npmrc has it
});

test("a branch that sends elsewhere a scope which was observed under npm's keys: it does not move", async () => {
  const at = RECORDED.findIndex(({ name }) => name.startsWith("@types/"));
  const project = await scene.project({ public: at + 1 });
  assert.equal((await scene.run(project, ["trust", "init"])).status, 0);
  const taker = createSimulator({ name: "taker", signs: false });
  taker.publish(small("@types/helper"));
  const { url } = await scene.reach.serveBeside(taker);
  const branch = sideBySide(taker, [{ name: "@types/helper", version: "1.0.0" }]);
  await project.write("package.json", JSON.stringify(branch.manifest));
  await project.writeLockfile(branch.lockfile);
  await project.writeNpmrc({ "@types:registry": url });
  const { status, report } = await scene.run(project, ["trust", "init"]);
  assert.deepEqual([status, report.declared, report.written], [65, [], []], brief(report));
  const [proposal] = report.proposals;
  assert.match(proposal?.says ?? "", /But @types was observed under npm's keys: has it really moved to localhost/);
});

test("a lockfile that names a host for each entry: few are asked, and those of npm's settings are among them", async () => {
  const project = await scene.project({
    acme: ["@acme/lib@1.0.0"],
    alter: ({ packages }) => {
      const own = packages["node_modules/@acme/lib"] ?? {};
      const { dependencies } = packages[""] as { dependencies: Record<string, string> };
      for (let at = 0; at < 40; at += 1) {
        const name = `lib-${at}`;
        dependencies[name] = "1.0.0";
        const resolved = `https://host-${at}.invalid/${name}/-/${name}-1.0.0.tgz`;
        packages[`node_modules/${name}`] = { ...own, resolved };
      }
      delete packages["node_modules/@acme/lib"];
      packages["node_modules/@acme/lib"] = own;
    },
  });
  await project.write("package.json", {
    name: "project",
    version: "1.0.0",
    ...JSON.parse(await project.read("package-lock.json")).packages[""],
  });
  const { report } = await scene.run(project, ["trust", "init"]);
  assert.deepEqual(
    Object.values((await trustIn(project)).registries ?? {}).map(({ url }) => url),
    [scene.served.url],
    brief(report),
  );
});

test("init on a branch changes nothing of what a gate says that judges by the base's store", async () => {
  const base = await scene.project({ public: 1 });
  await scene.run(base, ["trust", "init"]);
  const branch = await scene.project({
    acme: ["@acme/lib@1.0.0"],
    npmrc: { "@acme:registry": evil.url },
    alter: ({ packages }) => {
      const { integrity } = stranger.release("@acme/lib", "1.0.0").manifest.dist;
      const resolved = `${evil.url}@acme/lib/-/lib-1.0.0.tgz`;
      Object.assign(packages["node_modules/@acme/lib"] ?? {}, { integrity, resolved });
    },
  });
  const gate = ["gate", "--trust", `${base.directory}/.secure-install`];
  const before = await scene.run(branch, gate);
  assert.equal(
    (await scene.run(branch, ["trust", "init"])).status,
    0,
    "the branch's own store is what the branch says",
  );
  const after = await scene.run(branch, gate);
  assert.deepEqual([before.status, after.status], [65, 65]);
  assert.deepEqual(
    after.report.verdicts.map(({ purl, result }) => [purl, result]),
    before.report.verdicts.map(({ purl, result }) => [purl, result]),
  );
});

test("the public registry's own address is never declared anew", async () => {
  const project = await scene.project({ public: 2, npmrc: { registry: PUBLIC_URL, "@types:registry": PUBLIC_URL } });
  const { status, report } = await scene.run(project, ["trust", "init"]);
  assert.deepEqual([status, report.declared], [0, []], brief(report));
});
