/** The refusals that every layer of the archive reader makes, in one spelling. */
import { type Finding, finding } from "../model/finding.js";

/** What a reading step gives: the thing read, or why the archive is refused. */
export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly finding: Finding };

type Code =
  | "ARCHIVE_PATH_ESCAPE"
  | "ARCHIVE_LINK_ESCAPE"
  | "ARCHIVE_LINK"
  | "ARCHIVE_DUPLICATE"
  | "ARCHIVE_MALFORMED"
  | "ARCHIVE_TOO_LARGE";

const SHOWN_LENGTH = 200;

/** A name out of an archive, quoted and cut to a readable length. Still raw: reports escape it. */
export function quoted(name: string): string {
  return `"${name.length > SHOWN_LENGTH ? `${name.slice(0, SHOWN_LENGTH)}…` : name}"`;
}

/** A refusal as a finding: one sentence, and where it helps what was expected and what came. */
export function refusal(code: Code, says: string, expected?: string | number, got?: string | number): Finding {
  return finding(code, {
    says,
    expected: expected === undefined ? undefined : String(expected),
    got: got === undefined ? undefined : String(got),
  });
}

/** The commonest one: ARCHIVE_MALFORMED. */
export function malformed(says: string, expected?: string | number, got?: string | number): Finding {
  return refusal("ARCHIVE_MALFORMED", says, expected, got);
}
