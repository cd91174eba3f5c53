/** exceptions.json, what is let through, and deny.json, what never passes. */

import { isNpmVersion } from "../model/names.js";
import type { Denial, Exception } from "../model/policy.js";
import type { Selector } from "../model/selector.js";
import { readDocument } from "./document.js";
import { readEach, readFields } from "./fields.js";
import { type Json, malformed, quote } from "./json.js";
import { readDigest, readKinds, readReason, readSelector, readTime } from "./values.js";

/** Reads exceptions.json. Throws StopError TRUST_MALFORMED, naming line and column. */
export function readExceptions(bytes: Uint8Array, file = "exceptions.json"): readonly Exception[] {
  return readEach(readDocument(bytes, file, ["exceptions"]).get("exceptions"), "exceptions", readException);
}

/** Reads deny.json. Throws StopError TRUST_MALFORMED, naming line and column. */
export function readDenials(bytes: Uint8Array, file = "deny.json"): readonly Denial[] {
  return readEach(readDocument(bytes, file, ["deny"]).get("deny"), "deny", (value, id) => {
    const fields = readFields(value, "a denial", ["select", "reason"]);
    return {
      id,
      select: readSelector(fields.need("select"), '"select"'),
      reason: readReason(fields.need("reason")),
    };
  });
}

/** An exception is exact: one version, one digest, the kinds it waives, an end, and a reason. */
function readException(value: Json, id: string): Exception {
  const fields = readFields(value, "an exception", ["select", "digest", "waive", "expires", "reason"]);
  const select = readSelector(fields.need("select"), '"select"');
  if (!isExact(select)) {
    throw malformed(
      fields.need("select").at,
      `${quote(select.text)} names more than one version; an exception is for exactly one.`,
      'Write it like "npm:left-pad@1.3.0".',
    );
  }
  const waived = fields.need("waive");
  const waive = readKinds(waived, '"waive"');
  if (waive.length === 0) throw malformed(waived.at, '"waive" must name what the exception lets go.');
  if (waive.includes("integrity")) {
    throw malformed(
      waived.at,
      '"waive" can\'t hold "integrity": without a digest nothing says which bytes the exception is for.',
      "Write the lockfile anew with a current package manager, which records sha512.",
    );
  }
  return {
    id,
    select,
    digest: readDigest(fields.need("digest"), '"digest"'),
    waive,
    expires: readTime(fields.need("expires"), '"expires"'),
    reason: readReason(fields.need("reason")),
  };
}

function isExact({ ecosystem, pattern, range }: Selector): boolean {
  if (range === null || pattern.includes("*")) return false;
  return ecosystem === "npm" ? isNpmVersion(range) : /^[0-9][A-Za-z0-9.!+]*$/.test(range);
}
