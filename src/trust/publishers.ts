/** The "publishers" and "owners" of trust.json. */
import type { Identity, OwnerIdentity, Owners, Publisher } from "../model/policy.js";
import { type Fields, type NamedEntry, readFields, readList, readNamed, wrongType } from "./fields.js";
import { overlap, type PlacedIdentity, readIdentity, readOwner, traits } from "./identities.js";
import { type Json, malformed, quote } from "./json.js";
import { readReason, readTime } from "./values.js";

/** Identities with a trait in common (one repository, say) are all held against one another. */
const MOST_ALIKE = 100;

/** An identity and whose it is. */
type Enrolled = PlacedIdentity<Identity | OwnerIdentity> & { readonly name: string };

export interface ReadPublishers {
  readonly publishers: readonly Publisher[];
  readonly identities: readonly PlacedIdentity[];
}

/** Reads "publishers" (null: there are none). Throws StopError TRUST_MALFORMED. */
export function readPublishers(value: Json | null): ReadPublishers {
  const roll = new Map<string, Enrolled[]>();
  const read = (value === null ? [] : readNamed(value, "publishers")).map((entry) => {
    const { publisher, identities } = readPublisher(entry);
    for (const placed of identities) {
      const other = enrol(roll, { ...placed, name: entry.name });
      if (other !== null) {
        throw malformed(
          placed.at,
          `This identity belongs to ${quote(other.name)} already (${other.at}): one proof would count as two publishers.`,
          "Give each key and each workflow to one publisher.",
        );
      }
    }
    return { publisher, identities };
  });
  return {
    publishers: read.map(({ publisher }) => publisher),
    identities: read.flatMap(({ identities }) => identities),
  };
}

/** Adds an identity to the roll; gives the one of another name that it overlaps with, or null. */
function enrol(roll: Map<string, Enrolled[]>, enrolled: Enrolled): Enrolled | null {
  for (const trait of traits(enrolled.identity)) {
    const alike = roll.get(trait) ?? [];
    const other = alike.find(({ name, identity }) => name !== enrolled.name && overlap(identity, enrolled.identity));
    if (other !== undefined) return other;
    if (alike.push(enrolled) > MOST_ALIKE) {
      throw malformed(enrolled.at, `More than ${MOST_ALIKE} identities are of one repository or key.`);
    }
    roll.set(trait, alike);
  }
  return null;
}

function readPublisher({ name, value }: NamedEntry): { publisher: Publisher; identities: readonly PlacedIdentity[] } {
  const fields = readFields(value, `publisher ${quote(name)}`, ["identities", "status", "since", "reason"]);
  const identities = readIdentities(fields.need("identities"), readIdentity);
  const publisher = {
    name,
    identities: identities.map(({ identity }) => identity),
    compromised: readCompromise(fields),
  };
  return { publisher, identities };
}

function readCompromise(fields: Fields<"status" | "since" | "reason">): Publisher["compromised"] {
  const status = fields.get("status");
  if (status === null) {
    const stray = fields.get("since") ?? fields.get("reason");
    if (stray !== null) throw malformed(stray.at, '"since" and "reason" belong to "status": "compromised".');
    return null;
  }
  if (status.type !== "string" || status.value !== "compromised") {
    throw malformed(status.at, '"status" can only be "compromised".', "Leave it out for a publisher in good standing.");
  }
  return { since: readTime(fields.need("since"), '"since"'), reason: readReason(fields.need("reason")) };
}

/** A list of at least one identity. */
function readIdentities<Placed>(value: Json, read: (item: Json) => Placed): readonly Placed[] {
  const items = readList(value, '"identities"');
  if (items.length === 0) throw malformed(value.at, '"identities" must name at least one.');
  return items.map(read);
}

/** Reads "owners": who must sign a change that weakens the store. */
export function readOwners(value: Json): {
  readonly owners: Owners;
  readonly identities: readonly PlacedIdentity<OwnerIdentity>[];
} {
  const fields = readFields(value, '"owners"', ["atLeast", "identities"]);
  const identities = readIdentities(fields.need("identities"), readOwner);
  const roll = new Map<string, Enrolled[]>();
  identities.forEach((placed, index) => {
    if (enrol(roll, { ...placed, name: String(index) }) !== null) {
      throw malformed(placed.at, "This owner stands here already: one signature would count twice.");
    }
  });
  const atLeast = readAtLeast(fields.need("atLeast"), identities.length, "owners");
  return { owners: { atLeast, identities: identities.map(({ identity }) => identity) }, identities };
}

/** A whole number from 1 to as many as there are. */
export function readAtLeast(value: Json, available: number, of: string): number {
  if (value.type !== "number") throw wrongType(value, '"atLeast"', "a number");
  if (!Number.isInteger(value.value) || value.value < 1) {
    throw malformed(value.at, '"atLeast" must be a whole number, 1 or more.');
  }
  if (value.value > available) {
    throw malformed(
      value.at,
      `"atLeast" asks for ${value.value} of ${available} ${of}: nothing could ever satisfy it.`,
    );
  }
  return value.value;
}
