/** Which npm is taken: never one of the project, nor of the repository that holds it. */
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { test } from "node:test";
import { setScene } from "../attacks/scene.js";
import { brief } from "../attacks/shown.js";
import { runInside } from "../pipeline/inside.js";

const scene = await setScene(undefined, { inside: true });

/** Something called npm, as real as can be, that leaves a trace when it is run. */
function plantNpm(folder: string): string {
  const cli = join(folder, "npm/bin/npm-cli.js");
  mkdirSync(dirname(cli), { recursive: true });
  writeFileSync(join(folder, "npm/package.json"), '{"name":"npm","version":"11.0.0"}');
  writeFileSync(cli, `#!/usr/bin/env node\nrequire("fs").writeFileSync(__dirname + "/ran", "");\n`);
  chmodSync(cli, 0o755);
  const shim = join(folder, "bin/npm");
  mkdirSync(dirname(shim), { recursive: true });
  symlinkSync(cli, shim);
  return dirname(shim);
}

test("an npm elsewhere in the repository, whose folder stands first in PATH, is not run", async () => {
  const repository = await scene.project({ greeter: "1.0.0" });
  const root = repository.directory;
  mkdirSync(join(root, ".git"));
  const project = { ...repository, directory: join(root, "web") };
  for (const name of ["package.json", "package-lock.json", ".npmrc"]) {
    await repository.write(join("web", name), await repository.read(name));
  }
  const planted = plantNpm(join(root, "tools"));
  const env = { PATH: [planted, scene.witness.path].join(delimiter) };
  const { status, report } = await runInside(project, ["ci"], { caFile: scene.served.caFile, env });
  assert.equal(status, 0, brief(report));
  assert.ok(!existsSync(join(root, "tools/npm/bin/ran")));
  assert.ok(scene.witness.runs().length > 0, "the other one was");
});
