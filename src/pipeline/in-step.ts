/** Whether a project needs another lockfile before it can be installed by it. */
import path from "node:path";
import type { Artifact } from "../model/artifact.js";
import { type Finding, refuses, StopError } from "../model/finding.js";
import type { World } from "../model/world.js";
import { readPackageJson, readProject } from "./project.js";

const LOCKFILES = ["package-lock.json", "npm-shrinkwrap.json"];

/**
 * True where there is no lockfile, or where nothing is wrong with it but that package.json has moved on. A lockfile
 * with anything else against it is not written anew: whoever took a digest out of it would have npm fill in another.
 * Folders that were a workspace once carry no digest, and what npm makes of them is judged with the new lockfile.
 * Throws StopError LOCKFILE_UNREADABLE where there is no package.json, or a lockfile that can't be read.
 */
export async function toBringInStep(world: World, directory: string): Promise<boolean> {
  if ((await readPackageJson(world, directory)) === null) {
    const help = "Go to the project's folder; or name what is to be installed: secure-install npm install <package>.";
    const says = `there is no package.json in ${directory}`;
    throw new StopError("LOCKFILE_UNREADABLE", says, { at: directory, help });
  }
  const found = await Promise.all(LOCKFILES.map((name) => world.files.status(path.join(directory, name))));
  if (found.every((status) => status === null)) return true;
  const { lockfile, findings } = await readProject(world, directory);
  const packages = lockfile.artifacts.filter((artifact) => !isFolder(artifact));
  const against = [...findings, ...packages.flatMap((artifact) => artifact.findings)];
  return findings.some(isBehind) && against.every((item) => isBehind(item) || !refuses(item));
}

function isFolder({ source, location }: Artifact): boolean {
  return source.type === "link" || source.type === "workspace" || !location.includes("node_modules/");
}

function isBehind(item: Finding): boolean {
  return item.code === "LOCKFILE_OUT_OF_DATE";
}
