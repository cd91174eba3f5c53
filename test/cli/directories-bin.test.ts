/** Packages whose commands are the files of a folder (`directories.bin`), with registries that spell them out or not. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { lockfileFor } from "../../registry-fixtures/lockfile.js";
import { makeProject, registryEntry } from "../../registry-fixtures/project.js";
import { secureInstall } from "../../registry-fixtures/secure-install.js";
import { type Served, serve } from "../../registry-fixtures/server.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";

const simulator = createSimulator({ name: "fixture" });
let served: Served;

before(async () => {
  const content = { name: "tool-belt", version: "1.0.0", directories: { bin: "./tools" } };
  simulator.publish({
    "package.json": JSON.stringify(content),
    "tools/plane": "#!/usr/bin/env node\nconsole.log('planed');\n",
  });
  served = await serve(simulator);
});
after(() => served.close());

for (const { spelled, version, resolved, linked } of [
  { spelled: true, version: 3, resolved: true, linked: true },
  { spelled: false, version: 3, resolved: false, linked: false },
  // A lockfile of version 1 says nothing of commands: npm takes them from the manifest.
  { spelled: true, version: 1, resolved: true, linked: true },
  { spelled: false, version: 1, resolved: false, linked: true },
] as const) {
  const how = `${spelled ? "spelled out" : "left as it is"} by the registry, lockfile version ${version}`;
  test(`ci: directories.bin ${how}: the tree holds, ${linked ? "with" : "without"} the command`, async () => {
    assert.deepEqual(simulator.release("tool-belt", "1.0.0").manifest.bin, { plane: "tools/plane" });
    if (!spelled) simulator.alterManifest("tool-belt", "1.0.0", ({ bin: _unspoken, ...manifest }) => manifest);
    const project = await makeProject({ dependencies: { "tool-belt": "1.0.0" } });
    await project.writeNpmrc({ registry: served.url });
    await project.writeTrust({ registries: { fixture: registryEntry(simulator) } });
    await project.writeLockfile(lockfileFor(simulator, project.manifest, { version, resolved }));
    const run = await secureInstall(project, ["ci"], { caFile: served.caFile });
    assert.equal(run.status, 0, `${run.stdout}${run.stderr}`);
    const commands = [".bin/plane", ".bin/plane.cmd"].filter((name) =>
      existsSync(join(project.directory, "node_modules", name)),
    );
    assert.equal(commands.length > 0, linked);
    simulator.reset();
    await project.remove();
  });
}
