import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Artifact } from "../../src/model/artifact.js";
import type { Code } from "../../src/model/codes.js";
import type { Digest } from "../../src/model/digest.js";
import { EVIDENCE_KINDS, type Evidence, type EvidenceKind, evidence, type Outcome } from "../../src/model/evidence.js";
import { finding } from "../../src/model/finding.js";
import { npmPurl } from "../../src/model/names.js";
import type { Observation } from "../../src/model/observation.js";
import type { Exception, Publisher, Requirements } from "../../src/model/policy.js";
import { parseSelector, type Selector } from "../../src/model/selector.js";
import type { Case } from "../../src/policy/case.js";
import { decide, isPassed } from "../../src/policy/decide.js";

const NOW = Date.parse("2026-06-01T00:00:00Z");
const DIGEST: Digest = { algorithm: "sha512", hex: "ab".repeat(64) };

const artifact: Artifact = {
  purl: npmPurl("lib", "1.0.0"),
  ecosystem: "npm",
  name: "lib",
  version: "1.0.0",
  filename: "lib-1.0.0.tgz",
  source: { type: "registry", url: null },
  locked: { sha512: DIGEST.hex },
  paths: ["lib"],
  location: "node_modules/lib",
  npm: null,
  findings: [],
};

const byKey: Outcome = {
  outcome: "verified",
  signers: [{ type: "registry-key", registry: "npmjs", keyid: "SHA256:k" }],
};
const byAnna: Outcome = {
  outcome: "verified",
  signers: [{ type: "openpgp", fingerprint: "A".repeat(40), signingKey: "A".repeat(40) }],
};
const OUTCOMES: Readonly<Record<string, Outcome>> = {
  verified: byKey,
  "unknown-signer": {
    outcome: "unknown-signer",
    signers: [{ type: "registry-key", registry: "npmjs", keyid: "SHA256:who" }],
  },
  invalid: { outcome: "invalid", code: "SIGNATURE_INVALID", detail: "bad" },
  absent: { outcome: "absent" },
  unavailable: { outcome: "unavailable", code: "FETCH_TIMEOUT", detail: "slow" },
};

function selector(text: string): Selector {
  const parsed = parseSelector(text);
  assert.ok(parsed.ok);
  return parsed.selector;
}

function publisher(name: string, fingerprint: string): Publisher {
  return { name, identities: [{ type: "openpgp", fingerprint, signatureUrl: null }], compromised: null };
}

const anna = publisher("anna", "A".repeat(40));
const bert = publisher("bert", "B".repeat(40));

const nothing: Requirements = {
  kinds: new Map(),
  publishers: [],
  candidates: [],
  denial: null,
  uncovered: [],
  exceptions: [],
  applied: [],
};

function requiring(...kinds: EvidenceKind[]): Requirements {
  return { ...nothing, kinds: new Map(kinds.map((kind) => [kind, ["registries.npmjs"]])) };
}

function holding(...items: Evidence[]): Case {
  return { artifact, digest: DIGEST, evidence: items, findings: [], always: [] };
}

function judged(given: Case, requirements: Requirements): [string, Code[]] {
  const verdict = decide(given, requirements, NOW);
  return [verdict.result, verdict.findings.map((item) => item.code)];
}

const exception = (change: Partial<Exception> = {}): Exception => ({
  id: "exceptions[0]",
  select: selector("npm:lib@1.0.0"),
  digest: DIGEST,
  waive: ["registry-signature"],
  expires: NOW + 1,
  reason: "a mirror",
  ...change,
});

