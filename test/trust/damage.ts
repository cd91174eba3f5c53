/** Ways to break a store in one place. */
import { type Loose, mintKey } from "./samples.js";

/** Changes the file's value in place, or gives another text for it. */
export type Damage = (file: Loose) => string | undefined;

export interface Refused {
  readonly name: string;
  readonly file: "trust" | "exceptions" | "deny";
  readonly damage: Damage;
  readonly says: RegExp;
  readonly schema: boolean;
}

export const refused = (
  file: Refused["file"],
  schema: boolean,
  cases: Readonly<Record<string, readonly [Damage, RegExp]>>,
): Refused[] => Object.entries(cases).map(([name, [damage, says]]) => ({ name, file, damage, says, schema }));

/** Puts a value at a path such as `rules/0/reason`; undefined takes away what is there. */
export const put =
  (path: string, value?: unknown): Damage =>
  (file) => {
    const keys = path.split("/");
    const last = keys.pop() ?? "";
    keys.reduce((at, key) => at[key], file)[last] = value;
    return undefined;
  };
export const all =
  (...damages: readonly Damage[]): Damage =>
  (file) => {
    for (const damage of damages) damage(file);
    return undefined;
  };
export const instead =
  (text: string): Damage =>
  (): string =>
    text;
export const each =
  (path: string) =>
  (change: Readonly<Record<string, unknown>>): Damage =>
    all(...Object.entries(change).map(([key, value]) => put(`${path}/${key}`, value)));

/** A P-256 key whose bytes were tampered with. */
export function keyWith(change: (der: Buffer) => Buffer): unknown {
  const key = mintKey();
  return { ...key, key: change(Buffer.from(key.key, "base64")).toString("base64") };
}
