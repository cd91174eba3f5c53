/**
 * Strict JSON (RFC 8259) in which every value knows where it stands. Momoa gives the positions; it is laxer than
 * the standard about control characters and overflows on deep nesting, so one linear pass goes before it, and
 * what JSON.parse would refuse is refused here too.
 */
import { parse, type ValueNode } from "@humanwhocodes/momoa";
import { StopError } from "../model/finding.js";
import { LIMITS } from "../model/limits.js";

/** The trust store's own shape is six levels deep. */
const DEEPEST = 32;
/** Objects, lists and their entries in one file. */
const MOST_VALUES = 250_000;

export interface Member {
  /** Where the key stands. */
  readonly at: string;
  readonly value: Json;
}

/** A JSON value; `at` is `trust.json:12:5`, file, line and column, both from 1. */
export type Json = { readonly at: string } & (
  | { readonly type: "object"; readonly members: ReadonlyMap<string, Member> }
  | { readonly type: "array"; readonly items: readonly Json[] }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "number"; readonly value: number }
  | { readonly type: "boolean"; readonly value: boolean }
  | { readonly type: "null" }
);

/** The error for everything in a trust store that is not what it must be. */
export function malformed(at: string, says: string, help?: string): StopError {
  return new StopError("TRUST_MALFORMED", says, help === undefined ? { at } : { at, help });
}

/** Text from a file inside a message: quoted, and cut where it would drown the sentence. */
export function quote(text: string): string {
  return `"${text.length > 80 ? `${text.slice(0, 77)}…` : text}"`;
}

/**
 * Reads the bytes of `file` (its name is only used for positions). Throws StopError TRUST_MALFORMED for anything
 * that is not UTF-8, not JSON, too large, too deep, or that has one key twice in an object.
 */
export function parseJson(bytes: Uint8Array, file: string): Json {
  if (bytes.length > LIMITS.trustFileBytes) {
    throw malformed(file, `${file} is larger than ${LIMITS.trustFileBytes} bytes.`);
  }
  const text = decode(bytes, file);
  survey(text, file);
  return locate(parseStrictly(text, file), file);
}

function decode(bytes: Uint8Array, file: string): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed(file, `${file} is not UTF-8 text.`, "Save the file as UTF-8.");
  }
  if (text.startsWith("\ufeff")) {
    throw malformed(`${file}:1:1`, `${file} begins with a byte order mark.`, "Save the file as UTF-8 without a BOM.");
  }
  return text;
}

/** One pass over the characters: nesting, the number of values, and raw control characters inside strings. */
function survey(text: string, file: string): void {
  let depth = 0;
  let values = 0;
  let inString = false;
  for (let offset = 0; offset < text.length; offset++) {
    const char = text.charCodeAt(offset);
    if (inString) {
      if (char === 0x5c) offset++;
      else if (char === 0x22) inString = false;
      else if (char < 0x20) {
        throw malformed(position(text, offset, file), 'A text goes over the end of its line: a closing " is missing.');
      }
      continue;
    }
    if (char === 0x22) inString = true;
    else if (char === 0x7b || char === 0x5b) {
      values++;
      if (++depth > DEEPEST) {
        throw malformed(position(text, offset, file), `${file} is nested more than ${DEEPEST} levels deep.`);
      }
    } else if (char === 0x7d || char === 0x5d) depth--;
    else if (char === 0x2c) values++;
  }
  if (values > MOST_VALUES) throw malformed(file, `${file} holds more than ${MOST_VALUES} values.`);
}

function parseStrictly(text: string, file: string): ValueNode {
  try {
    const { body } = parse(text, { mode: "json" });
    JSON.parse(text);
    return body;
  } catch (error) {
    const { line, column } = error as { line?: number; column?: number };
    const at = line === undefined ? `${file}:1:1` : `${file}:${line}:${Math.max(1, column ?? 1)}`;
    const reason = error instanceof Error ? reasonOf(error.message) : "";
    throw malformed(
      at,
      `${file} is not JSON from here on: ${reason}`,
      "Look just before this place for a comma too many or missing, a comment (JSON has none), or an open quote.",
    );
  }
}

/** Momoa's message without its place, and with the characters that it has names for. */
function reasonOf(message: string): string {
  const written: Readonly<Record<string, string>> = {
    ...{ LBrace: "{", RBrace: "}", LBracket: "[", RBracket: "]", Colon: ":", Comma: "," },
  };
  return message
    .replace(/ \(\d+:\d+\)$/, "")
    .replace(/\btoken (\w+) found/, (all, name: string) => (Object.hasOwn(written, name) ? `"${written[name]}"` : all));
}

/** Turns Momoa's tree into ours. Recursion is bounded by DEEPEST. */
function locate(node: ValueNode, file: string): Json {
  const at = `${file}:${node.loc.start.line}:${node.loc.start.column}`;
  switch (node.type) {
    case "Object": {
      const members = new Map<string, Member>();
      for (const { name, value } of node.members) {
        const keyAt = `${file}:${name.loc.start.line}:${name.loc.start.column}`;
        const key = name.type === "String" ? wellFormed(name.value, keyAt) : name.name;
        if (members.has(key)) throw malformed(keyAt, `${quote(key)} stands twice in one object.`, "Keep one of them.");
        members.set(key, { at: keyAt, value: locate(value, file) });
      }
      return { at, type: "object", members };
    }
    case "Array":
      return { at, type: "array", items: node.elements.map((element) => locate(element.value, file)) };
    case "String":
      return { at, type: "string", value: wellFormed(node.value, at) };
    case "Number":
      return { at, type: "number", value: node.value };
    case "Boolean":
      return { at, type: "boolean", value: node.value };
    case "Null":
      return { at, type: "null" };
    default:
      throw malformed(at, `${file} is not JSON here: ${node.type}.`);
  }
}

/** Half of a surrogate pair, which only an escape can smuggle in, is no text: programs differ in what they make of it. */
function wellFormed(text: string, at: string): string {
  if (/\p{Surrogate}/u.test(text)) throw malformed(at, "A \\u escape in this text is half of a character.");
  return text;
}

function position(text: string, offset: number, file: string): string {
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
  return `${file}:${lines.length}:${(lines.at(-1) ?? "").length + 1}`;
}