describe("decide, as a table", () => {
  const signature = (name: string) => evidence("registry-signature", DIGEST, OUTCOMES[name] ?? byKey);
  const required = requiring("registry-signature");
  const table: [string, Case, Requirements, [string, Code[]]][] = [
    ["required and verified", holding(signature("verified")), required, ["PASSED", []]],
    ["required and absent", holding(signature("absent")), required, ["FAILED", ["SIGNATURE_ABSENT"]]],
    ["required and never gathered", holding(), required, ["FAILED", ["SIGNATURE_ABSENT"]]],
    ["required and by a stranger", holding(signature("unknown-signer")), required, ["FAILED", ["KEY_UNKNOWN"]]],
    ["required and unavailable", holding(signature("unavailable")), required, ["UNDECIDED", ["FETCH_TIMEOUT"]]],
    ["invalid although nobody asked", holding(signature("invalid")), nothing, ["FAILED", ["SIGNATURE_INVALID"]]],
    ["absent and nobody asked", holding(signature("absent")), nothing, ["PASSED", []]],
    ["unavailable and nobody asked", holding(signature("unavailable")), nothing, ["PASSED", []]],
    [
      "a checksum is no signature",
      holding(evidence("integrity", DIGEST, byKey)),
      required,
      ["FAILED", ["SIGNATURE_ABSENT"]],
    ],
    ["a waived kind", holding(signature("absent")), { ...required, exceptions: [exception()] }, ["PASSED", []]],
    [
      "an exception never waives what is invalid",
      holding(signature("invalid")),
      { ...required, exceptions: [exception()] },
      ["FAILED", ["SIGNATURE_INVALID"]],
    ],
    [
      "an exception for another digest",
      holding(signature("absent")),
      { ...required, exceptions: [exception({ digest: { algorithm: "sha512", hex: "cd".repeat(64) } })] },
      ["FAILED", ["SIGNATURE_ABSENT"]],
    ],
    [
      "an exception past its end",
      holding(signature("absent")),
      { ...required, exceptions: [exception({ expires: NOW })] },
      ["FAILED", ["SIGNATURE_ABSENT", "EXCEPTION_EXPIRED"]],
    ],
    [
      "integrity is never waived",
      holding(evidence("integrity", DIGEST, { outcome: "absent" })),
      { ...requiring("integrity"), exceptions: [exception({ waive: ["integrity"] })] },
      ["FAILED", ["LOCKFILE_INTEGRITY_ABSENT"]],
    ],
    [
      "a kind that always counts is never waived",
      { ...holding(), always: ["manifest"] },
      { ...nothing, exceptions: [exception({ waive: ["manifest"] })] },
      ["FAILED", ["POLICY_UNMET"]],
    ],
    [
      "denied, although all is well and an exception says so",
      holding(signature("verified")),
      {
        ...required,
        denial: { id: "deny[0]", select: selector("npm:lib"), reason: "malware" },
        exceptions: [exception()],
      },
      ["FAILED", ["POLICY_DENIED"]],
    ],
    [
      "a version that no rule covers",
      holding(),
      { ...nothing, uncovered: ["rules[0]"] },
      ["FAILED", ["POLICY_UNCOVERED"]],
    ],
    [
      "a finding of the lockfile's",
      {
        ...holding(signature("verified")),
        artifact: { ...artifact, findings: [finding("LOCKFILE_LINK", { says: "x" })] },
      },
      nothing,
      ["FAILED", ["LOCKFILE_LINK"]],
    ],
    [
      "a note alone does not stand for missing evidence",
      { ...holding(), findings: [finding("ARCHIVE_ODD", { says: "x" })] },
      required,
      ["FAILED", ["ARCHIVE_ODD", "SIGNATURE_ABSENT"]],
    ],
    [
      "failed and undecided is failed",
      { ...holding(signature("absent")), findings: [finding("FETCH_TIMEOUT", { says: "x" })] },
      required,
      ["FAILED", ["FETCH_TIMEOUT", "SIGNATURE_ABSENT"]],
    ],
  ];
  for (const [name, given, requirements, expected] of table) {
    it(name, () => assert.deepEqual(judged(given, requirements), expected));
  }
});

