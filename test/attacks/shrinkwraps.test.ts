/** Packages with an npm-shrinkwrap.json of their own, which npm follows in the lockfile's place. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Altered, setScene, small } from "./scene.js";
import { codesOf, findingsOf } from "./shown.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;

const WORDS = "node_modules/frozen-choir/node_modules/@fixture/words";
const CHOIR = { "frozen-choir": "1.0.0" };

/** An entry as a lockfile has it. */
function entryOf(name: string, version: string) {
  const { integrity, tarball } = simulator.release(name, version).manifest.dist;
  return { version, resolved: `${scene.served.url}${tarball}`, integrity };
}

/** Publishes a package that asks for @fixture/words, with this shrinkwrap inside; its lockfile is honest by itself. */
async function wrapped(name: string, words: Readonly<Record<string, unknown>>) {
  const asks = { dependencies: { "@fixture/words": "^2.0.0" } };
  const packages = { "": { name, ...asks }, "node_modules/@fixture/words": words };
  const shrinkwrap = { name, version: "1.0.0", lockfileVersion: 3, requires: true, packages };
  simulator.publish({ ...small(name, "1.0.0", asks), "npm-shrinkwrap.json": JSON.stringify(shrinkwrap) });
  return scene.forged({ [name]: "1.0.0" }, ({ packages: locked }) => {
    locked[`node_modules/${name}/node_modules/@fixture/words`] = {
      ...entryOf("@fixture/words", "2.0.0"),
      license: "MIT",
    };
  });
}

test("a shrinkwrap that leads npm to another version than the one that was judged", async () => {
  const project = await scene.forged(CHOIR, ({ packages }) => {
    packages[WORDS] = entryOf("@fixture/words", "2.1.0");
  });
  for (const args of [["gate"], ["ci"], ["audit"]]) {
    const report = await scene.refused(project, { code: "MANIFEST_MISMATCH", of: "frozen-choir@1.0.0", args });
    const [found] = findingsOf(report, "frozen-choir@1.0.0");
    assert.deepEqual([found?.expected, found?.got], ["@fixture/words@2.1.0", "@fixture/words@2.0.0"]);
    assert.deepEqual(codesOf(report, "@fixture/words@2.1.0"), []);
  }
});

test("a shrinkwrap whose package the lockfile keeps quiet, and npm installs all the same", async () => {
  const project = await scene.forged(CHOIR, ({ packages }) => {
    packages["node_modules/@fixture/words"] = entryOf("@fixture/words", "2.0.0");
    delete packages[WORDS];
  });
  await scene.refused(project, { code: "MANIFEST_MISMATCH", of: "frozen-choir@1.0.0", args: ["gate"] });
});

test("a shrinkwrap without a digest: npm would take whatever it is given there", async () => {
  const project = await wrapped("loose-choir", { version: "2.0.0", license: "MIT" });
  await scene.refused(project, { code: "LOCKFILE_INTEGRITY_ABSENT", of: "loose-choir@1.0.0", args: ["gate"] });
});

test("a shrinkwrap that names a host nobody declared, or no TLS: npm would ask it with what credentials it has", async () => {
  const { integrity } = entryOf("@fixture/words", "2.0.0");
  const path = "@fixture/words/-/words-2.0.0.tgz";
  for (const [index, base] of ["https://elsewhere.example/", scene.served.url.replace("https:", "http:")].entries()) {
    const name = `led-choir-${index}`;
    const project = await wrapped(name, { version: "2.0.0", license: "MIT", integrity, resolved: `${base}${path}` });
    const report = await scene.refused(project, { code: "MANIFEST_MISMATCH", of: `${name}@1.0.0`, args: ["gate"] });
    assert.match(findingsOf(report, `${name}@1.0.0`)[0]?.says ?? "", /another address/);
  }
});

test("a package for other platforms inside a shrinkwrap, by which npm might see it otherwise", async () => {
  const asks = { optionalDependencies: { "@fixture/words": "^2.0.0" } };
  const words = { ...entryOf("@fixture/words", "2.0.0"), license: "MIT", optional: true, os: ["aix"] };
  const packages = { "": { name: "other-choir", ...asks }, "node_modules/@fixture/words": words };
  const shrinkwrap = { name: "other-choir", version: "1.0.0", lockfileVersion: 3, requires: true, packages };
  simulator.publish({ ...small("other-choir", "1.0.0", asks), "npm-shrinkwrap.json": JSON.stringify(shrinkwrap) });
  const project = await scene.forged({ "other-choir": "1.0.0" }, ({ packages: locked }) => {
    for (const place of Object.keys(locked)) if (place.endsWith("node_modules/@fixture/words")) delete locked[place];
    locked["node_modules/other-choir/node_modules/@fixture/words"] = words;
  });
  const args = ["gate", "--this-platform"];
  const report = await scene.refused(project, { code: "MANIFEST_MISMATCH", of: "@fixture/words@2.0.0", args });
  assert.equal(report.counts.otherPlatform, 0);
});

test("a shrinkwrap with an address of its own, away from the registry", async () => {
  const { integrity } = entryOf("@fixture/words", "2.0.0");
  const away = { version: "2.0.0", license: "MIT", integrity, resolved: "https://evil.example/words.tgz" };
  const project = await wrapped("errant-choir", away);
  await scene.refused(project, { code: "MANIFEST_MISMATCH", of: "errant-choir@1.0.0", args: ["gate"] });
});

test("a shrinkwrap that adds a command to what its package has", async () => {
  const { integrity } = entryOf("@fixture/words", "2.0.0");
  const project = await wrapped("busy-choir", {
    version: "2.0.0",
    license: "MIT",
    integrity,
    bin: { git: "index.js" },
  });
  await scene.refused(project, { code: "MANIFEST_MISMATCH", of: "busy-choir@1.0.0", args: ["gate"] });
});

test("a bundled package that is said to have a shrinkwrap, for which npm would fetch it", async () => {
  const flag = ({ packages }: Altered) => {
    Object.assign(packages["node_modules/picnic-basket/node_modules/sandwich"] ?? {}, { hasShrinkwrap: true });
  };
  const project = await scene.forged({ "picnic-basket": "1.0.0" }, flag);
  await scene.refused(project, { code: "MANIFEST_MISMATCH", of: "sandwich@1.0.0", args: ["gate"] });
});

test("the same shrinkwrap at two places is held against each", async () => {
  simulator.publish(small("stage", "1.0.0", { dependencies: CHOIR }));
  const project = await scene.forged({ ...CHOIR, stage: "1.0.0" }, ({ packages }) => {
    const [choir, words] = [packages["node_modules/frozen-choir"], packages[WORDS]];
    assert.ok(choir && words);
    packages["node_modules/stage/node_modules/frozen-choir"] = choir;
    packages[`node_modules/stage/${WORDS}`] = entryOf("@fixture/words", "2.1.0");
  });
  const report = await scene.refused(project, { code: "MANIFEST_MISMATCH", of: "frozen-choir@1.0.0", args: ["gate"] });
  const results = report.verdicts.filter(({ purl }) => purl.includes("frozen-choir")).map(({ result }) => result);
  assert.deepEqual(results, ["PASSED", "FAILED"]);
});

test("an honest shrinkwrap passes the gate", async () => {
  const { status, report } = await scene.run(await scene.project(CHOIR), ["gate"]);
  assert.deepEqual([status, report.result], [0, "PASSED"]);
});
