/** Drift: every change of hands is told, with its history; the registry's real past does not cry wolf. */
import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import fc from "fast-check";
import type { Observation, Sight } from "../../src/model/observation.js";
import { driftFindings } from "../../src/trust/drift.js";
import type { Context } from "../../src/trust/drift-words.js";
import { baselineFor, lineOf } from "../../src/trust/line.js";
import {
  ANNA,
  BERT,
  context,
  DAY,
  GITHUB,
  LATER,
  OTHER_HEX,
  observation,
  observations,
  openpgp,
  outcomes,
  SEEN,
  SOURCE,
  sight,
} from "./sights.js";

const A = "A".repeat(40);
const B = "B".repeat(40);
const SUBKEY = "C".repeat(40);

function drift(seen: Sight, known: readonly Observation[], more: Partial<Context> = {}) {
  return driftFindings(seen, observations(...known), context(seen, more));
}

/** Code and severity of each finding. */
function told(seen: Sight, known: readonly Observation[], more: Partial<Context> = {}): string[] {
  return drift(seen, known, more).map(({ code, severity }) => `${code} ${severity}`);
}

function only(seen: Sight, known: readonly Observation[], more: Partial<Context> = {}) {
  const [first, ...others] = drift(seen, known, more);
  assert.ok(first !== undefined && others.length === 0);
  return first;
}

describe("DRIFT_DIGEST: same version, other bytes", () => {
  const replaced = { digest: { algorithm: "sha512", hex: OTHER_HEX } } as const;

  it("is a tamper signal, also where all else is as it was", () => {
    assert.deepEqual(told(sight("1.0.0", replaced), [observation("1.0.0")]), ["DRIFT_DIGEST tamper"]);
  });

  it("is not settled by adding an observation of the new bytes, nor by one that claims to be older", () => {
    const known = observation("1.0.0");
    for (const seen of [SEEN - DAY, SEEN + DAY]) {
      const added = observation("1.0.0", { ...replaced, seen });
      assert.deepEqual(told(sight("1.0.0", replaced), [known, added]), ["DRIFT_DIGEST tamper"]);
      assert.deepEqual(told(sight("1.0.0"), [known, added]), ["DRIFT_DIGEST tamper"]);
    }
  });

  it("is settled by nothing, not even by an observation of the new bytes that a person has reviewed", () => {
    const known = [observation("1.0.0"), observation("1.0.0", { ...replaced, reviewed: true })];
    assert.deepEqual(told(sight("1.0.0", replaced), known), ["DRIFT_DIGEST tamper"]);
    assert.deepEqual(told(sight("1.0.0"), known), ["DRIFT_DIGEST tamper"]);
  });

  it("tells both digests, since when, and no command that would accept it", () => {
    const { expected, got, help, says } = only(sight("1.0.0", replaced), [observation("1.0.0")]);
    assert.match(says, /^lib 1\.0\.0 was seen with other bytes on 2026-01-02\. Looks like a takeover\.$/);
    assert.match(expected ?? "", /^sha512-\S+ \(first seen on 2026-01-02, published on 2026-01-01, .*unsigned\)$/);
    assert.match(got ?? "", /^sha512-\S+ \(published on 2026-03-01, as the registry says, unsigned\)$/);
    assert.match(help, /go to another version/);
    assert.doesNotMatch(help, /trust accept/);
  });
});

