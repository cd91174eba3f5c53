/**
 * Every field of real attestations, changed and taken away: refused wherever the proof depends on it. Where nothing
 * depends on a field it stands in a list here, with the reason; a field that is neither fails.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { vectorPath } from "../../registry-fixtures/fixture-files.js";
import { mintSigningKey } from "../../registry-fixtures/signing-key.js";
import { githubBuild } from "../../registry-fixtures/sigstore/build.js";
import { type AttestOptions, mintSigstore } from "../../registry-fixtures/sigstore/instance.js";
import { provenanceStatement, publishStatement } from "../../registry-fixtures/sigstore/npm-statements.js";
import { npmPurl } from "../../src/model/names.js";
import type { RegistryKey } from "../../src/model/policy.js";
import { BUILTIN, PUBLIC_SIGSTORE } from "../../src/trust/builtin.js";
import { verifyAttestations } from "../../src/verify/attestations.js";
import type { AnInstance } from "../../src/verify/attested.js";

const NPMJS = BUILTIN.find(({ id }) => id === "npmjs") ?? assert.fail();
type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

const read = (...path: readonly string[]): Buffer => readFileSync(vectorPath("npm-attestations", ...path));
const sha512 = (bytes: Buffer): string => createHash("sha512").update(bytes).digest("hex");

/** An attestation, what it is about, and under which instance and keys it holds. */
interface Subject {
  readonly what: string;
  readonly name: string;
  readonly version: string;
  readonly own: string;
  readonly attestation: Json;
  readonly instance?: AnInstance;
  readonly keys?: readonly RegistryKey[];
}

/** Real ones: bundle 0.1 with an entry alone, 0.2 with a proof, and signed by a key. */
const RECORDED: readonly Subject[] = [
  {
    what: "provenance, bundle 0.1",
    ...{ name: "sigstore", version: "0.4.0" },
    own: sha512(read("pacote", "sigstore-0.4.0.tgz")),
    attestation: attestationsIn("pacote/valid-attestations.json", "slsa.dev"),
  },
  {
    what: "provenance, bundle 0.2",
    ...{ name: "gundam-visor", version: "1.0.1" },
    own: sha512(read("slsa-verifier", "gundam-visor-cli-v1-tag.tgz")),
    attestation: attestationsIn("slsa-verifier/gundam-visor-cli-v1-tag.tgz.json", "slsa.dev"),
  },
  {
    what: "publish attestation, bundle 0.2",
    ...{ name: "gundam-visor", version: "1.0.1" },
    own: sha512(read("slsa-verifier", "gundam-visor-cli-v1-tag.tgz")),
    attestation: attestationsIn("slsa-verifier/gundam-visor-cli-v1-tag.tgz.json", "specs/publish"),
  },
];

const sigstore = mintSigstore();
const registryKey = mintSigningKey();
const MINTED = { name: "@acme/lib", version: "1.0.0", sha512: "ab".repeat(64) };
const BUILD = githubBuild();
const minted = {
  ...{ name: MINTED.name, version: MINTED.version, own: MINTED.sha512 },
  instance: {
    id: "minted",
    root: Buffer.from(JSON.stringify(sigstore.trustedRoot())),
    issuers: [BUILD.issuer],
    ...{ logEntries: 1, scts: 1 },
  },
  keys: [{ keyid: registryKey.keyid, spki: registryKey.key, notBefore: null, expires: null }],
};

/** What was recorded has none of: bundles 0.3, and entries of Rekor 2 with a timestamp. */
const MADE: readonly Subject[] = [
  { what: "provenance, bundle 0.3, Rekor 1", ...minted, attestation: built({ log: "v1-dsse" }) },
  { what: "provenance, bundle 0.3, Rekor 2 with a DSSE entry", ...minted, attestation: built({ log: "v2-dsse" }) },
  { what: "provenance, bundle 0.3, Rekor 2, a hash", ...minted, attestation: built({ log: "v2-hashedrekord" }) },
  { what: "publish attestation, bundle 0.3, Rekor 2", ...minted, attestation: published() },
];
const SUBJECTS = [...RECORDED, ...MADE];

function built(how: AttestOptions): Json {
  const statement = provenanceStatement({ ...MINTED, build: BUILD });
  const bundle = sigstore.attest(statement, { build: BUILD, ...how });
  return { predicateType: statement.predicateType, bundle: bundle as unknown as Json };
}

function published(): Json {
  const statement = publishStatement({ ...MINTED, registry: NPMJS.url });
  const bundle = sigstore.attestWithKey(statement, registryKey, { log: "v2-dsse" });
  return { predicateType: statement.predicateType, bundle: bundle as unknown as Json };
}

