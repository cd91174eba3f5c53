/** The "sigstore" of trust.json: which instances of Sigstore are believed about builds, and about whose. */
import type { SigstoreInstance } from "../model/build.js";
import type { Selector } from "../model/selector.js";
import { PUBLIC_SIGSTORE } from "./builtin.js";
import { type Fields, type NamedEntry, readFields, readList, readNamed, readText, wrongType } from "./fields.js";
import { type Json, malformed, quote } from "./json.js";
import { nearest, proposal } from "./nearest.js";
import { readTrustedRoot } from "./sigstore-root.js";
import { readSelector, readUrl } from "./values.js";

const KEYS = ["trustedRoot", "select", "issuers", "logEntries", "scts"] as const;
const PUBLIC_KEYS = ["issuers", "logEntries", "scts"] as const;
/** Each has a root of its own, which is read with the store. */
const MOST = 64;
const HIGHEST_THRESHOLD = 16;

/** Files of the store that are trusted roots of private instances. */
export const SIGSTORE_ROOT = /^sigstore\/[a-z0-9][a-z0-9._-]{0,80}\.json$/;

/** An instance as trust.json has it, before its trusted root is read. */
export interface DeclaredInstance {
  readonly instance: SigstoreInstance;
  /** Name in the store of its trusted root; null for the public instance. */
  readonly trustedRoot: string | null;
  /** Where trust.json names the root, and where it says of how many log entries a proof is needed. */
  readonly at: { readonly trustedRoot: string; readonly logEntries: string };
}

/** What holds where trust.json says nothing. */
export const DECLARED_PUBLIC: DeclaredInstance = {
  instance: PUBLIC_SIGSTORE,
  trustedRoot: null,
  at: { trustedRoot: "", logEntries: "" },
};

/**
 * Reads "sigstore" (null: there is none); the public instance comes first. An entry of its name adds issuers and raises
 * thresholds, and changes nothing else. Throws StopError TRUST_MALFORMED.
 */
export function readSigstore(value: Json | null): readonly DeclaredInstance[] {
  const entries = value === null ? [] : readNamed(value, "sigstore");
  const excess = entries[MOST];
  if (excess !== undefined) throw malformed(excess.at, `There are more than ${MOST} instances of Sigstore.`);
  const isPublic = ({ name }: NamedEntry): boolean => name === PUBLIC_SIGSTORE.id;
  const restated = entries.find(isPublic);
  return [
    restated === undefined ? DECLARED_PUBLIC : restate(restated),
    ...entries.filter((entry) => !isPublic(entry)).map(readInstance),
  ];
}

function restate({ name: id, value }: NamedEntry): DeclaredInstance {
  const fields = readFields(value, `the built-in instance "${id}"`, PUBLIC_KEYS);
  const given = fields.get("issuers");
  const added = given === null ? [] : readIssuers(given).filter((one) => !PUBLIC_SIGSTORE.issuers.includes(one));
  const { logEntries, scts } = PUBLIC_SIGSTORE;
  const instance = {
    ...PUBLIC_SIGSTORE,
    issuers: [...PUBLIC_SIGSTORE.issuers, ...added],
    logEntries: readThreshold(fields, "logEntries", { least: logEntries, otherwise: logEntries }),
    scts: readThreshold(fields, "scts", { least: scts, otherwise: scts }),
  };
  return { ...DECLARED_PUBLIC, instance };
}

function readInstance({ name: id, at, value }: NamedEntry): DeclaredInstance {
  const fields = readFields(value, `instance ${quote(id)}`, KEYS);
  const meant = nearest(id, [PUBLIC_SIGSTORE.id]);
  if (fields.get("trustedRoot") === null && meant !== null) {
    throw malformed(at, `Instance ${quote(id)} has no "trustedRoot". Did you mean the built-in "${meant}"?`);
  }
  const trustedRoot = readText(fields.need("trustedRoot"), '"trustedRoot"');
  if (!SIGSTORE_ROOT.test(trustedRoot)) {
    throw malformed(
      fields.need("trustedRoot").at,
      `"trustedRoot": ${quote(trustedRoot)} is no file of the store's folder sigstore.`,
      'Write it like "sigstore/acme.json", in lower case, and put the file there: a root that is fetched is not reviewed.',
    );
  }
  const instance = {
    id,
    root: null,
    select: readSelectors(fields.need("select")),
    issuers: readIssuers(fields.need("issuers")),
    logEntries: readThreshold(fields, "logEntries", { least: 0, otherwise: 1 }),
    scts: readThreshold(fields, "scts", { least: 0, otherwise: 1 }),
  };
  const places = { trustedRoot: fields.need("trustedRoot").at, logEntries: fields.get("logEntries")?.at ?? at };
  return { instance, trustedRoot, at: places };
}

