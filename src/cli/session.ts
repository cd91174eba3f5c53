/** What every verifying command begins and ends with. */
import { LIMITS } from "../model/limits.js";
import type { World } from "../model/world.js";
import type { RiverOptions } from "../pipeline/river.js";
import { openSession, type Session } from "../pipeline/session.js";
import { absolute, type CommonFlags, omitOf } from "./flags.js";
import { progressDisplay } from "./progress.js";
import { quietly } from "./quiet.js";
import { usingStore } from "./store-upkeep.js";
import { version } from "./version.js";

export interface Opening {
  readonly world: World;
  readonly flags: CommonFlags;
  /** The project's folder, absolute. */
  readonly project: string;
  /** `ci` and installations fetch what this platform gets; `audit` and `gate` take all, unless told. */
  readonly thisPlatform: boolean;
  /** Whether the command installs, rather than only judges. */
  readonly installs: boolean;
  /** Whether this is the gate, where a change of hands refuses. */
  readonly gate?: boolean;
  /** Whether the trust store of the project and its repository has no say. */
  readonly builtinOnly?: boolean;
}

/** Opens a session, hands it to `work`, and closes it again whatever comes. */
export async function withSession<Result>(
  opening: Opening,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const { world, flags, project } = opening;
  const progress = progressDisplay(world.terminal, flags.quiet === true);
  const options: Omit<RiverOptions, "omit"> = {
    signaturesOnly: flags.signaturesOnly === true,
    offline: flags.offline === true,
    thisPlatform: opening.thisPlatform,
    gate: opening.gate === true,
    concurrency: flags.concurrency ?? LIMITS.concurrency,
  };
  const session = await openSession(quietly(world, flags.quiet === true), {
    project,
    trust: absolute(world.environment, flags.trust),
    base: { ref: flags.base ?? null, find: opening.gate === true },
    cafile: absolute(world.environment, flags.cafile),
    omit: omitOf(flags),
    installs: opening.installs,
    builtinOnly: opening.builtinOnly === true,
    options,
    progress,
    userAgent: `secure-install/${version()}`,
  });
  try {
    return await usingStore(world, () => work(session));
  } finally {
    progress.clear();
    await session.close();
  }
}
