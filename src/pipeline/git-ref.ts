/** Names of commits, as people and CI systems write them, and the commits that they stand for. */
import { StopError } from "../model/finding.js";
import type { Git } from "./git-open.js";

/** git check-ref-format's rules, and no `-` in front, where a name could be read as an option. */
const NAME = /^(?![-/.])(?!.*(?:\.\.|\/\/|@\{|\/\.|\.lock(?:\/|$)))[^\x00-\x20\x7f~^:?*[\\]+(?<![/.])$/;
const LONGEST = 512;

/**
 * The full id of the commit that `ref` names, or null where there is none, or its objects are not in this clone. Throws
 * StopError USAGE for a text that is no name of a commit, and for a name that is both a branch's and a tag's.
 * With "ids" the beginning of an id stands for nothing else: whoever may push a tag could give it that name.
 */
export async function commitOf(git: Git, ref: string, ids: "names" | "ids" = "names"): Promise<string | null> {
  for (const names of ids === "ids" && isShortId(ref) ? [[ref]] : candidatesOf(ref)) {
    const found = new Map<string, string>();
    for (const name of names) {
      const commit = await resolved(git, name);
      if (commit !== null) found.set(commit, name);
    }
    // Whoever may push a tag could otherwise choose the base: git follows a tag before a branch of the same name.
    if (found.size > 1) {
      throw new StopError("USAGE", `"${ref}" names ${[...found.values()].join(" and ")}, and they differ`, {
        at: ref,
        help: "Write the name in full, such as refs/remotes/origin/main.",
      });
    }
    for (const commit of found.keys()) return commit;
  }
  return null;
}

async function resolved(git: Git, name: string): Promise<string | null> {
  // Something else could have the beginning of an id for its name, and git would follow that.
  const full = isShortId(name) ? await fullId(git, name) : name;
  const id = full === null ? null : await git.read(["rev-parse", ...QUIETLY, `${full}^{commit}`], 256);
  const commit = /^([0-9a-f]{40}|[0-9a-f]{64})\n$/.exec(id ?? "")?.[1];
  return commit !== undefined && (await hasTree(git, commit)) ? commit : null;
}

const QUIETLY = ["--verify", "--quiet", "--end-of-options"];

/** The one commit whose id begins so; null where there are several, or none. */
async function fullId(git: Git, beginning: string): Promise<string | null> {
  const all = await git.read(["rev-parse", `--disambiguate=${beginning}`], 64 * 1024);
  const commits: string[] = [];
  for (const id of (all ?? "").split("\n").slice(0, -1)) {
    if ((await git.read(["cat-file", "-t", id], 256)) === "commit\n") commits.push(id);
  }
  return commits.length === 1 ? (commits[0] ?? null) : null;
}

async function hasTree(git: Git, commit: string): Promise<boolean> {
  return (await git.read(["cat-file", "-e", `${commit}^{tree}`], 256)) !== null;
}

/**
 * The commit from which two others have gone apart, or null where there are several, or this clone does not reach back
 * far enough to tell: a history that is cut off can make an older commit look like it.
 */
export async function forkOf(git: Git, one: string, other: string): Promise<string | null> {
  const all = await git.read(["merge-base", "--all", one, other], 64 * 1024);
  const fork = /^([0-9a-f]{40}|[0-9a-f]{64})\n$/.exec(all ?? "")?.[1];
  if (fork === undefined) return null;
  // Where history is cut off, a commit has no parents.
  const ends = await git.read(["rev-list", "--max-parents=0", "--max-count=1", one, other, `^${fork}`], 1024);
  return ends === "" ? fork : null;
}

/**
 * The full names that a text may stand for, in groups of which the first counts where any name of it is known: a
 * commit's id, `HEAD` or `refs/…` for itself; any other for a branch, a remote's branch, a tag or the beginning of an
 * id, then for a branch of `origin`. Each may have steps behind it, such as `~2` or `^1`. Throws StopError USAGE
 * for what git would not have as a name either.
 */
function candidatesOf(ref: string): readonly (readonly string[])[] {
  const [, name = "", steps = ""] = /^(.*?)((?:[~^]\d{0,6}){0,8})$/s.exec(ref) ?? [];
  if (ref.length > LONGEST || !NAME.test(name)) {
    throw new StopError("USAGE", `"${ref.slice(0, 80)}" is not the name of a commit`, {
      at: "--base",
      help: "Name a branch, such as origin/main, or a commit by its id.",
    });
  }
  if (name === "HEAD" || name.startsWith("refs/") || /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(name)) return [[ref]];
  const spaces = ["refs/heads", "refs/remotes", "refs/tags"].map((space) => `${space}/${name}${steps}`);
  return [[...spaces, ...(isShortId(ref) ? [ref] : [])], [`refs/remotes/origin/${name}${steps}`]];
}

/** Whether a text may be the beginning of a commit's id. */
function isShortId(ref: string): boolean {
  return /^[0-9a-f]{7,63}$/.test(ref);
}

/** The error where a commit that is to judge can't be had. `refs` are the names under which it was looked for. */
export function baseMissing(refs: readonly string[], why: string, at = refs[0] ?? ""): StopError {
  return new StopError("TRUST_BASE_MISSING", `The commit that judges, ${refs.join(" or ")}, can't be had: ${why}.`, {
    at,
    help: nextStep(refs.at(-1) ?? ""),
  });
}

/** A command that brings the commit where it is looked for, also into a clone of one branch or of one commit. */
function nextStep(ref: string): string {
  if (ref === "refs/remotes/origin/HEAD") return "Name the branch with --base, such as --base origin/main.";
  const branch = /^(?:refs\/remotes\/origin\/|refs\/heads\/|origin\/)?([\w./-]+)$/.exec(ref)?.[1] ?? "<branch>";
  const spec = /^[0-9a-f]{40,64}$/.test(branch) ? branch : `+refs/heads/${branch}:refs/remotes/origin/${branch}`;
  return `Fetch it first: git fetch --depth=1 origin ${spec}`;
}