describe("DRIFT_EVIDENCE_VANISHED: what the line had is gone", () => {
  const bare = { evidence: [], signers: [] } as const;

  it("refuses: a lower version of the line had it", () => {
    assert.deepEqual(told(sight("1.1.0", bare), [observation("1.0.0")]), ["DRIFT_EVIDENCE_VANISHED refuse"]);
  });

  it("refuses: the same version had it", () => {
    assert.deepEqual(told(sight("1.0.0", bare), [observation("1.0.0")]), ["DRIFT_EVIDENCE_VANISHED refuse"]);
  });

  it("refuses: lost in a new major", () => {
    const seen = only(sight("2.0.0", bare), [observation("1.0.0")]);
    assert.equal(seen.severity, "refuse");
    assert.match(seen.says, /^lib 2\.0\.0 has no registry-signature that holds, and lib 1\.0\.0 had one\. /);
    assert.match(seen.help, /secure-install trust accept npm:lib@2\.0\.0 --reason "<why>"$/);
  });

  it("refuses: lost in a lower version of the line that was published later; of an older line it is a warning", () => {
    const known = [observation("1.5.0")];
    assert.deepEqual(told(sight("1.4.9", bare), known), ["DRIFT_EVIDENCE_VANISHED refuse"]);
    assert.deepEqual(told(sight("1.4.9", { ...bare, published: SEEN - DAY }), known), ["DRIFT_EVIDENCE_VANISHED note"]);
    assert.deepEqual(told(sight("0.9.9", bare), known), ["DRIFT_EVIDENCE_VANISHED warn"]);
  });

  it("no kind stands in for another: each that is gone is told", () => {
    const all = ["registry-signature", "publish-attestation", "provenance"] as const;
    for (const left of all) {
      const found = told(sight("1.1.0", { evidence: [left] }), [observation("1.0.0", { evidence: all })]);
      assert.deepEqual(found, ["DRIFT_EVIDENCE_VANISHED refuse", "DRIFT_EVIDENCE_VANISHED refuse"], left);
    }
  });

  it("a signature by a key that nobody has here is none", () => {
    const junk = outcomes({
      "registry-signature": {
        outcome: "unknown-signer",
        signers: [{ type: "registry-key", registry: "npmjs", keyid: "SHA256:junk" }],
      },
    });
    const found = only(sight("1.1.0", bare), [observation("1.0.0")], { evidence: junk });
    assert.equal(found.code, "DRIFT_EVIDENCE_VANISHED");
    assert.match(found.got ?? "", /one by a key that is not pinned: SHA256:junk/);
  });

  it("what could not be asked for is undecided; what nobody asked for says nothing", () => {
    const down = outcomes({ "registry-signature": { outcome: "unavailable", code: "FETCH_TIMEOUT", detail: "slow" } });
    assert.deepEqual(told(sight("1.1.0", bare), [observation("1.0.0")], { evidence: down }), [
      "FETCH_TIMEOUT undecided",
    ]);
    assert.deepEqual(told(sight("1.1.0", bare), [observation("1.0.0")], { evidence: [] }), []);
  });

  it("an OpenPGP signature is not gone where the bytes were not looked at", () => {
    const signed = observation("1.0.0", { evidence: ["openpgp-signature"], signers: [openpgp(A)] });
    const absent = outcomes({ "openpgp-signature": { outcome: "absent" } });
    assert.deepEqual(told(sight("1.1.0", bare), [signed], { evidence: absent }), []);
    assert.deepEqual(told(sight("1.1.0", bare), [signed]), ["DRIFT_EVIDENCE_VANISHED refuse"]);
  });

  it("an exception for exactly these bytes that waives the kind settles it, for that kind", () => {
    const waived = { waived: new Set(["registry-signature"] as const) };
    assert.deepEqual(told(sight("1.1.0", bare), [observation("1.0.0")], waived), []);
    const attested = observation("1.0.0", { evidence: ["registry-signature", "provenance"] });
    assert.deepEqual(told(sight("1.1.0", bare), [attested], waived), ["DRIFT_EVIDENCE_VANISHED refuse"]);
  });

  it("an observation without it, added later, does not take it from the baseline; a reviewed one does", () => {
    const poor = observation("1.0.0", { ...bare, seen: SEEN + DAY });
    assert.deepEqual(told(sight("1.1.0", bare), [observation("1.0.0"), poor]), ["DRIFT_EVIDENCE_VANISHED refuse"]);
    assert.deepEqual(told(sight("1.1.0", bare), [observation("1.0.0"), { ...poor, reviewed: true }]), []);
  });
});

