/**
 * What in trust.json would settle most of what was refused: a line for a person to weigh and to paste. It says in full
 * which host it is about, and who leads there. It never asks for less than the public floor, and is never an exception.
 */

import type { Artifact } from "../model/artifact.js";
import type { Code } from "../model/codes.js";
import { isAgainst } from "../model/finding.js";
import { scopeOf } from "../model/names.js";
import type { Registry } from "../model/policy.js";
import type { Proposal } from "../model/report.js";
import type { Reported } from "../model/verdict.js";
import { homeOf, registryAt } from "../trust/lookup.js";
import type { Judged } from "./judged.js";
import { memberLine } from "./member-line.js";
import { addressOf } from "./origin.js";
import { askKeys, knowsName, writtenKey } from "./registry-asked.js";
import type { River } from "./river.js";
import { isBuiltin, scopesSeen, type Undeclared, undeclaredIn, wayTo } from "./undeclared.js";

const FILE = "trust.json";
/** Scopes about which the public registry is asked whether it knows them. */
const MOST_ASKED = 10;

type Draft = Omit<Proposal, "file" | "line">;

/** Proposals for what was refused in a run, the one that settles most first. Asks little, and nothing where all passed. */
export async function proposalsFor(river: River, judged: readonly Judged[]): Promise<Proposal[]> {
  const open = judged.map(({ verdict }) => verdict).filter(isOpen);
  if (open.length === 0) return [];
  const drafts = [
    ...undeclared(river, open),
    ...evidenceElsewhere(river, open),
    ...homesElsewhere(river, open),
    ...(river.options.offline ? [] : [...(await keysShown(river, open)), ...(await homesUnknown(river, open))]),
  ];
  return drafts
    .map((draft) => ({ ...draft, file: FILE, line: memberLine(draft.path.at(-1) ?? "", draft.value) }))
    .sort((a, b) => b.settles - a.settles);
}

function isOpen({ result, artifact }: Reported): boolean {
  return artifact.ecosystem === "npm" && (result === "FAILED" || result === "UNDECIDED");
}

/** Whether nothing else stands against an entry than findings of these codes. */
function isFor(verdict: Reported, codes: readonly Code[]): boolean {
  const against = verdict.findings.filter(isAgainst);
  return against.length > 0 && against.every(({ code }) => codes.includes(code));
}

function undeclared(river: River, open: readonly Reported[]): Draft[] {
  const artifacts = open
    .filter((verdict) => isFor(verdict, ["REGISTRY_UNKNOWN", "LOCKFILE_SOURCE_UNSUPPORTED"]))
    .map(({ artifact }) => artifact);
  return undeclaredIn(artifacts, river)
    .filter((found) => found.artifacts.length > 0)
    .map((found) => ofUndeclared(river, found));
}

/**
 * A home where npm's settings send whole scopes there; a mirror, which lowers no floor, where they make it the default
 * or names without a scope come from it. What only the lockfile leads there is a question, and never beside the rest.
 */
