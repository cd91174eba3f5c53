/** Somebody who has no trust store yet: packages of npm's own beside those of a private registry. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { servePublicly } from "../../registry-fixtures/public-registry.js";
import { sideBySide } from "../../registry-fixtures/side-by-side.js";
import { RECORDED, recordedRegistry } from "../attacks/newcomer.js";
import type { Stage } from "./told.js";

/** Takes the trust store away, and has the project want packages of the public registry; what it wants stays. */
export async function withoutStore(stage: Stage): Promise<void> {
  const { project, served, env } = stage;
  const origin = recordedRegistry("npmjs");
  const reach = await servePublicly(origin);
  stage.cleanups.push(() => reach.close());
  await rm(join(project.directory, ".secure-install"), { recursive: true });
  await project.writeNpmrc({ "@fixture:registry": served.url });
  await addPublic(stage, origin);
  for (const { key } of stage.simulator.trustKeys()) stage.places.push([key, "{key of npm.acme.example}"]);
  const authorities = join(project.home, "authorities.pem");
  await writeFile(
    authorities,
    (await Promise.all([served.caFile, reach.caFile].map((file) => readFile(file)))).join("\n"),
  );
  Object.assign(env, reach.env, { NODE_EXTRA_CA_CERTS: authorities });
}

async function addPublic({ project }: Stage, origin: ReturnType<typeof recordedRegistry>): Promise<void> {
  const { manifest, lockfile } = sideBySide(origin, RECORDED.slice(0, 3));
  const own = JSON.parse(await project.read("package.json"));
  const locked = JSON.parse(await project.read("package-lock.json").catch(() => '{ "packages": {} }'));
  const dependencies = { ...own.dependencies, ...manifest.dependencies };
  const root = { name: own.name, version: own.version, dependencies };
  await project.write("package.json", { ...own, dependencies });
  const packages = { ...lockfile.packages, ...locked.packages, "": root };
  await project.write("package-lock.json", { ...lockfile, name: own.name, version: own.version, packages });
}