describe("DRIFT_SOURCE: built somewhere else", () => {
  const built = (source: Partial<typeof SOURCE>) =>
    told(sight("1.1.0", { source: { ...SOURCE, ...source } }), [observation("1.0.0", { source: SOURCE })]);

  it("is silent where nothing changed, and where either side knows of no source", () => {
    assert.deepEqual(built({}), []);
    assert.deepEqual(told(sight("1.1.0", { source: SOURCE }), [observation("1.0.0")]), []);
    assert.deepEqual(told(sight("1.1.0"), [observation("1.0.0", { source: SOURCE })]), []);
  });

  const grave: Readonly<Record<string, Partial<Record<keyof typeof SOURCE, string | null>>>> = {
    "another issuer": { issuer: "https://gitlab.com" },
    "another repository of another name": { repositoryId: "9", repository: "https://github.com/evil/lib" },
    "another repository under the old name": { repositoryId: "9" },
    "the same repository in other hands": { ownerId: "9" },
    "in other hands, and under another name": { ownerId: "9", repository: "https://github.com/evil/lib" },
    "another workflow": { workflow: ".github/workflows/other.yml" },
    "another workflow, behind a rename": {
      workflow: ".github/workflows/other.yml",
      repository: "https://github.com/acme/renamed",
    },
    "an id that is no longer told": { repositoryId: null },
    "an owner who is no longer told": { ownerId: null },
    "a workflow that is no longer told": { workflow: null },
  };
  for (const [what, source] of Object.entries(grave)) {
    it(`refuses: ${what}`, () => assert.deepEqual(built(source as Partial<typeof SOURCE>), ["DRIFT_SOURCE refuse"]));
  }

  it("warns where only the address moved and both ids hold: a rotation", () => {
    const moved = { source: { ...SOURCE, repository: "https://github.com/acme/renamed" } };
    const found = only(sight("1.1.0", moved), [observation("1.0.0", { source: SOURCE })]);
    assert.equal(found.severity, "warn");
    assert.match(found.says, /ids of repository and owner are the same\. Looks like a rotation\.$/);
  });

  it("warns where only the kind of machine changed, or is no longer told", () => {
    for (const runner of ["self-hosted", null]) assert.deepEqual(built({ runner }), ["DRIFT_SOURCE warn"]);
    const moved = { source: { ...SOURCE, runner: "self-hosted" } };
    const found = only(sight("1.1.0", moved), [observation("1.0.0", { source: SOURCE })]);
    assert.match(
      found.says,
      /^lib 1\.1\.0 was built on another kind of machine than lib 1\.0\.0\. .*, or a takeover of one account\.$/,
    );
    assert.match(found.expected ?? "", /, on github-hosted machines, by https:/);
    assert.match(found.got ?? "", /, on self-hosted machines, by https:/);
  });

  it("is silent of machines that the baseline did not know, and of an older version of the registry's past", () => {
    const unknown = observation("1.0.0", { source: { ...SOURCE, runner: null } });
    assert.deepEqual(told(sight("1.1.0", { source: SOURCE }), [unknown]), []);
    const past = sight("0.9.0", { source: { ...SOURCE, runner: "self-hosted" }, published: SEEN - DAY });
    assert.deepEqual(told(past, [observation("1.0.0", { source: SOURCE })]), ["DRIFT_SOURCE note"]);
  });

  it("tells what is graver than another machine first", () => {
    assert.deepEqual(built({ runner: "self-hosted", workflow: ".github/workflows/x.yml" }), ["DRIFT_SOURCE refuse"]);
    const renamed = { ...SOURCE, runner: "self-hosted", repository: "https://github.com/acme/renamed" };
    const found = only(sight("1.1.0", { source: renamed }), [observation("1.0.0", { source: SOURCE })]);
    assert.match(found.says, /from a repository of another name/);
  });

  it("refuses where the address moved and the ids never were known", () => {
    const source = { ...SOURCE, repositoryId: null, ownerId: null };
    const moved = { source: { ...source, repository: "https://github.com/acme/renamed" } };
    assert.deepEqual(told(sight("1.1.0", moved), [observation("1.0.0", { source })]), ["DRIFT_SOURCE refuse"]);
  });
});