function ofUndeclared({ npm, trust }: River, { url, id, artifacts }: Undeclared): Draft {
  const { host } = new URL(url);
  const [sent, led] = (["scope", null] as const).map((way) =>
    scopesOf(artifacts.filter(({ name }) => wayTo(url, name, npm) === way)),
  ) as [readonly string[], readonly string[]];
  const isMirror = artifacts.some(({ name }) => wayTo(url, name, npm) === "default" || scopeOf(name) === null);
  const isAsked = sent.length === 0 && !isMirror;
  const seen = scopesSeen(trust);
  const moved = sent.filter((scope) => seen.has(scope));
  const home = (isAsked ? led : sent).map((scope) => `${scope}/*`);
  const isSettled = ({ name }: Artifact): boolean => isMirror || isAsked || wayTo(url, name, npm) === "scope";
  const settled = artifacts.filter(isSettled).length;
  const says = [
    `${counted(settled)} from ${url}, which nobody has declared.`,
    ...(sent.length === 0 ? [] : [`npm's settings send ${sent.join(", ")} there.`]),
    ...(isAsked ? [`Only the lockfile leads there: is ${host} really the registry of ${led.join(", ")}?`] : []),
    ...(isMirror ? [`Does ${host} mirror npm's public registry? What is served stays under npm's own keys.`] : []),
    ...(moved.length === 0
      ? []
      : [`But ${moved.join(", ")} was observed under npm's keys: has it really moved to ${host}?`]),
    ...(isAsked || moved.length > 0 ? [] : [`secure-install trust init ${isMirror ? "finds out" : "writes it down"}.`]),
    ...(settled < artifacts.length ? [`Only the lockfile leads ${led.join(", ")} there, which is left out.`] : []),
  ];
  const value = {
    url,
    ...(isMirror ? { serves: "npmjs", evidenceFrom: "npmjs" } : {}),
    ...(home.length === 0 ? {} : { home }),
    require: ["integrity"],
  };
  return { path: ["registries", id], value, settles: settled, says: says.join(" ") };
}

/** A mirror that shows no signature of the registry that it serves, or one by another key. */
function evidenceElsewhere(river: River, open: readonly Reported[]): Draft[] {
  return byRegistry(river, open, ["SIGNATURE_ABSENT", "KEY_UNKNOWN"], (from) => from.serves !== null).flatMap(
    ({ from, verdicts }): Draft[] => {
      if (from.evidenceFrom !== null) return [];
      const says = `${counted(verdicts.length)} from the mirror ${from.url} without a signature by ${from.serves}, which can be asked for it instead.`;
      return [draft(from, "evidenceFrom", from.serves, verdicts.length, says)];
    },
  );
}

/** What is at home in the public registry, and would come from one that is declared for other names. */
function homesElsewhere(river: River, open: readonly Reported[]): Draft[] {
  return byRegistry(river, open, ["REGISTRY_NOT_HOME"], (from) => !isBuiltin(from)).flatMap(({ from, verdicts }) => {
    const free = verdicts.filter(({ artifact }) => isBuiltin(homeOf(river.trust, "npm", artifact.name)));
    const of = (wanted: (artifact: Artifact) => boolean) => free.map(({ artifact }) => artifact).filter(wanted);
    const way = ({ name }: Artifact) => wayTo(from.url, name, river.npm);
    const sent = of((artifact) => way(artifact) === "scope");
    const led = of((artifact) => way(artifact) === null && scopeOf(artifact.name) !== null);
    const others = of(
      (artifact) => way(artifact) === "default" || (way(artifact) === null && scopeOf(artifact.name) === null),
    );
    const { host } = new URL(from.url);
    const asHome = (artifacts: readonly Artifact[], says: string): Draft[] => {
      const home = [...from.home, ...scopesOf(artifacts).map((scope) => `${scope}/*`)];
      const where = `${counted(artifacts.length)} from ${from.url}.`;
      return artifacts.length === 0 ? [] : [draft(from, "home", home, artifacts.length, `${where} ${says}`)];
    };
    const served = `${counted(others.length)} from ${from.url}. Does ${host} mirror npm's public registry, where they are at home? What is served stays under npm's own keys.`;
    return [
      ...asHome(
        sent,
        `npm's settings send ${scopesOf(sent).join(", ")} there, and trust.json does not name that as its home.`,
      ),
      ...asHome(led, `Only the lockfile leads there: is ${host} really the registry of ${scopesOf(led).join(", ")}?`),
      ...(others.length === 0 || from.serves !== null ? [] : [draft(from, "serves", "npmjs", others.length, served)]),
    ];
  });
}

