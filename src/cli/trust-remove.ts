/** `secure-install trust remove <what>`: takes exactly one thing out of the trust store, and says what it was. */
import { isDeepStrictEqual } from "node:util";
import { StopError } from "../model/finding.js";
import type { Identity, OwnerIdentity, TrustStore } from "../model/policy.js";
import type { World } from "../model/world.js";
import { changeStore } from "../pipeline/store-change.js";
import { withEdits } from "../trust/edit-file.js";
import { readTrustFile } from "../trust/format.js";
import type { StoreFiles } from "../trust/store.js";
import { unusedCertificates } from "../trust/store.js";
import { readFingerprint } from "../trust/values.js";
import { placeOf, say, type WritingFlags } from "./trust-writing.js";

/** The lists whose entries have ids, `rules[2]`, and the file that each stands in. */
const LISTS: Readonly<Record<string, string>> = {
  rules: "trust.json",
  scripts: "trust.json",
  sources: "trust.json",
  sdists: "trust.json",
  exceptions: "exceptions.json",
  deny: "deny.json",
};

/** Throws StopError: USAGE where there is no such thing; what changeStore throws. */
export async function trustRemove(world: World, what: string, flags: WritingFlags): Promise<number> {
  const take = takerOf(what);
  let told = "";
  const result = await changeStore(world, placeOf(world, flags), (files) => {
    const taken = take(files);
    told = taken.says;
    return taken.files;
  });
  const unused = newlyUnused(result.before, result.after);
  const next = unused.map((one) => `No identity names this certificate now: secure-install trust remove ${one}`);
  say(world, flags, result, { command: "trust remove", lines: [`Removed ${told}.`], next, more: { removed: what } });
  return 0;
}

interface Taken {
  readonly says: string;
  readonly files: StoreFiles;
}

type Taker = (files: StoreFiles) => Taken;

function takerOf(what: string): Taker {
  const [, list = "", index] = /^([a-z]+)\[(\d{1,6})\]$/.exec(what) ?? [];
  const file = Object.hasOwn(LISTS, list) ? LISTS[list] : undefined;
  if (index !== undefined && file !== undefined) return itemTaker(what, file, list, Number(index));
  const key = /^(?:keys\/)?((?:0x)?[0-9A-Fa-f\s]{8,100})(?:\.asc)?$/.exec(what)?.[1];
  if (key !== undefined) return certificateTaker(fingerprintOf(key));
  return publisherTaker(what.replace(/^publishers\./, ""));
}

/**
 * An entry by its place. Places shift when others write: what stood there at the first look is what is removed, or
 * nothing.
 */
function itemTaker(what: string, file: string, list: string, index: number): Taker {
  let meant: unknown;
  return (files) => {
    const items = memberOf(contentOf(files, file), list);
    const all: readonly unknown[] = Array.isArray(items) ? items : [];
    meant ??= all[index];
    if (meant === undefined) throw absent(what, file);
    const at = isDeepStrictEqual(all[index], meant) ? index : all.findIndex((one) => isDeepStrictEqual(one, meant));
    if (at < 0) throw absent(what, file);
    return {
      says: `${what} from ${file}: ${JSON.stringify(meant)}`,
      files: withEdits(files, file, [{ op: "remove", path: [list, at] }]),
    };
  };
}

function publisherTaker(name: string): Taker {
  return (files) => {
    const publishers = memberOf(contentOf(files, "trust.json"), "publishers");
    const publisher = memberOf(publishers, name);
    if (publisher === undefined) throw unknown(name);
    const rules = rulesNaming(files, name);
    if (rules.length > 0) throw needed(name, rules);
    return {
      says: `publishers.${name} from trust.json: ${JSON.stringify(publisher)}`,
      files: withEdits(files, "trust.json", [{ op: "remove", path: ["publishers", name] }]),
    };
  };
}

/** A rule without one of its publishers would be no rule, or another: that is for a person to write. */
function rulesNaming(files: StoreFiles, name: string): readonly string[] {
  const { rules } = readTrustFile(files.get("trust.json") ?? new Uint8Array());
  return rules.filter(({ publishers }) => publishers?.of.includes(name)).map(({ id }) => id);
}

/** A certificate that somebody still names would leave a store that can't be read: who it is, is said instead. */
function certificateTaker(fingerprint: string): Taker {
  const name = `keys/${fingerprint}.asc`;
  return (files) => {
    if (!files.has(name)) throw absent(name, "the trust store");
    const users = usersOf(files, fingerprint);
    if (users.length > 0) throw inUse(fingerprint, users);
    const rest = new Map(files);
    rest.delete(name);
    return { says: name, files: rest };
  };
}

function usersOf(files: StoreFiles, fingerprint: string): readonly string[] {
  const bytes = files.get("trust.json");
  if (bytes === undefined) return [];
  const { publishers, owners } = readTrustFile(bytes);
  const holders = [...publishers, ...(owners === null ? [] : [{ name: "owners", identities: owners.identities }])];
  const isIt = (identity: Identity | OwnerIdentity): boolean =>
    identity.type === "openpgp" && identity.fingerprint === fingerprint;
  return holders.filter(({ identities }) => identities.some(isIt)).map(({ name }) => name);
}

function fingerprintOf(text: string): string {
  try {
    return readFingerprint({ at: "", type: "string", value: text }, "the certificate");
  } catch (error) {
    if (!(error instanceof StopError)) throw error;
    throw new StopError("USAGE", error.message, { help: error.help });
  }
}

function contentOf(files: StoreFiles, file: string): unknown {
  const bytes = files.get(file);
  return bytes === undefined ? undefined : (JSON.parse(Buffer.from(bytes).toString("utf8")) as unknown);
}

/** Own members only: a publisher called `constructor` is none. */
function memberOf(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}

function newlyUnused(before: TrustStore, after: TrustStore): readonly string[] {
  const already = new Set(unusedCertificates(before));
  return unusedCertificates(after).filter((fingerprint) => !already.has(fingerprint));
}

function absent(what: string, where: string): StopError {
  return new StopError("USAGE", `${what} is not in ${where}`, {
    help: "See what there is with secure-install trust list.",
  });
}

function inUse(fingerprint: string, users: readonly string[]): StopError {
  return new StopError("USAGE", `${fingerprint} is a certificate of ${users.join(", ")}`, {
    help: "Take it out of their identities in trust.json first, or remove the publisher.",
  });
}

function needed(name: string, rules: readonly string[]): StopError {
  return new StopError("USAGE", `${name} is named by ${rules.join(", ")}`, {
    help: `Take it out of the rules in trust.json first, or remove them: secure-install trust remove '${rules[0]}'.`,
  });
}

function unknown(what: string): StopError {
  return new StopError("USAGE", `"${what}" is neither a publisher nor the place of anything in the trust store`, {
    help: "Name a publisher, a place as trust list shows it (rules[0], exceptions[1], deny[0]), or a full fingerprint.",
  });
}