describe("DRIFT_KEY: signed by another", () => {
  const signed = (...signers: Sight["signers"]) => ({ evidence: ["openpgp-signature"], signers }) as const;
  const known = [observation("1.0.0", signed(openpgp(A)))];

  it("refuses an unrelated certificate", () => {
    const found = only(sight("1.1.0", signed(openpgp(B))), known);
    assert.equal(`${found.code} ${found.severity}`, "DRIFT_KEY refuse");
    assert.match(found.says, /the earlier one does not vouch for it\. Looks like a takeover\.$/);
    assert.match(found.expected ?? "", new RegExp(`^${A} `));
    assert.match(found.got ?? "", new RegExp(`^${B} `));
  });

  it("refuses one that the earlier has certified as well, with another story", () => {
    const found = only(sight("1.1.0", signed(openpgp(B))), known, { vouched: new Set([B]) });
    assert.equal(found.severity, "refuse");
    assert.match(found.says, /has certified it, and a person must agree\. Looks like a rotation\.$/);
    assert.match(found.help, /secure-install trust accept npm:lib@1\.1\.0 --reason "<why>"$/);
  });

  it("refuses a key that nobody knows here, which could not even be verified", () => {
    const seen = sight("1.1.0", { evidence: [], signers: [] });
    const stranger = outcomes({
      "openpgp-signature": { outcome: "unknown-signer", signers: [] },
      archive: { outcome: "verified", signers: [] },
    });
    assert.deepEqual(told(seen, known, { evidence: stranger }), ["DRIFT_KEY refuse"]);
  });

  it("notes a new subkey of the same certificate", () => {
    assert.deepEqual(told(sight("1.1.0", signed(openpgp(A, SUBKEY))), known), ["DRIFT_KEY note"]);
  });

  it("notes a certificate that trust.json names for the package, or that signed other versions seen here", () => {
    assert.deepEqual(told(sight("1.1.0", signed(openpgp(B))), known, { pinned: new Set([B]) }), ["DRIFT_KEY note"]);
    const both = [...known, observation("0.9.0", signed(openpgp(B)))];
    assert.deepEqual(told(sight("1.1.0", signed(openpgp(B))), both), ["DRIFT_KEY note"]);
  });

  it("is silent where the earlier signer is among those who signed", () => {
    assert.deepEqual(told(sight("1.1.0", signed(openpgp(A), openpgp(B))), known), []);
    assert.deepEqual(told(sight("1.1.0", signed(openpgp(A))), known), []);
  });
});

