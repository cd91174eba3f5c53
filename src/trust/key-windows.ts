/** When a registry's keys may sign. */
import type { RegistryKey } from "../model/policy.js";
import { isBuiltinKey } from "./builtin.js";

/** Whether one key's window lies within another's. Null is open. */
export function isWithin(inner: RegistryKey, outer: RegistryKey): boolean {
  return (
    beginOf(inner) >= beginOf(outer) &&
    (inner.expires ?? Number.POSITIVE_INFINITY) <= (outer.expires ?? Number.POSITIVE_INFINITY)
  );
}

/** The beginning of a key that is as good as built in is not asked about. */
function beginOf(key: RegistryKey): number {
  return isBuiltinKey(key) ? Number.NEGATIVE_INFINITY : (key.notBefore ?? Number.NEGATIVE_INFINITY);
}
