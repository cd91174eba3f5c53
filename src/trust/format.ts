/** trust.json: whom we trust for what. Text in, values out; no rule is applied here. */
import type { Allowance, Owners, Publisher, PublisherRequirement, Registry, Rule, SourcePin } from "../model/policy.js";
import { readDocument } from "./document.js";
import { type Fields, readEach, readFields, readList, readText } from "./fields.js";
import { type Json, malformed, quote } from "./json.js";
import { proposal } from "./nearest.js";
import { readAtLeast, readOwners, readPublishers } from "./publishers.js";
import { readRegistries } from "./registries.js";
import { type DeclaredInstance, readSigstore } from "./sigstore.js";
import { readSource } from "./sources.js";
import { readKinds, readReason, readSelector, readTime } from "./values.js";

const SECTIONS = ["registries", "publishers", "rules", "scripts", "sources", "sdists", "owners", "sigstore"] as const;

export interface TrustFile {
  readonly registries: readonly Registry[];
  readonly publishers: readonly Publisher[];
  readonly rules: readonly Rule[];
  readonly scripts: readonly Allowance[];
  readonly sources: readonly SourcePin[];
  readonly sdists: readonly Allowance[];
  readonly owners: Owners | null;
  /** The public instance first. */
  readonly sigstore: readonly DeclaredInstance[];
  /** The fingerprints of all OpenPGP identities, each with the place that names it. */
  readonly fingerprints: ReadonlyMap<string, string>;
}

/** Reads trust.json. Throws StopError TRUST_MALFORMED, naming line and column. */
export function readTrustFile(bytes: Uint8Array, file = "trust.json"): TrustFile {
  const fields = readDocument(bytes, file, SECTIONS);
  const { publishers, identities } = readPublishers(fields.get("publishers"));
  const owners = fields.get("owners");
  const read = owners === null ? null : readOwners(owners);
  const names = new Set(publishers.map(({ name }) => name));
  return {
    registries: readRegistries(fields.get("registries")),
    publishers,
    rules: readEach(fields.get("rules"), "rules", (value, id) => readRule(value, id, names)),
    scripts: readEach(fields.get("scripts"), "scripts", readAllowance),
    sources: readEach(fields.get("sources"), "sources", readSourcePin),
    sdists: readEach(fields.get("sdists"), "sdists", readAllowance),
    owners: read?.owners ?? null,
    sigstore: readSigstore(fields.get("sigstore")),
    fingerprints: new Map(
      [...identities, ...(read?.identities ?? [])].flatMap(({ at, identity }) =>
        identity.type === "openpgp" ? [[identity.fingerprint, at] as const] : [],
      ),
    ),
  };
}

function readRule(value: Json, id: string, publishers: ReadonlySet<string>): Rule {
  const fields = readFields(value, "a rule", ["select", "except", "require", "publishers", "expires", "reason"]);
  const [except, require, wanted, expires] = [
    fields.get("except"),
    fields.get("require"),
    fields.get("publishers"),
    fields.get("expires"),
  ];
  return {
    id,
    select: readSelector(fields.need("select"), '"select"'),
    except: except === null ? [] : readList(except, '"except"').map((item) => readSelector(item, '"except"')),
    require: require === null ? [] : readKinds(require, '"require"'),
    publishers: wanted === null ? null : readPublisherRequirement(wanted, publishers),
    expires: expires === null ? null : readTime(expires, '"expires"'),
    reason: readReason(fields.need("reason")),
  };
}

function readPublisherRequirement(value: Json, known: ReadonlySet<string>): PublisherRequirement {
  const fields = readFields(value, '"publishers" of a rule', ["atLeast", "of"]);
  const of = new Set<string>();
  for (const item of readList(fields.need("of"), '"of"')) {
    const name = readText(item, 'A name in "of"');
    if (!known.has(name)) {
      throw malformed(
        item.at,
        `${quote(name)} is no publisher.${proposal(name, known)}`,
        'Describe the publisher under "publishers" first.',
      );
    }
    if (of.has(name)) throw malformed(item.at, `${quote(name)} stands twice in "of".`);
    of.add(name);
  }
  return { atLeast: readAtLeast(fields.need("atLeast"), of.size, "publishers"), of: [...of] };
}

function readAllowance(value: Json, id: string): Allowance {
  return allowance(readFields(value, `an entry of "${id.replace(/\[.*/, "")}"`, ["allow", "reason"]), id);
}

function readSourcePin(value: Json, id: string): SourcePin {
  const fields = readFields(value, 'an entry of "sources"', ["allow", "from", "reason"]);
  return { ...allowance(fields, id), from: readSource(fields.need("from")) };
}

function allowance(fields: Fields<"allow" | "reason">, id: string): Allowance {
  return {
    id,
    allow: readSelector(fields.need("allow"), '"allow"'),
    reason: readReason(fields.need("reason")),
  };
}
