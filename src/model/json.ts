/** JSON from outside, as far as every reader of it begins in the same way. */

export type JsonObject = Readonly<Record<string, unknown>>;

/** The value as an object; null for a list, and for whatever else is none. */
export function object(value: unknown): JsonObject | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

/** A JSON object out of UTF-8; null for anything else. */
export function parseObject(bytes: Uint8Array): JsonObject | null {
  try {
    return object(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  } catch {
    return null;
  }
}
