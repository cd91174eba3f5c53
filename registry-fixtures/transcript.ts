/**
 * What a person sees at a terminal, as text that can be kept and compared: command lines with what they printed and
 * their exit status. Only what must differ from run to run is replaced; what stands at several places (a digest, a key)
 * gets a number, so that one can still see which are the same.
 */
import type { Run } from "./secure-install.js";

/** A text and what to show in its place. Folders may have either kind of slash behind them. */
export type Place = readonly [found: string, shown: string];

/** Texts of which every other one is another thing: in the order in which they are looked for. */
const NUMBERED: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: "key", pattern: /(?<=\bSHA256:)[A-Za-z0-9+/]{43}(?![A-Za-z0-9+/])/g },
  { what: "digest", pattern: /(?<=\bsha(?:1|256|384|512)-)[A-Za-z0-9+/]{27,86}={0,2}/g },
  { what: "digest", pattern: /(?<=\bsha(?:1|256|384|512):)[0-9a-f]{40,128}\b/g },
  // Cut short for people.
  { what: "digest", pattern: /(?<=\bsha512:)[0-9a-f]{12}(?=…)/g },
  { what: "fingerprint", pattern: /\b[0-9A-F]{40}\b/g },
  { what: "commit", pattern: /(?<=\bcommit )[0-9a-f]{40}\b/g },
  { what: "key", pattern: /(?<=\bsignatures\/)[0-9a-f]{64}(?=\.sig\b)/g },
  { what: "time", pattern: /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g },
  // As certificates write it.
  { what: "time", pattern: /\b[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4} GMT/g },
];

const REPLACED: readonly (readonly [RegExp, string])[] = [
  [/(?<="elapsedMs": )\d+/g, "{ms}"],
  // Of the store, which holds what signatures and compression have made.
  [/(?<=^(?:Blobs|Claims|Size) +(?:\d+ {2})?)[1-9][\d.]* [kMG]?B|[1-9][\d.]* [kMG]?B(?= left of)/gm, "{size}"],
  [
    /(?<=\b(?:added|changed|removed) \d+ packages?(?:, and (?:added|changed|removed) \d+ packages?)* in )\d+m?s/g,
    "{time}",
  ],
  [/(?<=\b(?:npm|secure-install) )\d+\.\d+\.\d+(?:-[\w.]+)?/g, "{version}"],
  [/(?<=\b(?:localhost|127\.0\.0\.1|\[?::1\]?):)\d+/g, "{port}"],
  [/(?<=[\\/]\.refused-)[\w-]+/g, "{name}"],
  // npm's own.
  [/(?<=A complete log of this run can be found in: ).*/g, "{file}"],
];

export class Transcript {
  readonly #places: readonly Place[];
  readonly #kept: readonly string[];
  readonly #numbers = new Map<string, string>();
  readonly #parts: string[] = [];

  /** `places` are replaced first, in their order. What is `kept` (`time`) is the same in every run. */
  constructor(places: readonly Place[], kept: readonly string[] = []) {
    this.#places = places;
    this.#kept = kept;
  }

  /** Adds a command line and what came of it. What it did not print is not spoken of. */
  add(command: string, { stdout, stderr, status }: Run): void {
    const streams = [shown("stdout", this.#settled(stdout)), shown("stderr", this.#settled(stderr))];
    this.#parts.push(`$ ${this.#settled(command)}\n${streams.join("")}[exit status ${status}]\n`);
  }

  /** The whole, ending in a line break. */
  get text(): string {
    return this.#parts.join("\n");
  }

  #settled(text: string): string {
    let settled = text.replaceAll("\r\n", "\n");
    for (const [found, name] of this.#places) settled = settled.replaceAll(found, name);
    const numbered = NUMBERED.filter(({ what }) => !this.#kept.includes(what));
    for (const { what, pattern } of numbered) settled = settled.replace(pattern, (one) => this.#numbered(what, one));
    for (const [pattern, name] of REPLACED) settled = settled.replace(pattern, name);
    return settled;
  }

  /** One digest has one number, in base64 as in hex. */
  #numbered(what: string, found: string): string {
    const key = `${what} ${/^[0-9a-f]+$/.test(found) ? Buffer.from(found, "hex").toString("base64") : found}`;
    const number = [...this.#numbers.keys()].filter((one) => one.startsWith(`${what} `)).length + 1;
    const name = this.#numbers.get(key) ?? `{${what} ${number}}`;
    this.#numbers.set(key, name);
    return name;
  }
}

function shown(stream: string, text: string): string {
  if (text === "") return "";
  return `[${stream}]\n${text}${text.endsWith("\n") ? "" : "\n[no line break at the end]\n"}`;
}
