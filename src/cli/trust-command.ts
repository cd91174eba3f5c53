/** The commands below `trust`, as the command line knows them. */
import type { Command } from "commander";
import type { World } from "../model/world.js";
import type { CommonFlags } from "./flags.js";

type Done = (status: number) => void;

/** Adds `trust` and what is below it. */
export function addTrust(program: Command, world: World, done: Done): void {
  const trust = program.command("trust").description("the trust store: whom we trust for what");
  addViews(trust, world, done);
}

/** What only reads. */
function addViews(trust: Command, world: World, done: Done): void {
  const subcommands: readonly [string, string][] = [
    ["check", "is the store well formed; what ends soon, what is unused, what is weak"],
    ["list", "everything that the store says"],
    ["show <package>", "why is a package trusted: from its home registry and rules down to the keys"],
  ];
  for (const [usage, description] of subcommands) {
    const command = trust.command(usage).description(description);
    command.option("--json", "as JSON").option("--trust <dir>", "the trust store");
    command.action(async (...given: unknown[]) => {
      const { trust: run } = await import("./trust.js");
      const about = typeof given[0] === "string" ? given[0] : null;
      done(await run(world, command.name() as "check" | "list" | "show", about, command.opts<CommonFlags>()));
    });
  }
}
