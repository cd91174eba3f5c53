/**
 * Finding a program by its name. `npm run` and npx put the `node_modules/.bin` of this folder and of every folder
 * above it first in PATH, so a repository could plant an `npm` of its own there; and an entry such as `.` means
 * whatever folder we happen to be in.
 */
import path from "node:path";
import type { Environment, Files } from "../model/world.js";

const PATHEXT = ".COM;.EXE;.BAT;.CMD";

/**
 * The first executable called `name` in PATH that lies outside the folder `outside`, as an absolute path; null if
 * there is none. Relative and empty entries are passed over, as is every `node_modules/.bin` (a project may be a part
 * of a larger repository) and an entry inside `outside`, even where what lies in it is a link to a program elsewhere: a link called `npm` could lead to a shell. On Windows, PATHEXT decides.
 *
 * The last part of the result may be a link, left as it is: programs such as Volta's look at the name that they
 * were called by.
 */
export async function findExecutable(
  environment: Environment,
  files: Files,
  name: string,
  outside: string,
): Promise<string | null> {
  const windows = environment.platform === "win32";
  const paths = windows ? path.win32 : path.posix;
  if (name === "" || /[/\\\0]/.test(name)) return null;
  const project = (await files.realPath(outside)) ?? outside;
  for (const entry of entriesOf(environment, windows)) {
    if (!paths.isAbsolute(entry) || isBin(paths, entry)) continue;
    const folder = await files.realPath(entry).catch(() => null);
    if (folder === null || isInside(paths, folder, project) || isBin(paths, folder)) continue;
    for (const file of namesOf(environment, windows, name)) {
      const candidate = paths.join(folder, file);
      const real = await files.realPath(candidate).catch(() => null);
      if (real === null || isInside(paths, real, project)) continue;
      const status = await files.status(real);
      if (status?.type === "file" && (windows || (status.mode & 0o111) !== 0)) return candidate;
    }
  }
  return null;
}

/** Windows writes the variable `Path`, and puts quotes around folders whose names hold a semicolon. */
function entriesOf(environment: Environment, windows: boolean): readonly string[] {
  const value = variable(environment, windows, "PATH") ?? "";
  return windows ? value.split(";").map((entry) => entry.replaceAll('"', "")) : value.split(":");
}

/** A bare `npm` on Windows is a script for a POSIX shell, which Windows can't start: only names with an extension. */
function namesOf(environment: Environment, windows: boolean, name: string): readonly string[] {
  if (!windows) return [name];
  const extensions = (variable(environment, windows, "PATHEXT") || PATHEXT).split(";").filter((one) => one !== "");
  const given = path.win32.extname(name).toLowerCase();
  if (extensions.some((extension) => extension.toLowerCase() === given)) return [name];
  return extensions.map((extension) => name + extension.toLowerCase());
}

function variable(environment: Environment, windows: boolean, name: string): string | undefined {
  if (!windows) return environment.variables[name];
  const key = Object.keys(environment.variables).find((one) => one.toUpperCase() === name);
  return key === undefined ? undefined : environment.variables[key];
}

function isBin(paths: typeof path.posix, folder: string): boolean {
  const [bin, modules] = [paths.basename(folder), paths.basename(paths.dirname(folder))];
  return bin.toLowerCase() === ".bin" && modules.toLowerCase() === "node_modules";
}

function isInside(paths: typeof path.posix, file: string, folder: string): boolean {
  const relative = paths.relative(folder, file);
  return relative === "" || !(relative === ".." || relative.startsWith(`..${paths.sep}`) || paths.isAbsolute(relative));
}
