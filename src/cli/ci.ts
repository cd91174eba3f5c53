/** `secure-install ci`: verify the lockfile, then the installer's frozen install, sealed and proven. */
import type { World } from "../model/world.js";
import type { Session } from "../pipeline/session.js";
import { inTurn } from "../pipeline/turn.js";
import { installFrozen } from "../pipeline.js";
import { conclude } from "./conclude.js";
import { type CommonFlags, formatOf } from "./flags.js";
import { findInstaller, realFolder } from "./installer.js";
import { withSession } from "./session.js";

/** Installs what the lockfile of this folder says, once all of it has passed. */
export async function ci(world: World, flags: CommonFlags, extra: readonly string[]): Promise<number> {
  const startedAt = world.clock.elapsed();
  const project = await realFolder(world);
  const work = async (session: Session): Promise<number> => {
    const npm = await findInstaller(world, project);
    const output = formatOf(flags) === "json" ? "stderr" : "inherit";
    const outcome = await installFrozen(session.river, project, { npm, extra, output });
    const installer = `npm ${npm.version}`;
    return conclude(world, { command: "ci", flags, session, outcomes: [outcome], installer, startedAt });
  };
  // What the run before left is what this one reads.
  return inTurn(world, project, () => withSession({ world, flags, project, thisPlatform: true, installs: true }, work));
}
