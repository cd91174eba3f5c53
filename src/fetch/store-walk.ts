/** What lies in the store, folder by folder: never more of it in memory than one folder in 256 holds. */
import path from "node:path";
import type { Files } from "../model/world.js";
import { PARTS } from "./store-folder.js";

export interface StoreEntry {
  /** A blob is a file of the quarantine; a claim is whatever a registry said, kept beside it. */
  readonly type: "blob" | "claim";
  /** Absolute. */
  readonly file: string;
  /** The digest that the file is named for: SHA-512 of a blob, SHA-256 of a claim's key. */
  readonly digest: string;
  /** Of a claim: what it is, such as `claims`. */
  readonly kind: string;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the epoch, exact to a day. */
  readonly usedAt: number;
}

export interface StoreGroup {
  readonly entries: readonly StoreEntry[];
  /** What does not belong there: links, folders in the place of files, other names. Never followed, never removed. */
  readonly strange: readonly string[];
  /** What killed processes left unfinished. */
  readonly unfinished: readonly { readonly file: string; readonly size: number; readonly usedAt: number }[];
}

/** Which part of the store: all, or one sixteenth of the blobs, which by their names are spread evenly. */
export type Share = "all" | { readonly sixteenth: number };

/** Folders of claims that are looked at together. */
const TOGETHER = 16;

const TWO = /^[0-9a-f]{2}$/;
const REST_OF_SHA512 = /^[0-9a-f]{124}$/;
const REST_OF_SHA256 = /^[0-9a-f]{62}$/;
const KIND = /^[a-z][a-z0-9-]{0,40}$/;
const UNFINISHED = /^\.new\.[0-9a-f]+\.tmp$/;

/** Walks the store in `directory` (absolute). What other processes remove meanwhile is left out. */
export async function* walkStore(files: Files, directory: string, share: Share = "all"): AsyncGenerator<StoreGroup> {
  const content = path.join(directory, PARTS.content, "sha512");
  const shelves = await look(files, content, TWO, "directory");
  yield groupOf([shelves]);
  for (const shelf of shelves.found) {
    if (share !== "all" && Number.parseInt(shelf.file.at(-1) ?? "", 16) !== share.sixteenth % 16) continue;
    const inner = await look(files, shelf.file, TWO, "directory");
    const leaves = await Promise.all(inner.found.map(({ file }) => look(files, file, REST_OF_SHA512, "file")));
    const digestOf = (file: string) => path.relative(content, file).replaceAll(path.sep, "");
    const entries = leaves.flatMap(({ found }) =>
      found.map((item) => ({ ...item, type: "blob" as const, kind: "", digest: digestOf(item.file) })),
    );
    yield { ...groupOf([inner, ...leaves]), entries };
  }
  if (share !== "all") return;
  yield* walkClaims(files, path.join(directory, PARTS.kept));
  yield groupOf([await look(files, path.join(directory, PARTS.arriving), UNFINISHED, "file")]);
}

async function* walkClaims(files: Files, folder: string): AsyncGenerator<StoreGroup> {
  const kinds = await look(files, folder, KIND, "directory");
  yield groupOf([kinds]);
  for (const { file: place } of kinds.found) {
    const inner = await look(files, place, TWO, "directory");
    yield groupOf([inner]);
    const digestOf = (file: string) => path.relative(place, file).replaceAll(path.sep, "");
    const kind = path.basename(place);
    for (let at = 0; at < inner.found.length; at += TOGETHER) {
      const some = inner.found.slice(at, at + TOGETHER);
      const leaves = await Promise.all(some.map(({ file }) => look(files, file, REST_OF_SHA256, "file")));
      const entries = leaves.flatMap(({ found }) =>
        found.map((item) => ({ ...item, type: "claim" as const, kind, digest: digestOf(item.file) })),
      );
      yield { ...groupOf(leaves), entries };
    }
  }
}

interface Found {
  readonly file: string;
  readonly size: number;
  readonly usedAt: number;
}

interface Looked {
  readonly found: readonly Found[];
  readonly strange: readonly string[];
  readonly unfinished: readonly Found[];
}

/** One folder: what is named and made as it should be, with its status where it is a file. */
async function look(files: Files, folder: string, names: RegExp, type: "file" | "directory"): Promise<Looked> {
  const looked = { found: [] as Found[], strange: [] as string[], unfinished: [] as Found[] };
  const listed = (await files.list(folder)) ?? [];
  await Promise.all(
    listed.map(async (item) => {
      const file = path.join(folder, item.name);
      const unfinished = item.type === "file" && UNFINISHED.test(item.name);
      if (!unfinished && (item.type !== type || !names.test(item.name))) return void looked.strange.push(file);
      const status = item.type === "file" ? await files.status(file) : { size: 0, mtimeMs: 0 };
      if (status === null) return;
      looked[unfinished ? "unfinished" : "found"].push({ file, size: status.size, usedAt: status.mtimeMs });
    }),
  );
  return looked;
}

function groupOf(looked: readonly Looked[]): StoreGroup {
  return {
    entries: [],
    strange: looked.flatMap(({ strange }) => strange),
    unfinished: looked.flatMap(({ unfinished }) => unfinished),
  };
}
