/** How a JSON file is laid out, and how a new value is written so that it does not stand out. */
import type { ValueNode } from "@humanwhocodes/momoa";

export interface Layout {
  /** The line's end: `\n`, `\r\n`. */
  readonly eol: string;
  /** One step of indentation. */
  readonly unit: string;
  /** Between name and value: `: `. */
  readonly colon: string;
  /** After the comma within a line. */
  readonly comma: string;
  /** Inside the braces of an object in one line. */
  readonly pad: string;
}

/** Lists of plain values go into one line up to this width; longer ones are broken. */
const WIDTH = 120;

/** Reads the habits of a text off its first line's end, its first member and its first indented child. */
export function layoutOf(text: string, root: ValueNode): Layout {
  const eol = /\r\n|\n|\r/.exec(text)?.[0] ?? "\n";
  const colon = firstColon(text, root) ?? ": ";
  const isTight = colon === ":";
  return { eol, unit: unitOf(text, root) ?? "  ", colon, comma: isTight ? "" : " ", pad: isTight ? "" : " " };
}

/** Whether a node holds no line's end. */
export function isOneLine(text: string, node: ValueNode): boolean {
  return !/[\r\n]/.test(text.slice(node.loc.start.offset, node.loc.end.offset));
}

/** The white space at the beginning of the line in which `offset` lies. */
export function indentAt(text: string, offset: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart(text, offset), offset))?.[0] ?? "";
}

function lineStart(text: string, offset: number): number {
  return offset === 0 ? 0 : Math.max(text.lastIndexOf("\n", offset - 1), text.lastIndexOf("\r", offset - 1)) + 1;
}

/** A value as text: in one line where `indent` is null, else over several, whose lines begin with `indent`. */
export function render(value: unknown, layout: Layout, indent: string | null): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const [open, close] = isList ? "[]" : "{}";
  const inner = indent === null ? null : indent + layout.unit;
  const parts = Object.entries(value).map(([key, item]: [string, unknown]) => ({
    name: isList ? "" : JSON.stringify(key) + layout.colon,
    item,
  }));
  if (parts.length === 0) return `${open}${close}`;
  const written = (at: string | null): string[] => parts.map(({ name, item }) => name + render(item, layout, at));
  const pad = isList ? "" : layout.pad;
  const line = `${open}${pad}${written(null).join(`,${layout.comma}`)}${pad}${close}`;
  const isShort = isList && parts.every(({ item }) => typeof item !== "object" || item === null);
  if (inner === null || (isShort && line.length + inner.length <= WIDTH)) return line;
  const { eol } = layout;
  return `${open}${eol}${inner}${written(inner).join(`,${eol}${inner}`)}${eol}${indent}${close}`;
}

function firstColon(text: string, node: ValueNode): string | null {
  if (node.type !== "Object") return null;
  const [member] = node.members;
  if (member === undefined) return null;
  const between = text.slice(member.name.loc.end.offset, member.value.loc.start.offset);
  return /[\r\n]/.test(between) ? null : between;
}

/** By how much the first child that stands in a line of its own is further in than what holds it. */
function unitOf(text: string, node: ValueNode): string | null {
  if (isOneLine(text, node)) return null;
  const values =
    node.type === "Object"
      ? node.members.map(({ name, value }) => ({ from: name.loc.start.offset, value }))
      : node.type === "Array"
        ? node.elements.map(({ value }) => ({ from: value.loc.start.offset, value }))
        : [];
  const outer = indentAt(text, node.loc.start.offset);
  for (const { from, value } of values) {
    const inner = indentAt(text, from);
    const isFirst = lineStart(text, from) + inner.length === from;
    if (isFirst && inner.startsWith(outer) && inner.length > outer.length) return inner.slice(outer.length);
    const below = unitOf(text, value);
    if (below !== null) return below;
  }
  return null;
}
