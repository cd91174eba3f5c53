/** `secure-install --global <spec…>`: packages for npm's own prefix, verified and proven there. */
import { StopError } from "../model/finding.js";
import type { World } from "../model/world.js";
import { handOverGlobally } from "../pipeline/global.js";
import { findPlaces } from "../pipeline/global-prefix.js";
import { inPrivateFolder, privately } from "../pipeline/private.js";
import { inTurn } from "../pipeline/turn.js";
import { installChanged } from "../pipeline.js";
import { conclude } from "./conclude.js";
import { absolute, type InstallFlags, savingFlags } from "./flags.js";
import { findInstaller, installationBy, realFolder } from "./installer.js";
import { withSession } from "./session.js";

/**
 * Locks in a private project, laid out as npm lays out its global folder. Neither the trust store nor the settings of
 * the project in which one happens to stand have a say: what is installed is for all projects, and for none.
 */
export async function installGlobally(
  world: World,
  specs: readonly string[],
  flags: InstallFlags,
  extra: readonly string[],
): Promise<number> {
  const startedAt = world.clock.elapsed();
  const [saving] = savingFlags(flags).filter((flag) => flag !== "--save-exact");
  if (saving !== undefined) throw new StopError("USAGE", `${saving} means nothing with --global`, { at: saving });
  const npm = await findInstaller(world, await realFolder(world));
  return inPrivateFolder(world, async (folder) => {
    const places = await findPlaces(world, npm, folder, absolute(world.environment, flags.prefix));
    const opening = { world, flags, project: folder, thisPlatform: true, installs: true, builtinOnly: true };
    return inTurn(world, places.modules, () =>
      withSession(opening, async (session) => {
        const river = await privately(session.river, folder, { "install-strategy": "shallow" });
        const request = { command: "install" as const, specs, saving: ["--save-exact"] };
        const how = installationBy(npm, flags, extra);
        const outcome = await installChanged(river, folder, how, request, handOverGlobally(places));
        const installer = `npm ${npm.version}`;
        return conclude(world, { command: "install", flags, session, outcomes: [outcome], installer, startedAt });
      }),
    );
  });
}