/** What may be changed (~) or taken away (-) without a word, and why. */
const FREE: readonly (readonly [pattern: RegExp, why: string, of?: RegExp])[] = [
  [
    /^-predicateType$/,
    "what is shown beside the bundle is nobody's word; where it is there, it must be what was signed",
  ],
  [/certificates\.[12](\.rawBytes)?$/, "the chain comes from the trusted root; only the first certificate is read"],
  [/^-.*tlogEntries\.0\.inclusionProof$/, "bundles 0.1 have a promise of the log, and this one has no proof"],
  [/inclusionProof\.(rootHash|treeSize)$/, "both are taken from the checkpoint, which the log has signed"],
  [/timestampVerificationData(\.rfc3161Timestamps)?$/, "it is empty: the log's promise says when"],
  [/^-.*signatures\.0\.keyid$/, "it is empty: a certificate signed"],
  [/tlogEntries\.0\.logIndex$/, "without a promise only the proof's index counts; this one is told nowhere", /Rekor 2/],
];

/** Whose name is gone or another: then it is by a stranger, of whom nobody can tell. */
const STRANGERS = /(tlogEntries\.0\.logId(\.keyId)?|publicKey(\.hint)?|certificates\.0\.rawBytes)$/;

function attestationsIn(file: string, kind: string): Json {
  const { attestations } = JSON.parse(read(...file.split("/")).toString("utf8")) as {
    attestations: { predicateType: string }[];
  };
  return (attestations.find(({ predicateType }) => predicateType.includes(kind)) ?? assert.fail()) as unknown as Json;
}

type Path = readonly (string | number)[];

/** Every leaf, and every part that holds leaves. */
function places(value: Json, path: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null) return [path];
  const inner = Array.isArray(value)
    ? value.flatMap((item: Json, at) => places(item, [...path, at]))
    : Object.entries(value).flatMap(([key, item]) => places(item as Json, [...path, key]));
  return path.length === 0 ? inner : [path, ...inner];
}

function altered(value: Json, path: Path, change: (leaf: Json) => Json | undefined): Json {
  const copy = structuredClone(value) as Json;
  let holder = copy as Record<string | number, Json>;
  for (const key of path.slice(0, -1)) holder = holder[key] as Record<string | number, Json>;
  const last = path.at(-1) ?? "";
  const changed = change(holder[last] as Json);
  if (changed !== undefined) holder[last] = changed;
  else if (Array.isArray(holder)) holder.splice(Number(last), 1);
  else delete holder[last];
  return copy;
}

/** Another text of the same length, base64 still base64: the digit in the middle is the next one. */
function flipped(leaf: Json): Json {
  if (typeof leaf === "number") return leaf + 1;
  if (typeof leaf === "boolean") return !leaf;
  if (typeof leaf !== "string") return "x";
  if (leaf === "") return "x";
  const at = Math.floor(leaf.length / 2);
  const next = leaf[at] === "A" ? "B" : leaf[at] === "1" ? "2" : /[0-9]/.test(leaf[at] ?? "") ? "1" : "A";
  return `${leaf.slice(0, at)}${next}${leaf.slice(at + 1)}`;
}

/** `verified`, the code of what is invalid, or the outcome. */
async function outcomeOf(
  attestation: Json,
  { name, version, own, instance = PUBLIC_SIGSTORE, keys = NPMJS.keys }: Subject,
): Promise<string> {
  const { id, url } = NPMJS;
  const asked = { name, version, purl: npmPurl(name, version), own: { sha512: own }, registry: { id, url }, keys };
  const answer = Buffer.from(JSON.stringify({ attestations: [attestation] }));
  const { provenance, publish } = await verifyAttestations({ ...asked, instances: [instance], answer });
  const outcome = [provenance, publish].find((one) => one.outcome !== "absent");
  return outcome?.outcome === "invalid" ? outcome.code : (outcome?.outcome ?? "absent");
}

describe("attestations with a field that was changed (~) or taken away (-)", () => {
  const used = new Set<RegExp>();

  for (const subject of SUBJECTS) {
    it(subject.what, async () => {
      assert.equal(await outcomeOf(subject.attestation, subject), "verified");
      const wrong: string[] = [];
      for (const path of places(subject.attestation)) {
        for (const [sign, change] of [
          ["~", flipped],
          ["-", () => undefined],
        ] as const) {
          const place = `${sign}${path.join(".")}`;
          const free = FREE.find(([pattern, , of = /./]) => pattern.test(place) && of.test(subject.what));
          const outcome = await outcomeOf(altered(subject.attestation, path, change), subject);
          const isRefused =
            outcome === "ATTESTATION_INVALID" || (STRANGERS.test(place) && outcome === "unknown-signer");
          if (outcome === "verified" && free !== undefined) used.add(free[0]);
          else if (!isRefused) wrong.push(`${place} ${outcome}`);
        }
      }
      assert.deepEqual(wrong, []);
    });
  }

  it("every reason for leaving a field alone is needed", () => {
    assert.deepEqual(
      FREE.filter(([pattern]) => !used.has(pattern)).map(([, why]) => why),
      [],
    );
  });
});