/** A private registry that signs with a key which it shows, and which trust.json does not name. */
async function keysShown(river: River, open: readonly Reported[]): Promise<Draft[]> {
  const isPrivate = (from: Registry): boolean => !isBuiltin(from);
  const drafts: Draft[] = [];
  for (const { from, verdicts } of byRegistry(river, open, ["KEY_UNKNOWN"], isPrivate)) {
    const atHome = verdicts.filter(({ artifact }) => homeOf(river.trust, "npm", artifact.name).id === from.id);
    if (atHome.length === 0) continue;
    const signing = new Set(atHome.flatMap(keyidsOf));
    const { own } = await askKeys(river, from);
    const missing = own.filter(({ keyid }) => signing.has(keyid));
    if (missing.length === 0) continue;
    const ids = missing.map(({ keyid }) => keyid).join(", ");
    const says = `${counted(atHome.length)} from ${from.url}, signed with ${ids}, which that registry shows as its own. Ask whoever runs it, over another channel, whether it is.`;
    drafts.push(draft(from, "keys", [...from.keys, ...missing].map(writtenKey), atHome.length, says));
  }
  return drafts;
}

/** Packages of one's own in a mirror: the registry that it serves knows no such name, so nobody can sign for it there. */
async function homesUnknown(river: River, open: readonly Reported[]): Promise<Draft[]> {
  const drafts: Draft[] = [];
  for (const { from, verdicts } of byRegistry(
    river,
    open,
    ["FETCH_FAILED", "SIGNATURE_ABSENT"],
    (one) => one.serves !== null,
  )) {
    const origin = river.trust.registries.find(({ id }) => id === from.serves);
    if (origin === undefined || !isBuiltin(origin)) continue;
    const scoped = verdicts.filter(
      ({ artifact }) => scopeOf(artifact.name) !== null && wayTo(from.url, artifact.name, river.npm) !== null,
    );
    const scopes = [...new Set(scoped.map(({ artifact }) => scopeOf(artifact.name) ?? ""))].slice(0, MOST_ASKED);
    for (const scope of scopes) {
      const held = scoped.filter(({ artifact }) => scopeOf(artifact.name) === scope);
      const first = held[0]?.artifact.name;
      if (first === undefined || (await knowsName(river, origin, first)) !== false) continue;
      const says = `${counted(held.length)} from ${from.url}, and ${origin.id} knows no ${first}. Is ${scope} your own?`;
      drafts.push(draft(from, "home", [...from.home, `${scope}/*`], held.length, says));
    }
  }
  return drafts;
}

interface OfRegistry {
  readonly from: Registry;
  readonly verdicts: readonly Reported[];
}

/** Entries against which only these codes stand, by the declared registry from which they would come. */
function byRegistry(
  { trust, npm }: River,
  open: readonly Reported[],
  codes: readonly Code[],
  wanted: (from: Registry) => boolean,
): OfRegistry[] {
  const found = new Map<Registry, Reported[]>();
  for (const verdict of open) {
    const { artifact } = verdict;
    const { source } = artifact;
    if ((source.type !== "registry" && source.type !== "url") || !isFor(verdict, codes)) continue;
    const from = registryAt(trust, addressOf(artifact, source.url, trust, npm));
    if (from === null || !wanted(from)) continue;
    const known = found.get(from);
    if (known === undefined) found.set(from, [verdict]);
    else known.push(verdict);
  }
  return [...found].map(([from, verdicts]) => ({ from, verdicts }));
}

function keyidsOf({ evidence }: Reported): string[] {
  return evidence.flatMap((item) =>
    item.kind === "registry-signature" && item.outcome === "unknown-signer"
      ? item.signers.flatMap((signer) => (signer.type === "registry-key" ? [signer.keyid] : []))
      : [],
  );
}

function draft({ id }: Registry, member: string, value: unknown, settles: number, says: string): Draft {
  return { path: ["registries", id, member], value, settles, says };
}

function counted(count: number): string {
  return count === 1 ? "1 package would come" : `${count.toLocaleString("en")} packages would come`;
}

/** Each scope once, with its `@`. */
function scopesOf(artifacts: readonly Artifact[]): readonly string[] {
  return [...new Set(artifacts.map(({ name }) => scopeOf(name)))].filter((scope) => scope !== null);
}
