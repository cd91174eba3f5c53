/** What can be shown of two selectors without looking at any package. What can't be shown is answered with no. */
import semver from "semver";
import { patternRank, type Selector } from "../model/selector.js";

/** As `selects` reads ranges: prereleases are inside. */
const READ = { includePrerelease: true } as const;

/** Whether every name that `inner` names, in any version, is named by `outer`. */
export function containsNames(outer: Selector, inner: Selector): boolean {
  // A scope's pattern stands for all names in the scope, so it can be asked about like one of them.
  return outer.ecosystem === inner.ecosystem && patternRank(outer.pattern, inner.pattern) > 0;
}

/** Whether everything that `inner` selects is selected by `outer`. */
export function contains(outer: Selector, inner: Selector): boolean {
  return containsNames(outer, inner) && containsRange(outer, inner);
}

/** Whether every version that `inner` covers is covered by `outer`, of packages that both name. */
export function containsRange(outer: Selector, inner: Selector): boolean {
  if (outer.range === null || outer.range === inner.range) return true;
  return inner.range !== null && outer.ecosystem === "npm" && semver.subset(inner.range, outer.range, READ);
}

/** Whether some name may be named by both. Patterns either lie within one another, or have no name in common. */
export function mayShareNames(one: Selector, other: Selector): boolean {
  return containsNames(one, other) || containsNames(other, one);
}

/** Whether some version of some package may be selected by both. */
export function mayMeet(one: Selector, other: Selector): boolean {
  if (!mayShareNames(one, other)) return false;
  if (one.range === null || other.range === null || one.ecosystem !== "npm") return true;
  return semver.intersects(one.range, other.range, READ);
}
