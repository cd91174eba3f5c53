/**
 * What npm's registry answers at `/-/npm/v1/attestations/<name>@<version>` (https://github.com/npm/attestation): a list
 * of bundles. Each is held by the file of its kind.
 */
import type { Outcome } from "../model/evidence.js";
import { object, parseObject } from "../model/json.js";
import { type AttestationRequest, invalid, refusalOf } from "./attested.js";
import { PROVENANCE_TYPES, verifyProvenance } from "./provenance.js";
import { PUBLISH_TYPE, verifyPublication } from "./publish-attestation.js";
import { openBundle } from "./sigstore.js";
import { readStatement } from "./statement.js";

/** An honest answer has two. */
const MOST = 8;

export interface Attested {
  readonly provenance: Outcome;
  readonly publish: Outcome;
}

type Kind = keyof Attested;

/** Holds every attestation of an answer: one that is invalid refuses its kind, whatever the others say. */
export async function verifyAttestations(request: AttestationRequest): Promise<Attested> {
  const list = listIn(request.answer);
  if (list === null) {
    const detail = "what the registry answered is no list of attestations";
    const unavailable: Outcome = { outcome: "unavailable", code: "FETCH_FAILED", detail };
    return { provenance: unavailable, publish: unavailable };
  }
  const outcomes: Record<Kind, Outcome[]> = { provenance: [], publish: [] };
  for (const item of list) {
    const { kinds, outcome } = await one(request, item).catch(unreadable);
    for (const kind of kinds) outcomes[kind].push(outcome);
  }
  return { provenance: merged(outcomes.provenance), publish: merged(outcomes.publish) };
}

/** Null where the answer is not of npm's form. */
function listIn(answer: Uint8Array): readonly unknown[] | null {
  const list = parseObject(answer)?.attestations;
  return Array.isArray(list) && list.length <= MOST ? list : null;
}

interface One {
  /** Which kinds it counts for; none where it is of a kind that is not known here. */
  readonly kinds: readonly Kind[];
  readonly outcome: Outcome;
}

/** Whatever is thrown over what came from outside is a refusal of it. Of which kind it was to be, nobody can tell. */
function unreadable(error: unknown): One {
  const why = error instanceof Error ? error.message : "it can't be read";
  return { kinds: ["provenance", "publish"], outcome: invalid(`an attestation does not hold: ${why}`) };
}

async function one(request: AttestationRequest, item: unknown): Promise<One> {
  const { predicateType: told, bundle } = object(item) ?? {};
  const opened = openBundle(bundle);
  if (!opened.ok) return { kinds: kindsOf(told), outcome: refusalOf(opened, "attestation") };
  const read = readStatement(opened.content);
  if (!read.ok) return { kinds: kindsOf(told), outcome: invalid(`its attestation does not hold: ${read.why}`) };
  const { statement } = read;
  const kinds = kindsOf(statement.predicateType);
  if (told !== undefined && typeof told !== "string") {
    return { kinds, outcome: invalid("an attestation is shown as of no type at all") };
  }
  if (told !== undefined && told !== statement.predicateType) {
    const says = "the registry shows an attestation as something else than was signed";
    const both = [...new Set([...kindsOf(told), ...kinds])];
    return { kinds: both, outcome: invalid(says, { expected: told, got: statement.predicateType }) };
  }
  const [kind] = kinds;
  if (kind === undefined) return { kinds, outcome: { outcome: "absent" } };
  const prove = kind === "publish" ? verifyPublication : verifyProvenance;
  return { kinds, outcome: await prove(request, opened, statement) };
}

function kindsOf(predicateType: unknown): readonly Kind[] {
  if (predicateType === PUBLISH_TYPE) return ["publish"];
  return PROVENANCE_TYPES.some((known) => known === predicateType) ? ["provenance"] : [];
}

function merged(outcomes: readonly Outcome[]): Outcome {
  const invalids = outcomes.find(({ outcome }) => outcome === "invalid");
  if (invalids !== undefined) return invalids;
  const verified = outcomes.filter((item) => item.outcome === "verified");
  const strangers = outcomes.filter((item) => item.outcome === "unknown-signer");
  if (verified.length === 0) return strangers[0] ?? { outcome: "absent" };
  const signers = verified.flatMap((item) => item.signers);
  const notes = strangers.map(({ detail }) => `another attestation was ignored: ${detail}`);
  return { outcome: "verified", signers, ...(notes.length === 0 ? {} : { notes }) };
}
