/** What is to be said of instances of Sigstore, and how they are told. Pure. */
import { createHash } from "node:crypto";
import type { SigstoreInstance } from "../model/build.js";
import type { TrustStore } from "../model/policy.js";
import { PUBLIC_SIGSTORE } from "./builtin.js";
import type { Remark } from "./remark.js";
import { SIGSTORE_ROOT } from "./sigstore.js";
import { readTrustedRoot } from "./sigstore-root.js";
import { ROOT_FILES } from "./tuf.js";

/** An instance as a JSON-able object. */
export interface ToldInstance {
  readonly id: string;
  /** Null for everybody's packages. */
  readonly select: readonly string[] | null;
  readonly issuers: readonly string[];
  readonly logEntries: number;
  readonly scts: number;
  /** SHA-256 of its trusted root, `sha256:…`; null for the root that is shipped. */
  readonly root: string | null;
}

export function tellInstance({ id, select, issuers, logEntries, scts, root }: SigstoreInstance): ToldInstance {
  const selectors = select?.map(({ text }) => text) ?? null;
  return { id, select: selectors, issuers, logEntries, scts, root: root === null ? null : `sha256:${sha256(root)}` };
}

/** `acme  for npm:@acme/*  builds of https://gitlab.acme.dev  1 log entry, no log of certificates`. */
export function instanceRow({ id, select, issuers, logEntries, scts }: ToldInstance): string[] {
  const entries = logEntries === 0 ? "no log entry" : `${logEntries} log ${logEntries === 1 ? "entry" : "entries"}`;
  const logs = scts === 0 ? "no log" : `${scts} ${scts === 1 ? "log" : "logs"}`;
  return [
    id,
    `for ${select === null ? "all packages" : select.join(", ")}`,
    `builds of ${issuers.join(", ")}`,
    `${entries}, ${logs} of certificates`,
  ];
}

/** Whether trust.json says anything of the instance that is not built in. */
export function isDeclared({ id, issuers, logEntries, scts }: Omit<ToldInstance, "root" | "select">): boolean {
  const builtin = PUBLIC_SIGSTORE;
  const same = issuers.length === builtin.issuers.length && logEntries === builtin.logEntries && scts === builtin.scts;
  return id !== builtin.id || !same;
}

/** Instances that ask for more than there is in their roots. The public one's changes with every refresh. */
export function unmeetableInstances({ sigstore }: Pick<TrustStore, "sigstore">): readonly Remark[] {
  return sigstore.flatMap(({ id, root, logEntries, scts }) => {
    if (id === PUBLIC_SIGSTORE.id || root === null) return [];
    const place = placeOf(id);
    const parts = readTrustedRoot(root, place).map(({ part }) => part);
    const logs = parts.filter((part) => part === "ctlogs").length;
    const noLog = logEntries > 0 && !parts.includes("tlogs");
    return [
      ...(noLog ? [{ place, says: "It asks for log entries, and its root names no log." }] : []),
      ...(scts > logs
        ? [{ place, says: `It asks for ${scts} logs of certificates, and its root names ${logs}.` }]
        : []),
    ];
  });
}

/** What a refresh brought, and this version can't verify by: what is in such a log is in none. */
export function unusableLogs({ sigstore }: Pick<TrustStore, "sigstore">): readonly Remark[] {
  const [builtin] = sigstore;
  if (builtin === undefined || builtin.root === null) return [];
  const entries = readTrustedRoot(builtin.root, ROOT_FILES.trustedRoot, "public");
  return entries
    .filter(({ usable }) => !usable)
    .map(({ what }) => ({ place: ROOT_FILES.trustedRoot, says: `${what} counts for nothing. A newer version may.` }));
}

/** Trusted roots in `sigstore/` that no instance names. */
export function unusedRoots({ files, sigstore }: Pick<TrustStore, "files" | "sigstore">): readonly string[] {
  const used = new Set(sigstore.map(({ root }) => (root === null ? null : sha256(root))));
  return [...files].flatMap(([name, digest]) => (SIGSTORE_ROOT.test(name) && !used.has(digest) ? [name] : [])).sort();
}

/** Where an instance stands in trust.json. */
export function placeOf(id: string): string {
  return `sigstore.${id}`;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
