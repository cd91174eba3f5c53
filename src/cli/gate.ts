/** `secure-install gate`: the gate in CI, before anything is installed. Verifies, reports, exits; writes nothing. */
import type { World } from "../model/world.js";
import { readProject } from "../pipeline/project.js";
import { verifyProject } from "../pipeline.js";
import { conclude } from "./conclude.js";
import type { CommonFlags } from "./flags.js";
import { withSession } from "./session.js";

/** Judges the lockfile that an installer would read in this folder. */
export async function gate(world: World, flags: CommonFlags): Promise<number> {
  const startedAt = world.clock.elapsed();
  const project = world.environment.workingDirectory;
  return withSession(
    { world, flags, project, thisPlatform: flags.thisPlatform === true, installs: false, gate: true },
    async (session) => {
      const outcomes = [await verifyProject(session.river, await readProject(world, project))];
      return conclude(world, { command: "gate", flags, session, outcomes, installer: null, startedAt });
    },
  );
}