/** Packages are named whatever their version: an instance that speaks for some versions would leave others to nobody. */
function readSelectors(value: Json): readonly Selector[] {
  const selectors: Selector[] = [];
  for (const item of readFilled(value, "select")) {
    const selector = readSelector(item, 'A selector of "select"');
    if (selector.range !== null) {
      throw malformed(
        item.at,
        `${quote(selector.text)} has a range; an instance speaks for packages, whatever their version.`,
        `Write ${selector.ecosystem}:${selector.pattern}.`,
      );
    }
    if (selectors.some(({ ecosystem, pattern }) => ecosystem === selector.ecosystem && pattern === selector.pattern)) {
      throw malformed(item.at, `${quote(selector.text)} stands twice in "select".`);
    }
    selectors.push(selector);
  }
  return selectors;
}

/** Certificates spell an issuer in one way, and that is compared: nothing is added to it, and nothing taken away. */
function readIssuers(value: Json): readonly string[] {
  const issuers: string[] = [];
  for (const item of readFilled(value, "issuers")) {
    readUrl(item, 'An issuer of "issuers"');
    const issuer = readText(item, 'An issuer of "issuers"');
    if (issuers.includes(issuer)) throw malformed(item.at, `${quote(issuer)} stands twice in "issuers".`);
    issuers.push(issuer);
  }
  return issuers;
}

/** A list of at least one; an empty one could be read as none, and as all. */
function readFilled(value: Json, what: string): readonly Json[] {
  const items = readList(value, `"${what}"`);
  if (items.length === 0) throw malformed(value.at, `"${what}" must name at least one.`);
  return items;
}

function readThreshold(
  fields: Fields<"logEntries" | "scts">,
  what: "logEntries" | "scts",
  { least, otherwise }: { readonly least: number; readonly otherwise: number },
): number {
  const value = fields.get(what);
  if (value === null) return otherwise;
  if (value.type !== "number") throw wrongType(value, `"${what}"`, "a number");
  if (!Number.isInteger(value.value) || value.value < least || value.value > HIGHEST_THRESHOLD) {
    throw malformed(
      value.at,
      `"${what}" must be a whole number from ${least} to ${HIGHEST_THRESHOLD} here; this is ${value.value}.`,
      ...(least === 0 ? [] : ["For the public instance it can be raised, and not lowered."]),
    );
  }
  return value.value;
}

/**
 * The instances with their roots, out of the store's files. `publicRoot` is that of the public instance where a refresh
 * has brought one. Throws StopError TRUST_MALFORMED for a root that is missing, or not what it must be.
 */
export function withRoots(
  declared: readonly DeclaredInstance[],
  files: ReadonlyMap<string, Uint8Array>,
  publicRoot: Uint8Array | null,
): readonly SigstoreInstance[] {
  return declared.map(({ instance, trustedRoot, at }) => {
    if (trustedRoot === null) return { ...instance, root: publicRoot };
    const root = files.get(trustedRoot);
    if (root === undefined) throw missing(trustedRoot, at.trustedRoot, files);
    const entries = readTrustedRoot(root, trustedRoot);
    if (instance.logEntries === 0 && !entries.some(({ part }) => part === "timestampAuthorities")) {
      throw malformed(
        at.logEntries,
        `"logEntries" is 0, and ${trustedRoot} names no timestamp authority: nothing would say when something was signed.`,
        "Ask for a log entry, or add the instance's timestamp authority to its root.",
      );
    }
    return { ...instance, root };
  });
}

function missing(name: string, at: string, files: ReadonlyMap<string, Uint8Array>): Error {
  const there = [...files.keys()].filter((file) => SIGSTORE_ROOT.test(file));
  return malformed(
    at,
    `The trusted root of this instance is missing: .secure-install/${name}.${proposal(name, there)}`,
    `Put the trusted root that whoever runs the instance gives out into .secure-install/${name}.`,
  );
}
