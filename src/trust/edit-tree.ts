/** Where the path of an edit leads in the tree of a JSON text. */
import type { ValueNode } from "@humanwhocodes/momoa";
import type { StopError } from "../model/finding.js";
import { malformed, quote } from "./json.js";

/** Names of members, and places in lists. */
export type Path = readonly (string | number)[];

/** What is between two brackets: where each of it starts and ends. */
export interface Child {
  readonly key: string | number;
  readonly from: number;
  readonly to: number;
  readonly value: ValueNode;
}

export type Container = Extract<ValueNode, { type: "Object" | "Array" }>;

/** How far a path leads: the last node that is there, those that hold it, and the child that each of them gave. */
export interface Found {
  readonly node: ValueNode;
  readonly way: readonly { readonly holder: Container; readonly child: Child }[];
}

/** Throws StopError TRUST_MALFORMED where something else stands than the path needs. */
export function follow(root: ValueNode, path: Path, file: string): Found {
  const way: { holder: Container; child: Child }[] = [];
  let node = root;
  for (const [depth, step] of path.entries()) {
    const isList = typeof step === "number";
    if (node.type !== (isList ? "Array" : "Object")) {
      throw unlike(node, path.slice(0, depth), isList ? "a list" : "an object", file);
    }
    const holder = node as Container;
    const child = childrenOf(holder).find(({ key }) => key === step);
    if (child === undefined) return { node, way };
    way.push({ holder, child });
    node = child.value;
  }
  return { node, way };
}

/** Members or items, in their order; none of what is neither object nor list. */
export function childrenOf(node: ValueNode): Child[] {
  if (node.type === "Object") {
    return node.members.map(({ name, value }) => ({
      key: name.type === "String" ? name.value : name.name,
      from: name.loc.start.offset,
      to: value.loc.end.offset,
      value,
    }));
  }
  if (node.type !== "Array") return [];
  return node.elements.map(({ value }, key) => ({
    key,
    from: value.loc.start.offset,
    to: value.loc.end.offset,
    value,
  }));
}

/** The error for a place where something else stands than is needed. */
export function unlike(node: ValueNode, path: Path, expected: string, file: string): StopError {
  const at = `${file}:${node.loc.start.line}:${node.loc.start.column}`;
  const what = path.length === 0 ? `What ${file} holds` : quote(path.join("."));
  return malformed(at, `${what} must be ${expected}.`);
}
