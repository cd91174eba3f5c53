/**
 * Changes of a JSON file that a person also edits: text is spliced in and cut out, and all else stays as it is, down to
 * the byte. Order, indentation, line ends and one-line forms are kept, so that a small change is a small diff.
 */
import { isDeepStrictEqual } from "node:util";
import { parse, type ValueNode } from "@humanwhocodes/momoa";
import { StopError } from "../model/finding.js";
import { indentAt, isOneLine, type Layout, layoutOf, render } from "./edit-layout.js";
import { type Child, type Container, childrenOf, type Found, follow, type Path, unlike } from "./edit-tree.js";
import { malformed, parseJson } from "./json.js";

export type Edit =
  | { readonly op: "append"; readonly path: Path; readonly value: unknown }
  | { readonly op: "set"; readonly path: Path; readonly value: unknown }
  | { readonly op: "remove"; readonly path: Path };

/** A stretch of the text, and what comes into its place. Offsets in UTF-16 units. */
interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/**
 * Applies the edits, one after the other. `append` adds an item to the list at `path`, which is made if it is missing;
 * `set` replaces the value at `path`, or adds a member at the end of its object; `remove` takes a member or an item
 * out. Objects that are missing on the way are made. What already is so changes no byte.
 * @param file its name, for positions in messages
 * Throws StopError: TRUST_MALFORMED for a text that parseJson refuses, or where something else stands than the path
 * needs; INTERNAL for a path that leads nowhere.
 */
export function editJson(text: string, edits: readonly Edit[], file: string): string {
  if (/\p{Surrogate}/u.test(text)) throw malformed(file, `${file} holds half of a character.`);
  parseJson(Buffer.from(text), file);
  let edited = text;
  for (const edit of edits) {
    const root = parse(edited, { mode: "json" }).body;
    const { from, to, text: between } = spliceFor(edited, root, edit, file);
    edited = edited.slice(0, from) + between + edited.slice(to);
  }
  return edited;
}

function spliceFor(text: string, root: ValueNode, edit: Edit, file: string): Splice {
  const layout = layoutOf(text, root);
  const found = follow(root, edit.path, file);
  if (edit.op === "remove") return removal(found, edit.path);
  const value = plain(edit.value);
  const missing = edit.path.slice(found.way.length);
  if (missing.length > 0) {
    const held = edit.op === "append" ? [value] : value;
    const [key, ...below] = missing;
    return addition(text, layout, found, key, below.reduceRight(wrap, held));
  }
  if (edit.op === "set") return replacement(text, layout, found, value);
  if (found.node.type !== "Array") throw unlike(found.node, edit.path, "a list", file);
  return addition(text, layout, found, found.node.elements.length, value);
}

function removal({ way }: Found, path: Path): Splice {
  const last = way.at(-1);
  if (last === undefined || way.length < path.length) throw nowhere(path);
  const { holder, child } = last;
  const children = childrenOf(holder);
  const at = children.findIndex(({ key }) => key === child.key);
  const before = children[at - 1];
  const after = children[at + 1];
  if (after !== undefined) return { from: child.from, to: after.from, text: "" };
  if (before !== undefined) return { from: before.to, to: child.to, text: "" };
  return { from: holder.loc.start.offset + 1, to: holder.loc.end.offset - 1, text: "" };
}

function replacement(text: string, layout: Layout, { node, way }: Found, value: unknown): Splice {
  const from = node.loc.start.offset;
  const to = node.loc.end.offset;
  const old = text.slice(from, to);
  if (isDeepStrictEqual(JSON.parse(old), value)) return { from, to, text: old };
  const holder = way.at(-1)?.holder ?? null;
  const wasList = (node.type === "Array" || node.type === "Object") && childrenOf(node).length > 0;
  const oneLine = wasList ? isOneLine(text, node) : holder !== null && isOneLine(text, holder);
  return { from, to, text: render(value, layout, oneLine ? null : indentAt(text, from)) };
}

/** Puts a new child at the end of the container that was found. */
function addition(
  text: string,
  layout: Layout,
  { node, way }: Found,
  key: string | number | undefined,
  value: unknown,
): Splice {
  const children = childrenOf(node);
  if (key === undefined || (typeof key === "number" && key !== children.length)) throw nowhere([key ?? ""]);
  const name = typeof key === "string" ? JSON.stringify(key) + layout.colon : "";
  const last = children.at(-1);
  if (last === undefined) return firstChild(text, layout, node, way.at(-1)?.holder ?? null, name, value);
  const between = separator(text, layout, node, children);
  const oneLine = !between.includes("\n") && !between.includes("\r");
  const indent = oneLine || likeSiblings(text, children, value) ? null : indentOf(between);
  return { from: last.to, to: last.to, text: `,${between}${name}${render(value, layout, indent)}` };
}

/** An empty object or list opens over several lines where its surroundings do, but a list of plain values stays short. */
function firstChild(
  text: string,
  layout: Layout,
  node: ValueNode,
  holder: Container | null,
  name: string,
  value: unknown,
): Splice {
  const from = node.loc.start.offset + 1;
  const to = node.loc.end.offset - 1;
  const isPlain = name === "" && (typeof value !== "object" || value === null);
  const oneLine = isPlain || (holder !== null && isOneLine(text, holder));
  if (oneLine) {
    const pad = node.type === "Object" ? layout.pad : "";
    return { from, to, text: `${pad}${name}${render(value, layout, null)}${pad}` };
  }
  const outer = indentAt(text, node.loc.start.offset);
  const inner = outer + layout.unit;
  const { eol } = layout;
  return { from, to, text: `${eol}${inner}${name}${render(value, layout, inner)}${eol}${outer}` };
}

/** The white space that stands before the last child, without empty lines; of a single one in one line, the usual. */
function separator(text: string, layout: Layout, node: ValueNode, children: readonly Child[]): string {
  const last = children.at(-1);
  const before = children.at(-2);
  const from = before === undefined ? node.loc.start.offset + 1 : text.indexOf(",", before.to) + 1;
  const space = text.slice(from, last?.from);
  const lines = /(\r\n|\n|\r)([ \t]*)$/.exec(space);
  if (lines !== null) return lines[0];
  if (/[\r\n]/.test(space)) return layout.eol + indentAt(text, last?.from ?? 0);
  return before === undefined ? layout.comma : space;
}

function indentOf(between: string): string {
  return between.replace(/^[\r\n]+/, "");
}

/** Whether the last object or list among the siblings stands in one line, so that a new one does as well. */
function likeSiblings(text: string, children: readonly Child[], value: unknown): boolean {
  const type = Array.isArray(value) ? "Array" : "Object";
  const like = children.filter((child) => child.value.type === type && childrenOf(child.value).length > 0).at(-1);
  return like !== undefined && isOneLine(text, like.value);
}

/** What JSON makes of the value: without members that are undefined, and sharing nothing with the caller's. */
function plain(value: unknown): unknown {
  const text = JSON.stringify(value);
  if (text === undefined) throw new StopError("INTERNAL", "an edit of the trust store holds no value");
  return JSON.parse(text);
}

function wrap(inner: unknown, key: string | number): unknown {
  if (typeof key === "number") throw nowhere([key]);
  // As its own member, also where it is called __proto__.
  return Object.defineProperty({}, key, { value: inner, enumerable: true });
}

function nowhere(path: Path): StopError {
  return new StopError("INTERNAL", `an edit of the trust store leads nowhere: ${JSON.stringify(path)}`);
}
