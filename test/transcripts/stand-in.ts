/** An npm that does what npm would not do, first in PATH. */
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { realNpm } from "../installer/real-npm.js";
import type { Stage } from "./told.js";

/**
 * Puts it in place. `script` is what runs in its place, as JavaScript; `main` in it is the path of the real npm's own
 * script, which does npm's work when it is required.
 */
export async function standInForNpm({ project, env }: Stage, script: string): Promise<void> {
  const real = await realNpm();
  const folder = join(project.home, "stand-in");
  const root = join(folder, "node_modules", "npm");
  await mkdir(join(root, "bin"), { recursive: true });
  await writeFile(join(root, "package.json"), JSON.stringify({ name: "npm", version: real.version }));
  await writeFile(join(root, "bin", "npm-cli.js"), `const main = ${JSON.stringify(real.cli)};\n${script}\n`);
  // Which settings this npm knows is read from its own dependencies.
  await symlink(join(dirname(dirname(real.cli)), "node_modules"), join(root, "node_modules"), "junction");
  for (const name of ["npm", "npm.cmd"]) {
    await writeFile(join(folder, name), "");
    await chmod(join(folder, name), 0o755);
  }
  env.PATH = [folder, process.env.PATH ?? ""].join(delimiter);
}
