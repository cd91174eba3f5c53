/** `trust diff`, as a reviewer types it in a repository. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { generateKey, revokeKey } from "openpgp";
import { makeProject, type Project } from "../../registry-fixtures/project.js";
import { trustDiff } from "../../src/cli/trust-diff.js";
import { realWorld } from "../../src/cli/world.js";
import { typeInside } from "../pipeline/inside.js";
import { commitAll, initialize } from "../pipeline/repository.js";

const made: Project[] = [];
after(() => Promise.all(made.map((project) => project.remove())));

const RULE = { select: "npm:@acme/*", require: ["provenance", "manifest"], reason: "ours" };

async function repository(): Promise<Project> {
  const project = await makeProject();
  made.push(project);
  await project.writeTrust({ rules: [RULE] });
  initialize(project.directory);
  return project;
}

const diff = (project: Project, ...args: readonly string[]) => typeInside(project, ["trust", "diff", ...args]);

test("nothing changed is one line, also where the text is laid out otherwise", async () => {
  const project = await repository();
  const nothing = { status: 0, stdout: "Nothing that the trust store means has changed since HEAD.\n", stderr: "" };
  assert.deepEqual(await diff(project), nothing);
  await project.write(".secure-install/trust.json", JSON.stringify({ rules: [RULE], format: 1 }));
  assert.deepEqual(await diff(project), nothing);
});

test("every change in words, weaker first, in columns", async () => {
  const project = await repository();
  await project.writeTrust({ rules: [{ ...RULE, require: ["provenance"] }] });
  await project.write(".secure-install/deny.json", { format: 1, deny: [{ select: "npm:evil", reason: "malware" }] });
  const { status, stdout } = await diff(project);
  assert.equal(status, 0);
  assert.equal(
    stdout,
    [
      "The trust store since HEAD: 1 weaker, 1 stronger, 0 other.",
      "",
      "  WEAKER    rules[0]  npm:@acme/* need no longer show manifest, only provenance.",
      "  STRONGER  deny[0]   npm:evil is denied: malware.",
      "",
    ].join("\n"),
  );
});

test("against another commit, and as JSON", async () => {
  const project = await repository();
  await project.writeTrust({ rules: [] });
  commitAll(project.directory);
  assert.match((await diff(project)).stdout, /^Nothing/);
  const { stdout, status } = await diff(project, "HEAD~1", "--json");
  const { changes, ...rest } = JSON.parse(stdout);
  assert.deepEqual(rest, { format: 1, command: "trust diff", base: "HEAD~1", weaker: 1, stronger: 0, other: 0 });
  assert.deepEqual([status, changes[0].direction, changes[0].place], [0, "weaker", "rules[0]"]);
});

test("the store is gone, or is new", async () => {
  const project = await repository();
  rmSync(join(project.directory, ".secure-install"), { recursive: true });
  assert.match((await diff(project)).stdout, /WEAKER +\.secure-install +The trust store is gone/);
  commitAll(project.directory);
  await project.writeTrust({});
  assert.match((await diff(project)).stdout, /OTHER +\.secure-install +There was no trust store/);
});

test("a commit that is not there, a store that could not be read there, and no repository at all", async () => {
  const project = await repository();
  assert.equal((await diff(project, "nowhere")).status, 78);
  await project.write(".secure-install/trust.json", "{");
  commitAll(project.directory);
  await project.writeTrust({});
  const broken = await diff(project);
  assert.equal(broken.status, 78);
  assert.match(broken.stderr, /As it stood at HEAD/);
  assert.match(broken.stderr, /HEAD:\.secure-install\/trust\.json:1/);
  const outside = await makeProject();
  made.push(outside);
  const { status, stderr } = await diff(outside);
  assert.equal(status, 78);
  assert.match(stderr, /does not lie in a git repository/);
});

test("a revocation that is added to a certificate is stronger; one that is stripped from it is weaker", async () => {
  const project = await repository();
  const key = await generateKey({ userIDs: [{ name: "Anna" }], format: "object" });
  const { publicKey } = await revokeKey({
    key: key.privateKey,
    reasonForRevocation: { string: "stolen" },
    format: "object",
  });
  const file = `.secure-install/keys/${key.publicKey.getFingerprint().toUpperCase()}.asc`;
  await project.write(file, key.publicKey.armor());
  commitAll(project.directory);
  await project.write(file, publicKey.armor());
  assert.match((await diff(project)).stdout, /STRONGER +keys\/.* A revocation was added/);
  commitAll(project.directory);
  await project.write(file, key.publicKey.armor());
  assert.match((await diff(project)).stdout, /WEAKER +keys\/.* no longer be revoked/);
});

test("what the store says can't repaint a reviewer's terminal, which gets colour only where there is any", async () => {
  const project = await repository();
  const reason = "x\u001b[2J\u202e";
  await project.write(".secure-install/deny.json", { format: 1, deny: [{ select: "npm:evil", reason }] });
  const { stdout } = await diff(project);
  assert.ok(!/[\u001b\u202e]/.test(stdout));
  const world = realWorld();
  const environment = { ...world.environment, workingDirectory: project.directory };
  let told = "";
  const out = (text: string): void => {
    told += text;
  };
  const terminal = { ...world.terminal, color: true, out };
  await trustDiff({ ...world, environment, terminal }, "HEAD", {});
  await world.workers.close();
  assert.match(told, /^ {2}\u001b\[32mSTRONGER\u001b\[0m {2}deny\[0\]/m);
  assert.equal(told.match(/\u001b/g)?.length, 2);
});
