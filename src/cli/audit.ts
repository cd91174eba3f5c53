/** `secure-install audit [lockfile…]`: verify lockfiles wherever they lie; installs nothing, writes nothing. */
import path from "node:path";
import type { World } from "../model/world.js";
import { projectAt, readProject } from "../pipeline/project.js";
import { type Outcome, verifyProject } from "../pipeline.js";
import { conclude } from "./conclude.js";
import type { CommonFlags } from "./flags.js";
import { withSession } from "./session.js";

/** Audits the lockfile of this folder, or each of those that are named. All are judged by this folder's trust store. */
export async function audit(world: World, lockfiles: readonly string[], flags: CommonFlags): Promise<number> {
  const startedAt = world.clock.elapsed();
  const project = world.environment.workingDirectory;
  return withSession(
    { world, flags, project, thisPlatform: flags.thisPlatform === true, installs: false },
    async (session) => {
      const outcomes: Outcome[] = [];
      if (lockfiles.length === 0) outcomes.push(await verifyProject(session.river, await readProject(world, project)));
      for (const lockfile of lockfiles) {
        outcomes.push(await verifyProject(session.river, await projectAt(world, path.resolve(project, lockfile))));
      }
      return conclude(world, { command: "audit", flags, session, outcomes, installer: null, startedAt });
    },
  );
}