describe("DRIFT_PUBLISHER: put there by another, as the registry says", () => {
  const by = (is: Sight["publisher"], was: Sight["publisher"], gate: boolean, others: readonly Observation[] = []) =>
    told(sight("1.1.0", { publisher: is }), [observation("1.0.0", { publisher: was }), ...others], { gate });

  it("warns of an account that was never seen, and refuses it in the gate", () => {
    assert.deepEqual(by(BERT, ANNA, false), ["DRIFT_PUBLISHER warn"]);
    assert.deepEqual(by(BERT, ANNA, true), ["DRIFT_PUBLISHER refuse"]);
  });

  it("tells who published what, and since when", () => {
    const found = only(sight("1.1.0", { publisher: BERT }), [observation("1.0.0")]);
    assert.equal(
      found.says,
      "lib 1.1.0 was published with a token of bert, lib 1.0.0 with a token of anna. Nothing by bert was seen here before. Looks like a takeover.",
    );
    assert.equal(found.expected, "published with a token of anna (lib 1.0.0, first seen on 2026-01-02)");
    assert.equal(found.got, "published with a token of bert (published on 2026-03-01, as the registry says, unsigned)");
    assert.match(found.help, /: secure-install trust accept npm:lib@1\.1\.0 --reason "<why>"$/);
  });

  it("trusted publishing that became a token: the same, even for an account that was seen before", () => {
    const seenBefore = [observation("0.9.0", { publisher: ANNA })];
    assert.deepEqual(by(ANNA, GITHUB, false, seenBefore), ["DRIFT_PUBLISHER warn"]);
    assert.deepEqual(by(ANNA, GITHUB, true, seenBefore), ["DRIFT_PUBLISHER refuse"]);
  });

  it("a token that became trusted publishing, and one maintainer after another, do not stop the gate", () => {
    assert.deepEqual(by(GITHUB, ANNA, true), ["DRIFT_PUBLISHER warn"]);
    const found = only(
      sight("1.1.0", { publisher: BERT }),
      [observation("1.0.0"), observation("0.9.0", { publisher: BERT })],
      {
        gate: true,
      },
    );
    assert.equal(found.severity, "note");
    assert.match(found.says, /bert published 0\.9\.0 as well, seen here since 2026-01-02\. Looks like a rotation\.$/);
  });

  it("a system that published other versions by itself is a known hand as well", () => {
    assert.deepEqual(by(GITHUB, ANNA, true, [observation("2.0.0", { publisher: GITHUB })]), ["DRIFT_PUBLISHER note"]);
  });

  it("an older version that was added later makes nobody a known hand, unless a person has reviewed it", () => {
    const late = observation("0.0.1", { publisher: BERT, published: SEEN - 9 * DAY, seen: SEEN + DAY });
    assert.deepEqual(by(BERT, ANNA, true, [late]), ["DRIFT_PUBLISHER refuse"]);
    assert.deepEqual(by(BERT, ANNA, true, [{ ...late, reviewed: true }]), ["DRIFT_PUBLISHER note"]);
    const signed = (version: string, key: string, more: Partial<Observation> = {}) =>
      observation(version, { evidence: ["openpgp-signature"], signers: [openpgp(key)], ...more });
    const now = sight("1.1.0", { evidence: ["openpgp-signature"], signers: [openpgp(B)] });
    const both = [signed("1.0.0", A), signed("0.0.1", B, { seen: SEEN + DAY })];
    assert.deepEqual(told(now, both), ["DRIFT_KEY refuse"]);
  });

  it("an observation of the version itself makes nobody a known hand", () => {
    const own = observation("1.1.0", { publisher: BERT, published: LATER, seen: SEEN + DAY });
    const back = sight("1.1.0", { publisher: { name: "carl", trusted: false } });
    assert.deepEqual(told(back, [own, observation("1.0.0")], { gate: true }), ["DRIFT_PUBLISHER refuse"]);
  });

  it("says nothing where the registry does, or where it is another registry", () => {
    assert.deepEqual(by(null, ANNA, true), []);
    assert.deepEqual(by(BERT, null, true), []);
    assert.deepEqual(told(sight("1.1.0", { publisher: BERT, registry: "acme" }), [observation("1.0.0")]), []);
  });
});

