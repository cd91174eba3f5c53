/** What becomes an observation, and what never does. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { EvidenceKind } from "../../src/model/evidence.js";
import { finding } from "../../src/model/finding.js";
import { LASTING_KINDS, type Observation, type Sight } from "../../src/model/observation.js";
import type { Reported, Result } from "../../src/model/verdict.js";
import type { Judged } from "../../src/pipeline/judged.js";
import { newObservations, withObserved } from "../../src/pipeline/observe.js";
import { observationLine, readObservations } from "../../src/trust/observed.js";
import { verdict } from "../report/sample.js";

const NOW = Date.UTC(2026, 10, 21);
const NOTHING = new Map();

function sight(name: string, more: Partial<Sight> = {}): Sight {
  return {
    ecosystem: "npm",
    name,
    version: "1.0.0",
    digest: { algorithm: "sha512", hex: "ab".repeat(64) },
    registry: "npmjs",
    evidence: ["registry-signature"],
    signers: [{ type: "registry-key", registry: "npmjs", keyid: "SHA256:x" }],
    publisher: null,
    source: null,
    published: null,
    ...more,
  };
}

function judged(of: Sight | null, result: Result = "PASSED", more: Partial<Reported> = {}): Judged {
  const about = verdict(of?.name ?? "none", result, more as Parameters<typeof verdict>[2]);
  return { verdict: about, listing: null, packedSize: 0, requirements: null, sight: of };
}

function known(...observations: readonly Observation[]) {
  return readObservations(Buffer.from(observations.map((item) => `${observationLine(item)}\n`).join("")));
}

const seenBefore = (name: string, more: Partial<Sight> = {}): Observation => ({
  ...sight(name, more),
  seen: NOW - 1,
  reviewed: false,
});

describe("what is observed", () => {
  test("what passed: once, now, and reviewed by nobody, at however many places it stands", () => {
    const found = newObservations([judged(sight("a")), judged(sight("b")), judged(sight("a"))], NOTHING, NOW);
    assert.deepEqual(
      found.map(({ name, seen, reviewed }) => [name, seen, reviewed]),
      [
        ["a", NOW, false],
        ["b", NOW, false],
      ],
    );
  });

  test("the same bytes again are nothing new, whoever the registry says published them by now", () => {
    const later = sight("a", { publisher: { name: "mallory", trusted: false }, published: 1 });
    assert.deepEqual(newObservations([judged(later)], known(seenBefore("a")), NOW), []);
  });

  test("a kind of evidence that was not there before is something new", () => {
    const before = seenBefore("a", { evidence: [], signers: [] });
    assert.equal(newObservations([judged(sight("a"))], known(before), NOW).length, 1);
    assert.equal(newObservations([judged(sight("a"))], known(before, seenBefore("a")), NOW).length, 0);
  });
});

describe("what is not", () => {
  test("anything but what passed", () => {
    const results: Result[] = ["FAILED", "UNDECIDED", "OTHER_PLATFORM", "OMITTED", "LOCAL"];
    for (const result of results)
      assert.deepEqual(newObservations([judged(sight("a"), result)], NOTHING, NOW), [], result);
    assert.deepEqual(newObservations([judged(null)], NOTHING, NOW), []);
  });

  test("what an exception let through: it would be the measure for the next version", () => {
    const waived: readonly EvidenceKind[] = ["registry-signature"];
    assert.deepEqual(newObservations([judged(sight("a"), "PASSED", { waived })], NOTHING, NOW), []);
  });

  test("what differs from what was seen before, also where that only warns: a person accepts it", () => {
    for (const severity of ["warn", "note"] as const) {
      const drift = finding("DRIFT_PUBLISHER", { says: "another published it", severity });
      const found = newObservations([judged(sight("a"), "PASSED", { findings: [drift] })], NOTHING, NOW);
      assert.equal(found.length, severity === "note" ? 1 : 0, severity);
    }
  });

  test("whatever the store holds, nothing of it is lost or altered, and a second time nothing is added", () => {
    const names = fc.constantFrom("a", "b", "@acme/c");
    const kinds = fc.subarray([...LASTING_KINDS]);
    const sights = fc
      .record({ name: names, version: fc.constantFrom("1.0.0", "2.0.0"), evidence: kinds })
      .map(({ name, version, evidence }) => sight(name, { version, evidence }));
    fc.assert(
      fc.property(fc.array(sights), fc.array(fc.tuple(sights, fc.boolean())), (before, run) => {
        const old = [
          ...new Set(before.map((one) => observationLine({ ...one, seen: NOW - 1, reviewed: true }))),
        ].sort();
        const files = new Map([["observed.lock", Buffer.from(old.map((line) => `${line}\n`).join(""))]]);
        const entries = run.map(([one, passed]) => judged(one, passed ? "PASSED" : "FAILED"));
        const { files: after, added } = withObserved(files, entries, NOW);
        const lines = Buffer.from(after.get("observed.lock") ?? "")
          .toString()
          .split("\n");
        for (const line of old) assert.ok(lines.includes(line));
        assert.equal(lines.length, old.length + added + 1);
        const again = withObserved(after, entries, NOW + 1);
        assert.deepEqual([again.added, again.files], [0, after]);
      }),
      { numRuns: 60 },
    );
  });
});
