/** What the pool and its worker threads say to one another. */

export interface Request {
  readonly id: number;
  readonly job: string;
  readonly input: unknown;
}

export type Answer = { readonly id: number } & (
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: Told }
);

/** An error that can travel between threads: its class and its extra fields can't. */
export interface Told {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;
}

/** Puts an error into a form that can travel. Anything may have been thrown. */
export function tellError(thrown: unknown): Told {
  if (!(thrown instanceof Error)) return { name: "Error", message: String(thrown), stack: undefined, code: undefined };
  const code = "code" in thrown && typeof thrown.code === "string" ? thrown.code : undefined;
  return { name: thrown.name, message: thrown.message, stack: thrown.stack, code };
}

/** The error as it arrives: a plain Error with name, message, stack and code of the first. */
export function toldError(told: Told): Error {
  const error = new Error(told.message);
  error.name = told.name;
  if (told.stack !== undefined) error.stack = told.stack;
  return told.code === undefined ? error : Object.assign(error, { code: told.code });
}
