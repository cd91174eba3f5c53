/** The commands below `trust`, as the command line knows them. */
import type { Command } from "commander";
import type { World } from "../model/world.js";
import { type CommonFlags, withCommonFlags, withStore } from "./flags.js";
import type { ShowFlags } from "./trust.js";
import { addKeys } from "./trust-keys-command.js";
import { addRenewals } from "./trust-renewals.js";
import type { SignFlags } from "./trust-sign.js";
import { addWriters } from "./trust-writers.js";

type Done = (status: number) => void;

/** Adds `trust` and what is below it. */
export function addTrust(program: Command, world: World, done: Done): void {
  const trust = program.command("trust").description("the trust store: whom we trust for what");
  addInit(trust, world, done);
  addViews(trust, world, done);
  addKeys(trust, world, done);
  addWriters(trust, world, done);
  addRenewals(trust, world, done);
  addSign(trust, world, done);
}

/** By the owners whom the base names. */
function addSign(trust: Command, world: World, done: Done): void {
  const sign = trust.command("sign").description("sign what changes in the store, as one of its owners");
  sign
    .option("--key <fingerprint>", "with gpg, by the certificate of this full fingerprint")
    .option("--ssh-key <file>", "with ssh-keygen, by the key in this file")
    .option("--base <ref>", "the commit that the change goes to (default: where origin's HEAD points)")
    .option("--json", "as JSON")
    .option("--trust <dir>", "the trust store");
  sign.action(async (flags: SignFlags) => {
    const { trustSign } = await import("./trust-sign.js");
    done(await trustSign(world, flags));
  });
}

/** Judges as an audit does, and writes down what passed. */
function addInit(trust: Command, world: World, done: Done): void {
  const init = trust
    .command("init [lockfile...]")
    .description("make the store from what the project is today, or add what is new");
  withCommonFlags(init).action(async (lockfiles: string[], flags: CommonFlags) => {
    const { trustInit } = await import("./trust-init.js");
    done(await trustInit(world, lockfiles, flags));
  });
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
    withStore(command);
    if (command.name() === "show") command.option("--corroborate", "and who else speaks for those who published it");
    command.action(async (...given: unknown[]) => {
      const { trust: run } = await import("./trust.js");
      const about = typeof given[0] === "string" ? given[0] : null;
      done(await run(world, command.name() as "check" | "list" | "show", about, command.opts<ShowFlags>()));
    });
  }
  const diff = trust.command("diff [rev]").description("every change since a commit (HEAD), as WEAKER or STRONGER");
  withStore(diff);
  diff.action(async (rev: string | undefined, flags: CommonFlags) => {
    const { trustDiff } = await import("./trust-diff.js");
    done(await trustDiff(world, rev ?? "HEAD", flags));
  });
}
