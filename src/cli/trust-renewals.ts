/** The commands below `trust` that fetch what proofs are held against, or carry it to where nothing can be fetched. */
import type { Command } from "commander";
import type { World } from "../model/world.js";
import { type CommonFlags, withStore } from "./flags.js";
import type { RefreshFlags } from "./trust-refresh.js";

type Done = (status: number) => void;

/** Adds `refresh`, `evidence export` and `evidence import`. */
export function addRenewals(trust: Command, world: World, done: Done): void {
  const refresh = trust.command("refresh").description("renew npm's own keys and Sigstore's roots, for review");
  withReach(refresh.option("--json", "as JSON"))
    .option("--dry-run", "say what would change, and write nothing")
    .action(async (flags: RefreshFlags) => {
      const { trustRefresh } = await import("./trust-refresh.js");
      done(await trustRefresh(world, flags));
    });
  const evidence = trust.command("evidence").description("what registries say of packages, for networks without them");
  const out = evidence.command("export").description("what they say of every package of this lockfile, as lines");
  withReach(out)
    .option("--output <file>", "write them to a file instead of stdout")
    .option("--offline", "use only what the store holds")
    .action(async (flags: CommonFlags) => {
      const { exportEvidence } = await import("./trust-evidence.js");
      done(await exportEvidence(world, flags));
    });
  const into = evidence.command("import <file>").description("keep those lines in the store, to be verified when used");
  withStore(into)
    .option("--quiet", "say nothing when all is well")
    .action(async (file: string, flags: CommonFlags) => {
      const { importEvidence } = await import("./trust-evidence.js");
      done(await importEvidence(world, file, flags));
    });
}

/** The flags of what asks the network and writes no report. */
function withReach(command: Command): Command {
  return command
    .option("--trust <dir>", "the trust store")
    .option("--cafile <file>", "certificate authorities (PEM) to believe besides the known ones")
    .option("--quiet", "say nothing when all is well");
}