describe("the baseline", () => {
  const versionFor = (version: string, ...seen: readonly string[]): string | null => {
    const baseline = baselineFor(
      sight(version),
      seen.map((item) => observation(item)),
    );
    return baseline === null ? null : `${baseline.observation.version} ${baseline.relation}`;
  };
  const cases: readonly (readonly [string, readonly string[], string | null])[] = [
    ["1.0.0", [], null],
    ["1.2.0", ["1.0.0", "1.1.0", "1.3.0", "2.0.0"], "1.1.0 line"],
    ["1.10.0", ["1.9.0", "1.2.0"], "1.9.0 line"],
    ["2.0.0", ["1.0.0", "1.9.0", "3.0.0"], "1.9.0 below"],
    ["1.2.0", ["1.3.0", "0.9.0"], "1.3.0 above"],
    ["1.0.0", ["2.1.0", "3.0.0"], "2.1.0 above"],
    ["0.2.1", ["0.2.0", "0.1.9", "0.3.0"], "0.2.0 line"],
    ["0.3.0", ["0.2.0", "0.1.9"], "0.2.0 below"],
    ["1.2.0", ["1.2.0", "1.1.0", "1.3.0"], "1.2.0 itself"],
    // A release is held against releases, a prerelease against both.
    ["2.0.0", ["1.9.0", "2.0.0-rc.1"], "1.9.0 below"],
    ["2.0.0", ["2.0.0-rc.1"], "2.0.0-rc.1 line"],
    ["2.0.0-rc.2", ["1.9.0", "2.0.0-rc.1"], "2.0.0-rc.1 line"],
    ["2.1.0-rc.1", ["2.0.0", "2.0.0-rc.1"], "2.0.0 line"],
    ["2.0.0-rc.1", ["1.9.0"], "1.9.0 below"],
    ["1.0.0+b", ["1.0.0+a"], "1.0.0+a line"],
  ];
  for (const [version, seen, expected] of cases) {
    it(`of ${version} among ${seen.join(", ") || "nothing"} is ${expected}`, () => {
      assert.equal(versionFor(version, ...seen), expected);
      assert.equal(versionFor(version, ...[...seen].reverse()), expected);
    });
  }

  it("a version that was seen itself is held against that alone", () => {
    const bare = { evidence: [], signers: [], publisher: BERT } as const;
    const known = [observation("1.0.0"), observation("1.1.0", { ...bare, published: LATER })];
    assert.deepEqual(told(sight("1.1.0", bare), known, { gate: true }), []);
  });

  it("and against the line as well where its own, which nobody reviewed, tells another story than the registry", () => {
    const untold: readonly Partial<Observation>[] = [
      { publisher: null },
      { registry: "acme", publisher: BERT },
      { published: SEEN - 9 * DAY, publisher: BERT },
    ];
    for (const more of untold) {
      const own = observation("1.1.0", { published: LATER, ...more });
      const known = [observation("1.0.0"), own];
      const found = () => told(sight("1.1.0", { publisher: BERT }), known, { gate: true });
      assert.deepEqual(found(), ["DRIFT_PUBLISHER refuse"], JSON.stringify(more));
      known[1] = { ...own, reviewed: true };
      assert.deepEqual(found(), [], JSON.stringify(more));
    }
  });

  it("and what its own had is not forgotten for that", () => {
    const bare = { evidence: [], signers: [], publisher: null, published: SEEN } as const;
    assert.deepEqual(told(sight("1.0.0", bare), [observation("1.0.0")]), ["DRIFT_EVIDENCE_VANISHED refuse"]);
  });

  it("of several observations of one version the reviewed ones come first, then the newest seen", () => {
    const [old, newer] = [observation("1.0.0"), observation("1.0.0", { publisher: BERT, seen: SEEN + DAY })];
    assert.equal(baselineFor(sight("1.1.0"), [newer, old])?.observation.publisher?.name, "bert");
    assert.equal(baselineFor(sight("1.1.0"), [{ ...old, reviewed: true }, newer])?.observation.publisher?.name, "anna");
    assert.equal(baselineFor(sight("1.1.0"), [newer, old])?.since, SEEN);
  });

  it("0.x has a line for each minor, and what is not semver has none", () => {
    assert.deepEqual(["1.2.3", "0.2.3", "0.0.3", "2020a"].map(lineOf), ["1", "0.2", "0.0", null]);
    assert.deepEqual(told(sight("2020a"), [observation("1.0.0")]), []);
  });
});

