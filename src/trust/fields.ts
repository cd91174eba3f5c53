/** Reading objects and lists of a known shape. Every function throws StopError TRUST_MALFORMED with the position. */
import { type Json, malformed, quote } from "./json.js";
import { proposal } from "./nearest.js";

/** An object all of whose keys are known. */
export interface Fields<Key extends string> {
  readonly at: string;
  /** The value under `key`; an error where there is none. */
  need(key: Key): Json;
  /** The value under `key`, or null where there is none. */
  get(key: Key): Json | null;
}

const KINDS: Readonly<Record<Json["type"], string>> = {
  object: "an object { }",
  array: "a list [ ]",
  string: "a text",
  number: "a number",
  boolean: "true or false",
  null: "null",
};

/** The error for a value of another JSON type than `expected` (`a text`, `a list [ ]`). */
export function wrongType(value: Json, what: string, expected: string): Error {
  return malformed(value.at, `${what} must be ${expected}; this is ${KINDS[value.type]}.`);
}

/** Reads an object that may have the keys `known` and no others. `what` names it in messages: `a rule`. */
export function readFields<Key extends string>(value: Json, what: string, known: readonly Key[]): Fields<Key> {
  if (value.type !== "object") throw wrongType(value, sentence(what), KINDS.object);
  for (const [key, { at }] of value.members) {
    if (!known.includes(key as Key)) {
      throw malformed(
        at,
        `${quote(key)} is not a key of ${what}.${proposal(key, known)}`,
        `Known: ${known.join(", ")}.`,
      );
    }
  }
  const get = (key: Key): Json | null => value.members.get(key)?.value ?? null;
  return {
    at: value.at,
    get,
    need(key) {
      const found = get(key);
      if (found === null) throw malformed(value.at, `${sentence(what)} must have "${key}".`);
      return found;
    },
  };
}

/** Reads a list. */
export function readList(value: Json, what: string): readonly Json[] {
  if (value.type !== "array") throw wrongType(value, what, KINDS.array);
  return value.items;
}

/** Reads every item of a section, which may be missing. Items are known by their place: `rules[2]`. */
export function readEach<Item>(
  value: Json | null,
  section: string,
  read: (value: Json, id: string) => Item,
): readonly Item[] {
  const items = value === null ? [] : readList(value, `"${section}"`);
  return items.map((item, index) => read(item, `${section}[${index}]`));
}

/** Reads a text that says something. */
export function readText(value: Json, what: string): string {
  if (value.type !== "string") throw wrongType(value, what, KINDS.string);
  if (value.value.trim() === "") throw malformed(value.at, `${what} must not be empty.`);
  return value.value;
}

export interface NamedEntry {
  readonly name: string;
  readonly at: string;
  readonly value: Json;
}

/** Names that objects of JavaScript have anyway never name anything here, so that no later map can be poisoned. */
const NAME = /^[A-Za-z0-9@][A-Za-z0-9._@/:+-]{0,99}$/;

/** Reads an object whose keys are names that people choose: registries, publishers. */
export function readNamed(value: Json, what: string): readonly NamedEntry[] {
  if (value.type !== "object") throw wrongType(value, `"${what}"`, KINDS.object);
  return [...value.members].map(([name, member]) => {
    if (!NAME.test(name) || name in Object.prototype) {
      throw malformed(
        member.at,
        `${quote(name)} can't be a name under "${what}".`,
        "A name has up to 100 letters, digits and . _ @ / : + -, and begins with a letter, a digit or @.",
      );
    }
    return { name, at: member.at, value: member.value };
  });
}

function sentence(what: string): string {
  return what.charAt(0).toUpperCase() + what.slice(1);
}
