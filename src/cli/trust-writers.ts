/** The commands of `trust` that let something through, or take something out: as the command line knows them. */
import type { Command } from "commander";
import type { World } from "../model/world.js";
import { listed, withStore } from "./flags.js";
import type { AcceptFlags } from "./trust-accept.js";
import type { ExceptFlags } from "./trust-except.js";
import type { WritingFlags } from "./trust-writing.js";

type Done = (status: number) => void;

/** Adds `except`, `deny`, `accept` and `remove`. */
export function addWriters(trust: Command, world: World, done: Done): void {
  const except = ofOneEntry(writing(trust, "except <package@version>", "let exactly these bytes through, for a while"))
    .option("--waive <kinds>", "the kinds of evidence that they need not show, with commas between")
    .option("--expires <when>", "when it ends: a date, 12h, 30d (default: in a day)");
  except.action(async (said: string, flags: ExceptFlags) => {
    const { trustExcept } = await import("./trust-except.js");
    done(await trustExcept(world, said, flags));
  });
  writing(trust, "deny <selector>", "what never passes").action(async (selector: string, flags: WritingFlags) => {
    const { trustDeny } = await import("./trust-deny.js");
    done(await trustDeny(world, selector, flags));
  });
  const accept = ofOneEntry(writing(trust, "accept <package@version>", "take what changed, having looked into it"));
  accept.action(async (said: string, flags: AcceptFlags) => {
    const { trustAccept } = await import("./trust-accept.js");
    done(await trustAccept(world, said, flags));
  });
  const remove = trust.command("remove <what>").description("take one publisher, rule, exception, denial or key out");
  withStore(remove).action(async (what: string, flags: WritingFlags) => {
    const { trustRemove } = await import("./trust-remove.js");
    done(await trustRemove(world, what, flags));
  });
}

function writing(trust: Command, usage: string, description: string): Command {
  return withStore(trust.command(usage).description(description)).option(
    "--reason <text>",
    "why, for whoever reviews it",
  );
}

/** Of commands that judge one entry of a lockfile. */
function ofOneEntry(command: Command): Command {
  return command
    .option("--lockfile <file>", "the lockfile that holds it, or its folder (repeatable)", listed)
    .option("--cafile <file>", "certificate authorities (PEM) to believe besides the known ones")
    .option("--offline", "use only what the store holds");
}
