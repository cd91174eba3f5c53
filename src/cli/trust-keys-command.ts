/** `trust add|find|import|export|rotate` on the command line: publishers and their keys. */
import { type Command, InvalidArgumentError } from "commander";
import type { World } from "../model/world.js";
import { withStore } from "./flags.js";
import type { AddFlags } from "./trust-add.js";
import type { ExportFlags } from "./trust-export.js";
import type { FindFlags } from "./trust-find.js";
import type { ImportFlags } from "./trust-import.js";
import type { RotateFlags } from "./trust-rotate.js";

type Done = (status: number) => void;

const MOST_PUBLISHERS = 100;

/** Adds the commands below `trust`; `done` is told the exit status. */
export function addKeys(trust: Command, world: World, done: Done): void {
  const add = networked(trust.command("add <selector>")).description("pin a publisher, by a key or by a build");
  add
    .option("--key <file>", "the publisher's certificate: a file, or its full fingerprint")
    .option(
      "--built-by <repository>",
      "the repository from whose workflow the packages are built; the rest is read from a provenance",
    )
    .option("--workflow <path>", "its workflow, such as .github/workflows/release.yml (with --built-by)")
    .option("--ref <ref>", "from which ref it builds, such as refs/tags/* (with --built-by)")
    .option("--issuer <url>", "who vouches for the builds, where the repository's host does not say (with --built-by)")
    .option("--repository-id <id>", "the repository's number, which no successor of its name has (with --built-by)")
    .option("--owner-id <id>", "the number of the repository's owner (with --built-by)")
    .option("--runner <kind>", "on whose machines it builds, such as github-hosted (with --built-by)")
    .option("--as <name>", "the publisher's name; a further identity where the name is there")
    .option("--at-least <n>", "how many of the rule's publishers must stand behind a package", atLeast)
    .option("--signature-url <template>", "where signatures lie; {url}.asc unless told (with --key)")
    .option("--reason <text>", "why, for whoever reads it later");
  add.action(async (selector: string, flags: AddFlags) => {
    const { trustAdd } = await import("./trust-add.js");
    done(await trustAdd(world, selector, flags));
  });

  const find = networked(trust.command("find <package>")).description("propose keys for a package; adds none");
  find
    .option("--keys <url>", "the project's KEYS file, by address or path, where it is not at the homepage")
    .option("--keyring <file>", "look into this keyring too")
    .option("--gpg", "look into gpg's own keyring too")
    .option("--signature-url <template>", "where signatures lie; {url}.asc unless told");
  find.action(async (name: string, flags: FindFlags) => {
    const { trustFind } = await import("./trust-find.js");
    done(await trustFind(world, name, flags));
  });

  const take = withStore(trust.command("import <file>")).description(
    "certificates of a keyring, or newer copies of them",
  );
  take.option("--as <name>", "and make them identities of this publisher");
  take.action(async (file: string, flags: ImportFlags) => {
    const { trustImport } = await import("./trust-import.js");
    done(await trustImport(world, file, flags));
  });

  const give = withStore(trust.command("export")).description("the pinned certificates as one keyring, for gpg");
  give
    .option("--publisher <name>", "those of one publisher")
    .option("--all", "all that lie in keys/, also those of nobody")
    .option("--output <file>", "write it to a file instead of stdout");
  give.action(async (flags: ExportFlags) => {
    const { trustExport } = await import("./trust-export.js");
    done(await trustExport(world, flags));
  });

  const rotate = withStore(trust.command("rotate <publisher>")).description(
    "a publisher's new key, and an end of the old one",
  );
  rotate
    .requiredOption("--to <file>", "the new certificate: a file, or its full fingerprint")
    .option("--from <fingerprint>", "the old one, where the publisher has several")
    .option("--until <date>", "when the old key stops counting")
    .option("--compromised <since>", "the old key is in wrong hands, since this date (with --reason)")
    .option("--reason <text>", "how that is known");
  rotate.action(async (publisher: string, flags: RotateFlags) => {
    const { trustRotate } = await import("./trust-rotate.js");
    done(await trustRotate(world, publisher, flags));
  });
}

function networked(command: Command): Command {
  return withStore(command)
    .option("--cafile <file>", "certificate authorities (PEM) to believe besides the known ones")
    .option("--offline", "use only what the store holds");
}

function atLeast(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= MOST_PUBLISHERS) return value;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST_PUBLISHERS}.`);
}