describe("replays of the registry's past do not cry wolf", () => {
  const at = (day: string) => Date.parse(`${day}T12:00:00Z`);
  const attested = { evidence: ["registry-signature", "publish-attestation", "provenance"], source: SOURCE } as const;
  const plain = { evidence: ["registry-signature"], source: null } as const;
  const account = (name: string): Sight["publisher"] => ({ name, trusted: false });
  /** An observation made some days after the publication. */
  const seen = (version: string, day: string, more: Partial<Observation>): Observation =>
    observation(version, { published: at(day), seen: at(day) + 30 * DAY, ...more });

  it("semver 6.3.1 after 7.x: the old line never had provenance, and others published it", () => {
    const known = [seen("7.7.2", "2025-05-12", { ...attested, publisher: account("npm-cli-ops") })];
    const old = sight("6.3.1", { ...plain, published: at("2023-07-10"), publisher: account("lukekarrys") });
    assert.deepEqual(
      [...new Set(told(old, known, { gate: true }))],
      ["DRIFT_EVIDENCE_VANISHED note", "DRIFT_PUBLISHER note"],
    );
  });

  it("semver 6.3.1 on its own day, after 7.5.3 had been seen: a warning at most, for the line is older", () => {
    const known = [
      observation("7.5.3", {
        ...attested,
        publisher: account("lukekarrys"),
        published: at("2023-06-22"),
        seen: at("2023-06-23"),
      }),
    ];
    const fresh = sight("6.3.1", { ...plain, published: at("2023-07-10"), publisher: account("lukekarrys") });
    assert.deepEqual([...new Set(told(fresh, known, { gate: true }))], ["DRIFT_EVIDENCE_VANISHED warn"]);
  });

  it("chokidar 4.0.3 after 5.0.0, and after 4.0.2, which had none either", () => {
    const five = seen("5.0.0", "2025-11-25", { ...attested, publisher: GITHUB });
    const four = sight("4.0.3", { ...plain, published: at("2024-12-18"), publisher: account("paulmillr") });
    assert.ok(drift(four, [five], { gate: true }).every(({ severity }) => severity === "note"));
    const before = seen("4.0.2", "2024-12-18", { ...plain, publisher: account("paulmillr") });
    assert.deepEqual(told(four, [five, before], { gate: true }), []);
  });

  it("vite 6.4.1 by a token, after 7.x by trusted publishing", () => {
    const seven = seen("7.1.10", "2025-10-14", { ...attested, publisher: GITHUB });
    const six = seen("6.3.6", "2025-09-08", { ...attested, publisher: account("vitebot") });
    const patched = sight("6.4.1", { ...attested, published: at("2025-10-20"), publisher: account("vitebot") });
    assert.deepEqual(told(patched, [seven, six], { gate: true }), []);
    assert.deepEqual(told(patched, [seven], { gate: true }), ["DRIFT_PUBLISHER note"]);
  });

  it("an old minor that another maintainer of the line patches later is a warning, and refused in the gate alone", () => {
    const known = [observation("1.4.0"), observation("1.2.3")];
    const patch = sight("1.2.4", { publisher: BERT, published: LATER });
    assert.deepEqual(told(patch, known), ["DRIFT_PUBLISHER warn"]);
    assert.deepEqual(told(patch, known, { gate: true }), ["DRIFT_PUBLISHER refuse"]);
  });

  it("but a new release of an old line by somebody who was never seen stops in the gate", () => {
    const known = [observation("7.0.0", { publisher: GITHUB })];
    for (const published of [LATER, null]) {
      const fresh = sight("6.9.9", { publisher: BERT, published });
      assert.deepEqual(told(fresh, known, { gate: true }), ["DRIFT_PUBLISHER refuse"]);
    }
  });
});

test("every finding names what it looks like, and the command that accepts it", () => {
  const kinds = [["registry-signature"], [], ["provenance"], ["openpgp-signature"]] as const;
  const sights = fc.record({
    version: fc.constantFrom("1.0.0", "1.1.0", "0.9.0", "2.0.0", "2.0.0-rc.1"),
    evidence: fc.constantFrom(...kinds),
    signers: fc.constantFrom([openpgp(A)], [openpgp(B)], []),
    publisher: fc.constantFrom(ANNA, BERT, GITHUB, null),
    source: fc.constantFrom(SOURCE, { ...SOURCE, ownerId: "9" }, { ...SOURCE, runner: "self-hosted" }, null),
    published: fc.constantFrom(SEEN - 9 * DAY, LATER, null, Number.MAX_SAFE_INTEGER),
  });
  fc.assert(
    fc.property(sights, fc.array(sights, { maxLength: 4 }), fc.boolean(), (now, before, gate) => {
      const known = before.map(({ version, ...more }, at) => observation(version, { ...more, seen: SEEN + at }));
      const { version, ...more } = now;
      for (const found of drift(sight(version, more), known, { gate })) {
        assert.match(
          found.says,
          /Looks like a (rotation|takeover)\.$|This is a first trust: .*\.$|a takeover of one account\.$/,
        );
        assert.ok(found.help.endsWith(`: secure-install trust accept npm:lib@${version} --reason "<why>"`));
        assert.ok(found.expected !== null && found.got !== null);
      }
    }),
  );
});

test("the gate never lets through what ci refuses, and nothing drifts where nobody has observed anything", () => {
  const grave = ({ severity }: { severity: string }): boolean => severity === "refuse" || severity === "tamper";
  const one = sight("1.1.0", { publisher: BERT, evidence: [] });
  assert.ok(
    drift(one, [observation("1.0.0")]).filter(grave).length <=
      drift(one, [observation("1.0.0")], { gate: true }).filter(grave).length,
  );
  assert.deepEqual(drift(one, []), []);
  assert.deepEqual(drift(one, [observation("1.0.0", { name: "lib-evil" })]), []);
});
