/** `secure-install trust list`: everything that the store says. Pure. */
import type { OwnerIdentity, TrustStore } from "../model/policy.js";
import { instanceRow, isDeclared, type ToldInstance, tellInstance } from "./sigstore-remarks.js";
import {
  type Escape,
  endWords,
  identityWords,
  ruleWords,
  section,
  type ToldAllowance,
  type ToldDenial,
  type ToldException,
  type ToldPublisher,
  type ToldRegistry,
  type ToldRule,
  tell,
} from "./words.js";

/** The whole store as one JSON-able object. */
export interface TrustList {
  readonly directory: string | null;
  readonly digest: string | null;
  readonly registries: readonly ToldRegistry[];
  readonly publishers: readonly ToldPublisher[];
  readonly rules: readonly ToldRule[];
  readonly exceptions: readonly ToldException[];
  readonly deny: readonly ToldDenial[];
  readonly scripts: readonly ToldAllowance[];
  readonly sources: readonly ToldAllowance[];
  readonly sdists: readonly ToldAllowance[];
  /** The public instance first. */
  readonly sigstore: readonly ToldInstance[];
  readonly owners: { readonly atLeast: number; readonly identities: readonly OwnerIdentity[] } | null;
}

/** Tells the store. `now` is in milliseconds. */
export function listTrust(store: TrustStore, now: number): TrustList {
  return {
    directory: store.directory,
    digest: store.digest === null ? null : `sha256:${store.digest}`,
    registries: store.registries.map(tell.registry),
    publishers: store.publishers.map(tell.publisher),
    rules: store.rules.map((rule) => tell.rule(rule, now)),
    exceptions: store.exceptions.map((exception) => tell.exception(exception, now)),
    deny: store.denials.map(tell.denial),
    scripts: store.scripts.map(tell.allowance),
    sources: store.sources.map(tell.allowance),
    sdists: store.sdists.map(tell.allowance),
    sigstore: store.sigstore.map(tellInstance),
    owners: store.owners,
  };
}

/** The lines of `trust list`. `printable` is applied to every cell. */
export function listLines(list: TrustList, printable: Escape): string[] {
  const part = (title: string, rows: readonly (readonly string[])[]): string[] => section(title, rows, printable);
  const allowances = (items: readonly ToldAllowance[]): string[][] =>
    items.map(({ id, allow, from, reason }) => [id, allow, ...(from === undefined ? [] : [from]), reason]);
  return [
    list.directory === null
      ? "No trust store: the built-in floor applies."
      : `Trust store: ${printable(list.directory)}`,
    ...part("Registries", list.registries.map(registryRow)),
    ...part("Publishers", list.publishers.flatMap(publisherRows)),
    ...part(
      "Rules",
      list.rules.map((rule) => [
        rule.id,
        rule.except.length === 0 ? rule.select : `${rule.select} except ${rule.except.join(", ")}`,
        ruleWords(rule),
        endWords(rule),
        rule.reason,
      ]),
    ),
    ...part(
      "Exceptions",
      list.exceptions.map((item) => [
        item.id,
        item.select,
        `waives ${item.waive.join(", ")}`,
        endWords(item),
        item.reason,
      ]),
    ),
    ...part(
      "Denied",
      list.deny.map(({ id, select, reason }) => [id, select, reason]),
    ),
    ...part("Install scripts allowed", allowances(list.scripts)),
    ...part("Sources pinned", allowances(list.sources)),
    ...part("Allowed to be built from source", allowances(list.sdists)),
    // The public instance alone, as it is built in, is no news.
    ...part("Sigstore", list.sigstore.some(isDeclared) ? list.sigstore.map(instanceRow) : []),
    ...part(
      list.owners === null ? "" : `Owners: ${list.owners.atLeast} of`,
      (list.owners?.identities ?? []).map((identity) => [identityWords(identity)]),
    ),
  ];
}

/** `acme  https://npm.acme.dev/  npm  home @acme/*  requires integrity  serves npmjs`. */
export function registryRow(registry: ToldRegistry): string[] {
  const more = [
    registry.serves === null ? "" : `serves ${registry.serves}`,
    registry.evidenceFrom === null ? "" : `signatures from ${registry.evidenceFrom}`,
    registry.keys.length === 0 ? "" : `${registry.keys.length} ${registry.keys.length === 1 ? "key" : "keys"}`,
    registry.redirects.length === 0 ? "" : `may redirect to ${registry.redirects.join(", ")}`,
  ];
  return [
    registry.id,
    registry.url,
    registry.ecosystem,
    registry.home.length === 0 ? "home of nothing" : `home of ${registry.home.join(", ")}`,
    `requires ${registry.require.join(", ") || "nothing"}`,
    more.filter((part) => part !== "").join("; "),
  ];
}

/** One row for each identity; the name stands in the first. */
export function publisherRows({ name, identities, compromised }: ToldPublisher): string[][] {
  const state = compromised === null ? "" : `COMPROMISED since ${compromised.since}: ${compromised.reason}`;
  return identities.map((identity, index) => [
    index === 0 ? name : "",
    identityWords(identity),
    index === 0 ? state : "",
  ]);
}
