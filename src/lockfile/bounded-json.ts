/**
 * JSON from outside, for people who must not be fooled by a second reader of the same bytes.
 *
 * RFC 8259 leaves open what a repeated key means, and programs differ: JSON.parse takes the last, others the first.
 * Here a repeated key is an error, however it is escaped, and so is `__proto__`. One pass over the text holds the
 * grammar, the depth and the keys, and knows the position of what is wrong; only then does JSON.parse build values.
 */
import { StopError } from "../model/finding.js";

export interface JsonBounds {
  /** Names the file in messages, as in `package-lock.json:12:5`. */
  readonly path: string;
  readonly maxBytes: number;
  /** Most objects and arrays that may be open at once. */
  readonly maxDepth: number;
}

/**
 * Parses UTF-8 JSON within bounds. A byte order mark, a repeated key, a key `__proto__`, or anything outside
 * RFC 8259 throws StopError LOCKFILE_UNREADABLE with its line and column (both from 1, columns in UTF-16 units).
 */
export function parseBoundedJson(bytes: Uint8Array, bounds: JsonBounds): unknown {
  const { path, maxBytes } = bounds;
  if (bytes.byteLength > maxBytes) {
    throw new StopError("LOCKFILE_UNREADABLE", `${path} has ${bytes.byteLength} bytes; at most ${maxBytes} are read`, {
      at: path,
    });
  }
  const text = decode(bytes, path);
  new Reader(text, bounds).read();
  return JSON.parse(text);
}

function decode(bytes: Uint8Array, path: string): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new StopError("LOCKFILE_UNREADABLE", `${path} is not text in UTF-8`, { at: path });
  }
  if (text.charCodeAt(0) === 0xfeff) {
    throw new StopError("LOCKFILE_UNREADABLE", `${path} begins with a byte order mark, which JSON does not have`, {
      at: `${path}:1:1`,
    });
  }
  if (text.trim() === "") throw new StopError("LOCKFILE_UNREADABLE", `${path} is empty`, { at: path });
  return text;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const LITERALS = ["true", "false", "null"];

/** Goes once over the text, no deeper than maxDepth, and throws at the first thing that is not allowed. */
class Reader {
  private at = 0;
  /** What is open: the keys seen so far of an object, null for an array. */
  private readonly open: (Set<string> | null)[] = [];

  constructor(
    private readonly text: string,
    private readonly bounds: JsonBounds,
  ) {}

  read(): void {
    this.space();
    do this.value();
    while (this.goOn());
    if (this.at < this.text.length) this.fail("more text after the end of the JSON");
  }

  /** A whole scalar, or the opening of a container up to where its first value begins (or to its end). */
  private value(): void {
    const code = this.text.charCodeAt(this.at);
    if (code === OPEN_OBJECT) this.enter(new Set(), CLOSE_OBJECT);
    else if (code === OPEN_ARRAY) this.enter(null, CLOSE_ARRAY);
    else if (code === QUOTE) this.string();
    else this.scalar();
  }

  private enter(keys: Set<string> | null, close: number): void {
    if (this.open.length >= this.bounds.maxDepth) this.fail(`more than ${this.bounds.maxDepth} levels of nesting`);
    this.at += 1;
    this.space();
    this.open.push(keys);
    if (this.text.charCodeAt(this.at) === close) return;
    if (keys !== null) this.key(keys);
    this.value();
  }

  /** After a value: closes what ends here. True if another value follows. */
  private goOn(): boolean {
    for (;;) {
      this.space();
      const keys = this.open.at(-1);
      if (keys === undefined) return false;
      const code = this.text.charCodeAt(this.at);
      if (code === (keys === null ? CLOSE_ARRAY : CLOSE_OBJECT)) {
        this.open.pop();
        this.at += 1;
        continue;
      }
      if (code !== COMMA) this.fail(`expected a comma or ${keys === null ? "]" : "}"}`);
      this.at += 1;
      this.space();
      if (keys !== null) this.key(keys);
      return true;
    }
  }

  private key(keys: Set<string>): void {
    const start = this.at;
    if (this.text.charCodeAt(start) !== QUOTE) this.fail("expected a key in double quotes");
    const escaped = this.string();
    const key = escaped
      ? (JSON.parse(this.text.slice(start, this.at)) as string)
      : this.text.slice(start + 1, this.at - 1);
    if (key === "__proto__") this.fail('the key "__proto__", which changes what an object is', start);
    if (keys.has(key)) this.fail(`the key ${JSON.stringify(key)} for the second time in one object`, start);
    keys.add(key);
    this.space();
    if (this.text.charCodeAt(this.at) !== COLON) this.fail("expected a colon");
    this.at += 1;
    this.space();
  }

  /** Passes over a string. True if it has escapes. */
  private string(): boolean {
    let escaped = false;
    this.at += 1;
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code === QUOTE) {
        this.at += 1;
        return escaped;
      }
      if (code === BACKSLASH) {
        escaped = true;
        ESCAPE.lastIndex = this.at;
        if (!ESCAPE.test(this.text)) this.fail("an escape that JSON does not have");
        this.at = ESCAPE.lastIndex;
      } else if (code >= 0x20) {
        this.at += 1;
      } else {
        this.fail(Number.isNaN(code) ? "a string without an end" : "a control character inside a string");
      }
    }
  }

  private scalar(): void {
    const literal = LITERALS.find((word) => this.text.startsWith(word, this.at));
    if (literal !== undefined) {
      this.at += literal.length;
      return;
    }
    NUMBER.lastIndex = this.at;
    if (!NUMBER.test(this.text)) this.fail("expected a value");
    this.at = NUMBER.lastIndex;
  }

  private space(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.at += 1;
    }
  }

  private fail(what: string, offset = this.at): never {
    const { path } = this.bounds;
    const before = this.text.slice(0, offset).split("\n");
    const at = `${path}:${before.length}:${(before.at(-1) ?? "").length + 1}`;
    const ended = offset >= this.text.length;
    const conflict = /^(?:<{7}|={7}|>{7})/.test(this.text.slice(offset, offset + 7));
    throw new StopError(
      "LOCKFILE_UNREADABLE",
      `${path} is not sound JSON: ${ended ? "it ends too early, " : ""}${what}`,
      {
        at,
        ...(conflict ? { help: "Resolve the merge conflict in it, with your package manager, and commit it." } : {}),
      },
    );
  }
}
