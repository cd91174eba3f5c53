/** The first five minutes: from a project without a trust store to one that passes, with nothing hidden. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { observedIn, RECORDED, recordedRegistry, setNewcomers, trustIn } from "../attacks/newcomer.js";
import { setScene, small } from "../attacks/scene.js";
import { brief } from "../attacks/shown.js";

const scene = await setNewcomers();
const installing = await setScene(undefined, { inside: true });
const acme = scene.served.url;

test("packages of npm alone: everything is observed, first seen and unreviewed, and nothing is declared", async () => {
  const project = await scene.project({ public: 3 });
  await project.write(".npmrc", "");
  const { status, report } = await scene.run(project, ["trust", "init"]);
  assert.equal(status, 0, brief(report));
  assert.deepEqual(await trustIn(project), { format: 1 });
  const lines = await observedIn(project);
  assert.equal(lines.length, 3);
  for (const line of lines) {
    assert.deepEqual([line.registry, line.reviewed, line.evidence], ["npmjs", false, ["registry-signature"]]);
  }
  assert.deepEqual(
    report.provenBy.map(({ by, kind, count }) => [by, kind, count]),
    [["npmjs", "registry-signature", 3]],
  );
  assert.deepEqual(report.observed, { added: 3, total: 3 });
  assert.equal((await scene.run(project, ["gate"])).status, 0);
});

test("a private registry that npm's settings name for a scope: declared as its home, and the project passes", async () => {
  const project = await scene.project({ public: 2, acme: ["@acme/lib@1.0.0", "@acme/tool@1.0.0"] });
  assert.equal((await scene.run(project, ["audit"])).status, 65);
  const { status, report } = await scene.run(project, ["trust", "init"]);
  assert.equal(status, 0, brief(report));
  assert.deepEqual(await trustIn(project), {
    format: 1,
    registries: { localhost: { url: acme, home: ["@acme/*"], require: ["integrity"] } },
  });
  const [, alone] = report.provenBy;
  assert.deepEqual([alone?.kind, alone?.packages], ["checksum", ["@acme/lib@1.0.0", "@acme/tool@1.0.0"]]);
  assert.match(report.declared[0]?.because.join() ?? "", /settings send that scope there/);
  assert.deepEqual(
    scene.origin.log.filter(({ path }) => path.includes("acme")),
    [],
    "private names are not told to the public registry",
  );
  assert.equal((await observedIn(project)).length, 4);
});

test("a second run with nothing new changes no byte, and says so", async () => {
  const project = await scene.project({ public: 2, acme: ["@acme/lib@1.0.0"] });
  await scene.run(project, ["trust", "init"]);
  const before = await project.snapshot();
  const { status, report } = await scene.run(project, ["trust", "init"]);
  assert.deepEqual([status, report.written, report.declared, report.observed], [0, [], [], { added: 0, total: 3 }]);
  assert.deepEqual(await project.snapshot(), before);
  assert.match(
    await scene.told(project, ["trust", "init"]),
    /^Nothing new\n {2}3 observations before and after; no byte of \.secure-install was changed\.$/m,
  );
});

test("a later run appends what is new, and leaves the rest as it is", async () => {
  const project = await scene.project({ public: 2 });
  await scene.run(project, ["trust", "init"]);
  const before = (await project.read(".secure-install/observed.lock")).split("\n");
  const larger = await scene.project({ public: 4 });
  for (const file of ["package.json", "package-lock.json"]) await project.write(file, await larger.read(file));
  const { report } = await scene.run(project, ["trust", "init"]);
  const after = (await project.read(".secure-install/observed.lock")).split("\n");
  assert.deepEqual(report.observed, { added: 2, total: 4 });
  for (const line of before) assert.ok(after.includes(line));
  assert.deepEqual(report.written, ["observed.lock"]);
});

test("a trust.json of one's own is only added to: order, spacing and everything else stay", async () => {
  const project = await scene.project({ public: 1, acme: ["@acme/lib@1.0.0"] });
  const own =
    '{ "format": 1,\n    "rules": [ ],\n    "registries": { "npmjs": {"require": ["integrity", "registry-signature"]} } }\n';
  await project.write(".secure-install/trust.json", own);
  const { status, report } = await scene.run(project, ["trust", "init"]);
  assert.equal(status, 0, brief(report));
  const text = await project.read(".secure-install/trust.json");
  const start = own.slice(0, own.indexOf("}}") + 1).replace(/\}\s*\}\s*\}?$/, "");
  assert.ok(text.startsWith(start.slice(0, 60)), text);
  const { registries } = JSON.parse(text);
  assert.deepEqual(Object.keys(registries), ["npmjs", "localhost"]);
});

test("a mirror that shows npm's signatures: it serves npmjs, and npm is asked for nothing", async () => {
  const mirror = recordedRegistry("mirror");
  const { url } = await scene.reach.serveBeside(mirror);
  const project = await scene.project({ public: 4, npmrc: { registry: url } });
  const { status, report } = await scene.run(project, ["trust", "init"]);
  assert.equal(status, 0, brief(report));
  assert.deepEqual((await trustIn(project)).registries, {
    localhost: { url, serves: "npmjs", require: ["integrity"] },
  });
  assert.match(report.declared[0]?.because.join() ?? "", /shows npm's own signatures/);
  assert.deepEqual(
    report.provenBy.map(({ by, count }) => [by, count]),
    [["npmjs", 4]],
  );
  assert.deepEqual(scene.origin.log, []);
});

test("a mirror that leaves the signatures out: npm is asked for them, once for each package", async () => {
  const mirror = recordedRegistry("mirror");
  for (const { name, version } of RECORDED) mirror.strip(name, version);
  const { url } = await scene.reach.serveBeside(mirror);
  const project = await scene.project({ public: 4, npmrc: { registry: url } });
  const { status, report } = await scene.run(project, ["trust", "init"]);
  assert.equal(status, 0, brief(report));
  assert.deepEqual((await trustIn(project)).registries, {
    localhost: { url, serves: "npmjs", evidenceFrom: "npmjs", require: ["integrity"] },
  });
  const asked = scene.origin.log.map(({ path }) => path).filter((path) => /\/[^/]+\/\d/.test(path));
  assert.equal(new Set(asked).size, asked.length, "no version was asked for twice");
});

test("a virtual registry with both: public names stay under npm's keys, the others are at home there", async () => {
  const mixed = recordedRegistry("mixed");
  for (const name of ["@acme/lib", "acme-internal"]) mixed.publish(small(name));
  const { url } = await scene.reach.serveBeside(mixed);
  const project = await scene.project({
    public: 2,
    acme: ["@acme/lib@1.0.0", "acme-internal@1.0.0"],
    npmrc: { registry: url },
    alter: ({ packages }) => {
      for (const entry of Object.values(packages)) {
        if (entry.resolved !== undefined) entry.resolved = entry.resolved.replace(acme, url);
      }
    },
  });
  const { status, report } = await scene.run(project, ["trust", "init"]);
  assert.equal(status, 0, brief(report));
  const { localhost } = (await trustIn(project)).registries ?? {};
  assert.deepEqual([localhost?.serves, localhost?.home], ["npmjs", ["@acme/*", "acme-internal"]]);
  assert.deepEqual(
    report.provenBy.map(({ kind, count }) => [kind, count]),
    [
      ["registry-signature", 2],
      ["checksum", 2],
    ],
  );
});

test("a public scope that npm's settings send to a mirror: it stays under npm's keys, also where they are left out", async () => {
  const types = RECORDED.filter(({ name }) => name.startsWith("@types/"));
  assert.ok(types.length > 0);
  for (const stripped of [true, false]) {
    const mirror = recordedRegistry("mirror");
    for (const { name, version } of stripped ? RECORDED : []) mirror.strip(name, version);
    const { url } = await scene.reach.serveBeside(mirror);
    const project = await scene.project({ public: 4, npmrc: { registry: url, "@types:registry": url } });
    const { status, report } = await scene.run(project, ["trust", "init"]);
    assert.equal(status, 0, brief(report));
    const { localhost } = (await trustIn(project)).registries ?? {};
    assert.deepEqual([localhost?.serves, localhost?.home], ["npmjs", undefined]);
    assert.deepEqual(
      report.provenBy.map(({ by, count }) => [by, count]),
      [["npmjs", 4]],
    );
  }
});

test("the lockfile of this folder, and those that are named: one store at the repository's root", async () => {
  const project = await scene.project({ public: 1 });
  await project.write(".git/HEAD", "ref: refs/heads/main\n");
  const other = await scene.project({ public: 3 });
  for (const file of ["package.json", "package-lock.json"]) await project.write(`api/${file}`, await other.read(file));
  const { status, report } = await scene.run(project, ["trust", "init", "api"]);
  assert.equal(status, 0, brief(report));
  assert.equal((await observedIn(project)).length, 3);
  assert.equal(report.counts.entries, 4);
});

test("the gate by the base's store: what nobody has observed yet is no failure, and is counted in the last line", async () => {
  const base = await scene.project({ public: 1 });
  await scene.run(base, ["trust", "init"]);
  const branch = await scene.project({ public: 3 });
  const gate = ["gate", "--trust", `${base.directory}/.secure-install`];
  assert.equal((await scene.run(branch, gate)).status, 0);
  assert.match(await scene.told(branch, gate), /^PASSED {2}3 packages: .* 1 first seen, 2 never observed;/m);
});

test("two branches that both observe something: their lines merge by taking both", async () => {
  const [one, other] = await Promise.all([scene.project({ public: 2 }), scene.project({ public: 4 })]);
  for (const project of [one, other]) await scene.run(project, ["trust", "init"]);
  assert.equal(await one.read(".secure-install/.gitattributes"), await other.read(".secure-install/.gitattributes"));
  const both = (await one.read(".secure-install/observed.lock")) + (await other.read(".secure-install/observed.lock"));
  await one.write(".secure-install/observed.lock", both);
  const { status, report } = await scene.run(one, ["trust", "init"]);
  assert.deepEqual([status, report.observed.added], [0, 0], brief(report));
});

test("installed by hand: what passed is remembered; ci, gate and audit only read", async () => {
  const project = await installing.project({ hummer: "^1.0.0" });
  const store = await project.read(".secure-install/trust.json");
  const before = await project.snapshot();
  for (const command of ["audit", "gate"]) await installing.run(project, [command]);
  assert.deepEqual(await project.snapshot(), before);
  await installing.run(project, ["ci"]);
  assert.deepEqual(await observedIn(project), [], "ci only reads");
  const { status, report } = await installing.run(project, ["greeter@1.0.0"]);
  assert.equal(status, 0, brief(report));
  const lines = await observedIn(project);
  const named = lines.map(({ package: name, reviewed }) => [name, reviewed]);
  for (const { name, version } of [
    { name: "greeter", version: "1.0.0" },
    { name: "left-padder", version: "1.1.1" },
  ]) {
    assert.ok(
      named.some(([text, reviewed]) => text === `npm:${name}@${version}` && reviewed === false),
      `${name}`,
    );
  }
  assert.equal(await project.read(".secure-install/trust.json"), store);
  await installing.run(project, ["npm", "uninstall", "greeter"]);
  assert.equal((await observedIn(project)).length, lines.length, "what was seen stays");
});

test("installed by hand where there is no trust store: none is made", async () => {
  const project = await scene.project({});
  await project.write(".npmrc", "");
  const { status, report } = await scene.run(project, ["is-stream@2.0.1"]);
  assert.equal(status, 0, brief(report));
  assert.deepEqual(await observedIn(project), []);
});
