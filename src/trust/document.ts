/** What the three files of the store have in common: an object with `format` 1 and, for editors, `$schema`. */
import { type Fields, readFields, readText, wrongType } from "./fields.js";
import { malformed, parseJson } from "./json.js";

const FORMAT = 1;

/** Reads a file of the store down to its top-level keys. Throws StopError TRUST_MALFORMED. */
export function readDocument<Key extends string>(
  bytes: Uint8Array,
  file: string,
  known: readonly Key[],
): Fields<Key | "$schema" | "format"> {
  const fields = readFields(parseJson(bytes, file), file, ["format", "$schema", ...known]);
  const schema = fields.get("$schema");
  if (schema !== null) readText(schema, '"$schema"');
  const format = fields.need("format");
  if (format.type !== "number") throw wrongType(format, '"format"', "the number 1");
  if (format.value !== FORMAT) {
    throw malformed(
      format.at,
      `"format" is ${format.value}, and this version of secure-install reads format ${FORMAT} only.`,
      `Write "format": ${FORMAT}, or use the version of secure-install that the file was written for.`,
    );
  }
  return fields;
}
