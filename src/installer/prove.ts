/** Holds what an installer left on disk against what was admitted, file by file, before any script has run. */
import path from "node:path";
import type { Files } from "../model/world.js";
import { expectTree } from "./prove-expected.js";
import type { Proof, ProofRequest } from "./prove-request.js";
import { Prover } from "./prove-walk.js";

/**
 * Proves the node_modules folders of a project and its workspaces: nothing missing, extra, altered, of another type
 * or linked elsewhere. Whatever the lockfile's flags or an older tree led the installer to do, only what was admitted
 * may be there; also names such as `.cache` or `.vite` are extra, since `npm ci` begins by emptying these folders.
 * Empty folders are let be. Links are never followed.
 *
 * What npm (10, 11 and 12) does to an archive's files is allowed for: see `asUnpacked` and `withUnixHashbang`.
 * Permission bits are not compared: npm widens them, and the umask narrows them.
 *
 * To be called after the installer has ended and before any script has begun. Trouble of the disk is thrown.
 */
export async function proveTree(request: ProofRequest): Promise<Proof> {
  const expected = expectTree(request.packages, request.links, request.platform);
  const prover = new Prover(request, expected);
  for (const top of expected.tops) await prover.top(top);
  return await prover.finish();
}

/**
 * Moves a refused tree (a node_modules folder) aside as a whole, so that no program finds its modules, and gives its
 * new path: `<project>/.refused-XXXXXX/node_modules`, on the same disk, and still called by the name that other tools
 * and .gitignore files pass over. Throws as `rename` does.
 */
export async function moveAside(files: Files, tree: string): Promise<string> {
  const folder = await files.makeTemporary(".refused-", path.dirname(tree));
  const place = path.join(folder, path.basename(tree));
  try {
    await files.rename(tree, place);
    return place;
  } catch {
    await files.remove(folder);
  }
  // A mount point can't be moved, but all that is in it: node loads nothing from a folder whose name begins with a dot.
  const inside = await files.makeTemporary(".refused-", tree);
  for (const { name } of (await files.list(tree)) ?? []) {
    if (name !== path.basename(inside)) await files.rename(path.join(tree, name), path.join(inside, name));
  }
  return inside;
}
