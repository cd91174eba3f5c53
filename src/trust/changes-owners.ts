/** Changes of "owners": who must sign what weakens the store. */
import type { Owners } from "../model/policy.js";
import { type Change, stronger, weaker } from "./change.js";
import { covers } from "./identities.js";
import { identityWords } from "./words.js";

/** Fewer signatures, or more people who can give them, are weaker. */
export function ownerChanges(before: Owners | null, after: Owners | null): readonly Change[] {
  if (before === null && after === null) return [];
  if (after === null) return [weaker("owners", "Nobody needs to sign a change that weakens the store any more.")];
  if (before === null) {
    const of = after.identities.map(identityWords).join(", ");
    return [stronger("owners", `A change that weakens the store needs ${after.atLeast} of its owners: ${of}.`)];
  }
  const lost = before.identities.filter((old) => !after.identities.some((now) => covers(now, old)));
  const gained = after.identities.filter((now) => !before.identities.some((old) => covers(old, now)));
  const counted = after.atLeast < before.atLeast ? weaker : stronger;
  return [
    ...(after.atLeast === before.atLeast
      ? []
      : [
          counted(
            "owners",
            `A change that weakens the store needs ${after.atLeast} of its owners, and needed ${before.atLeast}.`,
          ),
        ]),
    ...gained.map((identity) => weaker("owners", `Another can sign as an owner: ${identityWords(identity)}.`)),
    ...lost.map((identity) => stronger("owners", `No longer signs as an owner: ${identityWords(identity)}.`)),
  ];
}
