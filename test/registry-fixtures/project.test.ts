import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chmod, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { makeProject, type Project, registryEntry } from "../../registry-fixtures/project.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";

test("a project has a package.json and an empty home, and nothing is left of it", async () => {
  const project = await makeProject({ dependencies: { greeter: "^1.0.0" } });
  assert.deepEqual(Object.keys(await project.snapshot()), ["package.json"]);
  assert.deepEqual(JSON.parse(await project.read("package.json")), project.manifest);
  assert.ok(existsSync(project.home));
  await project.remove();
  assert.equal(existsSync(project.directory) || existsSync(project.home), false);
});

test("configuration and trust are written where they are looked for", async () => {
  await inProject(async (project) => {
    const simulator = createSimulator({ name: "fixture" });
    await project.writeNpmrc({ registry: simulator.url, "ignore-scripts": true });
    await project.writeTrust({ registries: { fixture: registryEntry(simulator) } });
    assert.equal(await project.read(".npmrc"), `registry=${simulator.url}\nignore-scripts=true\n`);
    const { format, registries } = JSON.parse(await project.read(".secure-install/trust.json"));
    const { url, ecosystem, home, keys, require } = registries.fixture;
    assert.deepEqual([format, url, ecosystem, home], [1, simulator.url, "npm", ["*"]]);
    assert.deepEqual([keys, require], [simulator.trustKeys(), ["integrity", "registry-signature"]]);
  });
});

// Windows keeps no modes, and lets few people make links.
const skip = process.platform === "win32";

test("a snapshot sees every byte, name, link and mode, and nothing else", { skip }, async () => {
  await inProject(async (project) => {
    const at = (path: string) => join(project.directory, path);
    await project.write("lib/a.js", "a");
    await symlink("lib", at("link"));
    const before = await project.snapshot();
    assert.deepEqual(await project.snapshot(), before);
    const changes: Record<string, () => Promise<unknown>> = {
      "another byte": () => writeFile(at("lib/a.js"), "b"),
      "a new file": () => writeFile(at("lib/b.js"), ""),
      "a new empty folder": () => mkdir(at("empty")),
      "a mode": () => chmod(at("lib/a.js"), 0o755),
      "a link that leads elsewhere": async () => {
        await rm(at("link"));
        await symlink("..", at("link"));
      },
      "a file less": () => rm(at("package.json")),
    };
    let last = before;
    for (const [what, change] of Object.entries(changes)) {
      await change();
      const now = await project.snapshot();
      assert.notDeepEqual(now, last, what);
      last = now;
    }
    assert.equal(last.link, "link -> ..");
  });
});

async function inProject(use: (project: Project) => Promise<void>): Promise<void> {
  const project = await makeProject();
  await use(project).finally(() => project.remove());
}
