/** The one line of trust.json that would settle most of what was refused: right, safe to paste, and one for forty. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { makeProject } from "../../registry-fixtures/project.js";
import { sideBySide } from "../../registry-fixtures/side-by-side.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";
import { RECORDED, recordedRegistry, setNewcomers } from "../attacks/newcomer.js";
import { small } from "../attacks/scene.js";
import { brief } from "../attacks/shown.js";

const scene = await setNewcomers();
const acme = scene.served.url;
const host = new URL(acme).host;

describe("a registry that nobody declared", () => {
  test("forty private packages: one line, which settles all forty once it is pasted", async () => {
    const many = createSimulator({ name: "many", signs: false });
    const packages = Array.from({ length: 40 }, (_, at) => ({ name: `@acme/lib-${at}`, version: "1.0.0" }));
    for (const { name } of packages) many.publish(small(name));
    const { url } = await scene.reach.serveBeside(many);
    const { manifest, lockfile } = sideBySide(many, packages);
    const project = await makeProject(manifest);
    await project.writeLockfile(lockfile);
    await project.writeNpmrc({ "@acme:registry": url });
    const before = await project.snapshot();
    const { status, report } = await scene.run(project, ["audit"]);
    assert.deepEqual(await project.snapshot(), before);
    const [best, ...others] = report.proposals;
    assert.deepEqual([status, best?.settles, others], [65, 40, []]);
    assert.deepEqual(best?.path, ["registries", "localhost"]);
    assert.deepEqual(best?.value, { url, home: ["@acme/*"], require: ["integrity"] });
    assert.equal(best?.line, `"localhost": { "url": "${url}", "home": ["@acme/*"], "require": ["integrity"] }`);
    const told = await scene.told(project, ["audit"]);
    assert.equal(told.split("\n").filter((line) => line.trim() === best?.line).length, 1, told);
    assert.match(
      told,
      /40 packages would come from .*npm's settings send @acme there\. .*trust init writes it down\.\n.*would settle all 40:\n/,
    );
    await project.write(".secure-install/trust.json", `{ "format": 1, "registries": { ${best?.line} } }`);
    const after = await scene.run(project, ["audit"]);
    assert.deepEqual([after.status, after.report.proposals], [0, []], brief(after.report));
    await project.remove();
  });

  test("the default registry, or names without a scope: a mirror, under the public floor", async () => {
    const mirror = recordedRegistry("mirror");
    for (const { name, version } of RECORDED) mirror.strip(name, version);
    const { url } = await scene.reach.serveBeside(mirror);
    const project = await scene.project({ public: 3, npmrc: { registry: url } });
    const { report } = await scene.run(project, ["gate"]);
    const [best] = report.proposals;
    assert.deepEqual(best?.value, { url, serves: "npmjs", evidenceFrom: "npmjs", require: ["integrity"] });
    assert.match(best?.says ?? "", /Does localhost:\d+ mirror npm's public registry\?/);
    await project.write(".secure-install/trust.json", `{ "format": 1, "registries": { ${best?.line} } }`);
    const after = await scene.run(project, ["gate"]);
    assert.deepEqual([after.status, after.report.findings], [0, []], brief(after.report));
  });

  test("what only the lockfile leads there is left out beside what the settings send there", async () => {
    const project = await scene.project({ acme: ["@acme/lib@1.0.0", "@tools/saw@1.0.0"] });
    const { report } = await scene.run(project, ["audit"]);
    const [best] = report.proposals;
    assert.deepEqual([best?.settles, best?.value.home], [1, ["@acme/*"]]);
    assert.match(best?.says ?? "", /Only the lockfile leads @tools there, which is left out/);
  });

  test("a package against which something else stands is not counted as settled", async () => {
    const project = await scene.project({
      acme: ["@acme/lib@1.0.0", "@acme/tool@1.0.0"],
      alter: ({ packages }) => {
        delete packages["node_modules/@acme/tool"]?.integrity;
      },
    });
    const { report } = await scene.run(project, ["audit"]);
    assert.deepEqual(
      report.proposals.map(({ settles }) => settles),
      [1],
    );
  });
});

describe("a registry that is declared", () => {
  const entry = { url: acme, home: ["@acme/*"], require: ["integrity"] };

  test("another scope that npm's settings send there: its home grows", async () => {
    const npmrc = { "@acme:registry": acme, "@tools:registry": acme };
    const project = await scene.project({ acme: ["@acme/lib@1.0.0", "@tools/saw@1.0.0"], npmrc });
    await project.writeTrust({ registries: { acme: entry } });
    const { report } = await scene.run(project, ["audit"]);
    const [best] = report.proposals;
    assert.deepEqual(
      [best?.path, best?.value],
      [
        ["registries", "acme", "home"],
        ["@acme/*", "@tools/*"],
      ],
    );
    await project.writeTrust({ registries: { acme: { ...entry, home: best?.value } } });
    assert.equal((await scene.run(project, ["audit"])).status, 0);
  });

  test("another scope that only the lockfile leads there: a question", async () => {
    const project = await scene.project({ acme: ["@acme/lib@1.0.0", "@tools/saw@1.0.0"] });
    await project.writeTrust({ registries: { acme: entry } });
    const { report } = await scene.run(project, ["audit"]);
    assert.ok(report.proposals[0]?.says.endsWith(`is ${host} really the registry of @tools?`));
  });

  test("a name that is at home in it, and comes from elsewhere: nothing is proposed", async () => {
    const project = await scene.project({
      acme: ["@acme/lib@1.0.0"],
      alter: ({ packages }) => {
        const resolved = "https://elsewhere.example/@acme/lib/-/lib-1.0.0.tgz";
        Object.assign(packages["node_modules/@acme/lib"] ?? {}, { resolved });
      },
    });
    await project.writeTrust({ registries: { acme: entry } });
    const { status, report } = await scene.run(project, ["audit"]);
    assert.deepEqual([status, report.proposals], [65, []]);
  });

  test("a mirror that leaves the signatures out: where to ask for them", async () => {
    const mirror = recordedRegistry("mirror");
    for (const { name, version } of RECORDED) mirror.strip(name, version);
    const { url } = await scene.reach.serveBeside(mirror);
    const project = await scene.project({ public: 3, npmrc: { registry: url } });
    const registry = { url, serves: "npmjs", require: ["integrity"] };
    await project.writeTrust({ registries: { mirror: registry } });
    const { report } = await scene.run(project, ["audit"]);
    const [best] = report.proposals;
    assert.deepEqual([best?.path, best?.value, best?.settles], [["registries", "mirror", "evidenceFrom"], "npmjs", 3]);
    assert.equal(best?.line, '"evidenceFrom": "npmjs"');
  });

  test("a scope of one's own in a mirror, which the public registry does not know: its home", async () => {
    const mixed = recordedRegistry("mixed");
    mixed.publish(small("@acme/lib"));
    const { url } = await scene.reach.serveBeside(mixed);
    const project = await scene.project({
      public: 1,
      acme: ["@acme/lib@1.0.0"],
      npmrc: { registry: url },
      alter: ({ packages }) => {
        const resolved = `${url}@acme/lib/-/lib-1.0.0.tgz`;
        Object.assign(packages["node_modules/@acme/lib"] ?? {}, { resolved });
      },
    });
    for (const more of [{}, { evidenceFrom: "npmjs" }]) {
      await project.writeTrust({ registries: { mixed: { url, serves: "npmjs", require: ["integrity"], ...more } } });
      const { report } = await scene.run(project, ["audit"]);
      const home = report.proposals.find(({ path }) => path.at(-1) === "home");
      assert.deepEqual([home?.value, home?.settles], [["@acme/*"], 1], JSON.stringify(report.proposals));
    }
    scene.origin.status(500, { on: /@acme/ });
    const { report } = await scene.run(project, ["audit"]);
    assert.ok(
      report.proposals.every(({ path }) => path.at(-1) !== "home"),
      "it could not be asked",
    );
  });

  test("a private registry that signs: the key that it shows, as a question; never one of npm's", async () => {
    const signing = createSimulator({ name: "signing" });
    signing.publish(small("@acme/lib"));
    const { url } = await scene.reach.serveBeside(signing);
    const { manifest, lockfile } = sideBySide(signing, [{ name: "@acme/lib", version: "1.0.0" }]);
    const project = await makeProject(manifest);
    await project.writeLockfile(lockfile);
    const registry = { url, home: ["@acme/*"], require: ["integrity", "registry-signature"] };
    await project.writeTrust({ registries: { signing: registry } });
    const { report } = await scene.run(project, ["audit"]);
    const [best] = report.proposals;
    const [key] = signing.trustKeys();
    assert.deepEqual([best?.path, best?.value], [["registries", "signing", "keys"], [key]]);
    assert.match(best?.says ?? "", /Ask whoever runs it, over another channel/);
    await project.writeTrust({ registries: { signing: { ...registry, keys: best?.value } } });
    assert.equal((await scene.run(project, ["audit"])).status, 0);
    await project.remove();
  });
});

describe("nothing that lowers the floor", () => {
  test("unsigned and tampered packages of the public registry: no proposal at all", async () => {
    const [first, second] = RECORDED;
    if (first === undefined || second === undefined) assert.fail();
    scene.origin.strip(first.name, first.version);
    scene.origin.tamper(second.name, second.version, (bytes) => bytes.subarray(0, -1));
    const project = await scene.project({ public: 3 });
    const { status, report } = await scene.run(project, ["audit"]);
    assert.deepEqual([status, report.proposals], [65, []]);
    assert.doesNotMatch(await scene.told(project, ["audit"]), /would settle/);
  });

  test("of whatever is proposed, nothing asks less of a public name, adds a key to npmjs, or excepts", async () => {
    const project = await scene.project({
      public: 2,
      acme: ["@acme/lib@1.0.0", "acme-internal@1.0.0", "@tools/saw@1.0.0"],
    });
    const { report } = await scene.run(project, ["audit"]);
    for (const { file, path, value } of report.proposals) {
      assert.deepEqual([file, path[0]], ["trust.json", "registries"]);
      assert.notEqual(path[1], "npmjs");
      const homes = (value.home ?? []) as readonly string[];
      assert.ok(
        homes.every((pattern) => /^@[^/]+\/\*$/.test(pattern)),
        String(homes),
      );
    }
  });
});