describe("decide, publishers", () => {
  const wants = (atLeast: number, of: string[], candidates: Publisher[]): Requirements => ({
    ...nothing,
    publishers: [{ atLeast, of, rule: "rules[0]" }],
    candidates,
  });
  const pgp = (outcome: Outcome) => holding(evidence("openpgp-signature", DIGEST, outcome));

  it("passes by a named publisher's own key", () => {
    const verdict = decide(pgp(byAnna), wants(1, ["anna"], [anna]), NOW);
    assert.equal(verdict.result, "PASSED");
    assert.deepEqual(verdict.publishers, ["anna"]);
  });

  it("refuses when the registry alone stands behind it", () => {
    assert.deepEqual(judged(holding(evidence("registry-signature", DIGEST, byKey)), wants(1, ["anna"], [anna])), [
      "FAILED",
      ["SIGNATURE_ABSENT"],
    ]);
  });

  it("refuses a sound signature by another publisher", () => {
    assert.deepEqual(judged(pgp(byAnna), wants(1, ["bert"], [bert])), ["FAILED", ["SIGNER_UNTRUSTED"]]);
  });

  it("does not let two keys of one publisher meet a threshold of two", () => {
    const both = { ...anna, identities: [...anna.identities, ...bert.identities] };
    const signers = [
      byAnna,
      { ...byAnna, signers: [{ type: "openpgp", fingerprint: "B".repeat(40), signingKey: "B".repeat(40) }] },
    ].flatMap((outcome) => (outcome as typeof byAnna & { signers: [] }).signers);
    const requirements = wants(2, ["anna", "anna"], [both, both]);
    assert.equal(judged(pgp({ outcome: "verified", signers }), requirements)[0], "FAILED");
  });

  it("refuses a compromised publisher, even where nobody asked for one", () => {
    const stolen = { ...anna, compromised: { since: NOW - 1, reason: "laptop stolen" } };
    assert.deepEqual(judged(pgp(byAnna), { ...nothing, candidates: [stolen] }), ["FAILED", ["KEY_COMPROMISED"]]);
  });

  it("takes from a compromised publisher what was seen before the theft, and nothing else", () => {
    const since = NOW - 1000;
    const stolen = { ...nothing, candidates: [{ ...anna, compromised: { since, reason: "laptop stolen" } }] };
    const seen = (at: number, more: Partial<Observation> = {}): Case => {
      const sighting: Observation = {
        ...{ ecosystem: "npm", name: "lib", version: "1.0.0", digest: DIGEST, registry: "npmjs" },
        ...{ evidence: ["openpgp-signature"], signers: byAnna.outcome === "verified" ? byAnna.signers : [] },
        ...{ publisher: null, source: null, published: null, reviewed: false, seen: at },
        ...more,
      };
      return { ...pgp(byAnna), sightings: [sighting] };
    };
    assert.deepEqual(judged(seen(since - 1), stolen), ["PASSED", []]);
    assert.deepEqual(judged(seen(since), stolen), ["FAILED", ["KEY_COMPROMISED"]]);
    // The bytes were known, and not that she had signed them: a thief can sign what is old.
    assert.deepEqual(judged(seen(since - 1, { signers: [], evidence: [] }), stolen), ["FAILED", ["KEY_COMPROMISED"]]);
    const byBert: Observation["signers"] = [
      { type: "openpgp", fingerprint: "B".repeat(40), signingKey: "B".repeat(40) },
    ];
    assert.deepEqual(judged(seen(since - 1, { signers: byBert }), stolen), ["FAILED", ["KEY_COMPROMISED"]]);
    assert.deepEqual(judged(seen(since - 1, { evidence: ["provenance"] }), stolen), ["FAILED", ["KEY_COMPROMISED"]]);
  });

  it("is undecided where the signature could not be fetched", () => {
    assert.equal(judged(pgp(OUTCOMES.unavailable ?? byKey), wants(1, ["anna"], [anna]))[0], "UNDECIDED");
  });
});

describe("decide, with generated inputs", () => {
  const RANK = { FAILED: 0, UNDECIDED: 1, PASSED: 2 };
  const outcome = fc.constantFrom(...Object.values(OUTCOMES), byAnna);
  const items = fc
    .dictionary(fc.constantFrom(...EVIDENCE_KINDS), outcome)
    .map((map) => Object.entries(map).map(([kind, value]) => evidence(kind as EvidenceKind, DIGEST, value)));
  const kinds = fc.subarray([...EVIDENCE_KINDS]);
  const requirements = fc
    .record({ kinds, needsAnna: fc.boolean(), denied: fc.boolean(), waive: kinds, excepted: fc.boolean() })
    .map(
      (given): Requirements => ({
        ...requiring(...given.kinds),
        publishers: given.needsAnna ? [{ atLeast: 1, of: ["anna"], rule: "rules[0]" }] : [],
        candidates: given.needsAnna ? [anna] : [],
        denial: given.denied ? { id: "deny[0]", select: selector("npm:lib"), reason: "x" } : null,
        exceptions: given.excepted ? [exception({ waive: given.waive })] : [],
      }),
    );

  it("is total: always one of three, and only a pass is known as passed", () => {
    fc.assert(
      fc.property(items, requirements, (given, asked) => {
        const verdict = decide(holding(...given), asked, NOW);
        assert.ok(verdict.result in RANK);
        assert.equal(isPassed(verdict), verdict.result === "PASSED");
        assert.equal(isPassed({ ...verdict }), false);
      }),
    );
  });

  it("is monotone: asking for more never passes more", () => {
    fc.assert(
      fc.property(items, requirements, kinds, fc.boolean(), (given, asked, more, denied) => {
        const stricter: Requirements = {
          ...asked,
          kinds: new Map([...asked.kinds, ...more.map((kind): [EvidenceKind, string[]] => [kind, ["rules[9]"]])]),
          denial: denied ? { id: "deny[1]", select: selector("npm:lib"), reason: "y" } : asked.denial,
        };
        const before = decide(holding(...given), asked, NOW).result;
        const after = decide(holding(...given), stricter, NOW).result;
        assert.ok(RANK[after] <= RANK[before], `${before} became ${after}`);
      }),
    );
  });

  it("never passes what is invalid", () => {
    fc.assert(
      fc.property(items, requirements, (given, asked) => {
        const verdict = decide(holding(...given), asked, NOW);
        if (given.some((item) => item.outcome === "invalid")) assert.equal(verdict.result, "FAILED");
      }),
    );
  });
});
