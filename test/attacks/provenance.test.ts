/**
 * Builds that pass themselves off as the one that trust.json names, and proofs that prove something else. One project
 * has a victim of each attack; beside them stand honest packages, which must pass.
 */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import type { Attestation } from "../../registry-fixtures/attestations.js";
import { type Build, githubBuild, gitlabBuild } from "../../registry-fixtures/sigstore/build.js";
import type { Bundle, LogEntry } from "../../registry-fixtures/sigstore/bundle.js";
import { fulcioOid } from "../../registry-fixtures/sigstore/fulcio-extensions.js";
import { mintSigstore, SIGNED_AT } from "../../registry-fixtures/sigstore/instance.js";
import { mintLog } from "../../registry-fixtures/sigstore/log.js";
import type { Statement } from "../../registry-fixtures/sigstore/npm-statements.js";
import { type PublishAttestedOptions, publishAttested } from "../../registry-fixtures/sigstore/publish.js";
import { believe, otherBuild, pinOf, REASON } from "./provenance-sources.js";
import { setScene, small } from "./scene.js";
import { codesOf, type ShownReport } from "./shown.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;
const sigstore = mintSigstore();
const stranger = mintSigstore({ name: "stranger.example" });

const ACME = githubBuild();
/** Every field that can be pinned. */
const PIN = pinOf(ACME);
/** Pins of their own, for which builds are of repositories of their own: no build may count for two publishers. */
const TAGGED = otherBuild("tagged", 31);
const OPEN = otherBuild("open", 32);

/** One package: how it is published, and which codes it must come to; none where it must pass. */
interface Victim extends PublishAttestedOptions {
  readonly codes: readonly string[];
  /** Pinned instead of PIN; null for a package that any build may have made. */
  readonly pin?: object | null;
  /** Beside provenance. */
  readonly require?: readonly string[];
  /** Done to the registry once the version is published. */
  readonly lie?: (name: string) => void;
  readonly version?: string;
}

const honest = (build: Partial<Build> = {}): Build => githubBuild(build);

/** Changes the provenance that the registry shows. */
const altered =
  (change: (bundle: Bundle, entry: LogEntry) => void) =>
  (name: string): void =>
    simulator.alterAttestations(name, "1.0.0", (list) => {
      const [first] = list as readonly { bundle: Bundle }[];
      const entry = first?.bundle.verificationMaterial.tlogEntries[0];
      assert.ok(first && entry);
      change(first.bundle, entry);
      return list;
    });

/** Shows what was genuinely signed for another package, version or digest. */
const restated = (change: (statement: Statement) => void): Victim => ({
  codes: ["ATTESTATION_SUBJECT_MISMATCH"],
  state: change,
});

const UNTRUSTED = ["SIGNER_UNTRUSTED"];
const INVALID = ["ATTESTATION_INVALID"];

const HONEST: Readonly<Record<string, Victim>> = {
  "a release by the pinned build": { codes: [] },
  "bundle 0.1, by the log's promise alone": { codes: [], provenance: { bundle: "0.1", log: "v1-intoto" } },
  "bundle 0.2, with promise and proof": { codes: [], provenance: { bundle: "0.2" } },
  "a log of the second generation, with a timestamp": { codes: [], provenance: { log: "v2-dsse" } },
  "any build, where nobody is pinned": {
    codes: [],
    pin: null,
    build: honest({ repository: "https://github.com/x/y" }),
  },
  "a build at GitLab": { codes: [], build: gitlabBuild(), pin: pinOf(gitlabBuild()) },
  "published without a token, where that is asked for": {
    codes: [],
    require: ["trusted-publishing"],
    publisher: { name: "github", trusted: true },
  },
  "a stranger's log entry beside a sound one": {
    codes: [],
    provenance: { entries: [sigstore.rekor, stranger.rekor] },
  },
};

const ATTACKS: Readonly<Record<string, Victim>> = {
  "an attestation of another package": restated((statement) => {
    const [subject] = statement.subject;
    if (subject !== undefined) subject.name = "pkg:npm/other@1.0.0";
  }),
  "an attestation of another version": restated((statement) => {
    const [subject] = statement.subject;
    if (subject !== undefined) subject.name = subject.name.replace("@1.0.0", "@1.0.1");
  }),
  "an attestation for another digest": restated((statement) => {
    const [subject] = statement.subject;
    if (subject !== undefined) subject.digest = { sha512: "ab".repeat(64) };
  }),
  "two subjects, one of them this package": restated((statement) => {
    statement.subject.push({ name: "pkg:npm/other@1.0.0", digest: { sha512: "ab".repeat(64) } });
  }),
  "no SHA-512 among the subject's digests": restated((statement) => {
    const [subject] = statement.subject;
    if (subject !== undefined) subject.digest = { sha1: "ab".repeat(20) };
  }),
  "a valid bundle from a fork": {
    codes: UNTRUSTED,
    build: honest({ repository: "https://github.com/mallory/lib", repositoryId: "9", ownerId: "9" }),
  },
  "a build of acme-evil, where acme is pinned": {
    codes: UNTRUSTED,
    build: honest({ repository: "https://github.com/acme-evil/lib", repositoryId: "9", ownerId: "9" }),
  },
  "a name that only begins as the pinned one": {
    codes: UNTRUSTED,
    build: honest({ repository: "https://github.com/acme/lib-evil" }),
  },
  "another workflow of the same repository": {
    codes: UNTRUSTED,
    build: honest({ workflow: ".github/workflows/evil.yml" }),
  },
  "the tag v1.2-attacker, where v1.2 is pinned": {
    codes: UNTRUSTED,
    pin: { ...pinOf(TAGGED), ref: "refs/tags/v1.2" },
    build: { ...TAGGED, ref: "refs/tags/v1.2-attacker" },
  },
  "a branch, where tags are pinned": { codes: UNTRUSTED, build: honest({ ref: "refs/heads/tags/v1" }) },
  "a build of a pull request": {
    codes: UNTRUSTED,
    pin: { ...pinOf(OPEN), ref: undefined },
    build: { ...OPEN, ref: "refs/pull/7/merge", trigger: "pull_request" },
  },
  "a build of a pull request on the branch that it goes to": {
    codes: UNTRUSTED,
    pin: { ...pinOf(OPEN), ref: undefined },
    build: { ...OPEN, ref: "refs/heads/main", trigger: "pull_request_target" },
  },
  "a self-hosted runner, where hosted ones are pinned": { codes: UNTRUSTED, build: honest({ runner: "self-hosted" }) },
  "a resurrected repository: the same name, other ids": {
    codes: UNTRUSTED,
    build: honest({ repositoryId: "900000009", ownerId: "9000009" }),
  },
  "a repository that changed hands": { codes: UNTRUSTED, build: honest({ ownerId: "9000009" }) },
  "a renamed repository, its ids the same": {
    codes: UNTRUSTED,
    build: honest({ repository: "https://github.com/acme/library" }),
  },
  "another issuer with the same names": {
    codes: UNTRUSTED,
    build: honest({ issuer: "https://token.actions.example" }),
  },
  "a person's certificate in the place of a build's": {
    codes: UNTRUSTED,
    pin: null,
    provenance: {
      certificate: {
        names: [{ type: "email", value: "mallory@example.com" }],
        extensions: Object.fromEntries([5, 12].map((number) => [fulcioOid(number), null])),
      },
    },
  },
  "a certificate from before ids were named, where ids are pinned": {
    codes: UNTRUSTED,
    provenance: { certificate: { early: true } },
  },
  "an expired certificate, by the log's time": {
    codes: INVALID,
    provenance: { loggedAt: new Date(SIGNED_AT.getTime() + 86_400_000 * 365) },
  },
  "nobody who says when it was signed": { codes: INVALID, provenance: { log: "v2-dsse", timestamp: false } },
  "a timestamp over other bytes": {
    codes: INVALID,
    provenance: { log: "v2-dsse", timestamp: { over: Buffer.from("other") } },
  },
  "a timestamp by an authority that nobody pinned": {
    codes: UNTRUSTED,
    provenance: { log: "v2-dsse", timestamp: { by: stranger.timestampAuthority } },
  },
  "a certificate that no log has seen": { codes: INVALID, provenance: { certificate: { scts: 0 } } },
  "a certificate that a stranger's log has seen": {
    codes: UNTRUSTED,
    provenance: { certificate: { scts: stranger.certificateLogs.slice(0, 1) } },
  },
  "a certificate by a stranger's authority": {
    codes: UNTRUSTED,
    provenance: { certificate: { signedBy: stranger.fulcio.intermediate } },
  },
  "a certificate that signs another certificate": {
    codes: UNTRUSTED,
    provenance: { certificate: { signedBy: sigstore.fulcio.certify(ACME, SIGNED_AT) } },
  },
  "a certificate that calls itself an authority": { codes: INVALID, provenance: { certificate: { ca: true } } },
  "a certificate for another purpose": {
    codes: INVALID,
    provenance: { certificate: { purpose: "1.3.6.1.5.5.7.3.1" } },
  },
  "a certificate that names two signers": {
    codes: INVALID,
    provenance: {
      certificate: {
        names: [
          { type: "uri", value: ACME.san },
          { type: "uri", value: "https://github.com/mallory/x/.github/workflows/x.yml@refs/heads/main" },
        ],
      },
    },
  },
  "a certificate that names two repositories": {
    codes: INVALID,
    provenance: {
      certificate: { extensions: { [fulcioOid(12)]: [ACME.repository, "https://github.com/mallory/lib"] } },
    },
  },
  "an inclusion proof of another entry": {
    codes: INVALID,
    lie: altered((_, entry) => {
      const { inclusionProof } = sigstore.rekor.entryOf(1);
      Object.assign(entry, { inclusionProof });
    }),
  },
  "a checkpoint by another log": {
    codes: INVALID,
    lie: altered((_, entry) => {
      const liar = mintLog({ name: sigstore.rekor.name, generation: 1, claimed: sigstore.rekor.id });
      const checkpoint = sigstore.rekor.checkpoint({ signedBy: [liar] });
      assert.ok(entry.inclusionProof);
      Object.assign(entry.inclusionProof, { checkpoint: { envelope: checkpoint } });
    }),
  },
  "an entry of a log that nobody pinned": { codes: UNTRUSTED, provenance: { entries: [stranger.rekor] } },
  "one log entry twice, where two are required": {
    codes: INVALID,
    require: [],
    lie: altered((bundle, entry) => {
      bundle.verificationMaterial.tlogEntries.push(structuredClone(entry));
    }),
  },
  "a log entry that speaks of another key": {
    codes: INVALID,
    provenance: { entryVerifier: { certificate: sigstore.fulcio.certify(ACME, SIGNED_AT).certificate } },
  },
  "a signature by another key than the certificate's": {
    codes: INVALID,
    provenance: { signWith: stranger.fulcio.certify(ACME, SIGNED_AT).privateKey },
  },
  "an envelope that names a key that did not sign": {
    codes: INVALID,
    lie: altered(({ dsseEnvelope }) => {
      const [signature] = dsseEnvelope?.signatures ?? [];
      assert.ok(signature);
      signature.keyid = "SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA";
    }),
  },
  "a payload of another type": { codes: INVALID, provenance: { payloadType: "application/json" } },
  "an unsigned predicate type beside another statement": {
    codes: INVALID,
    lie: (name) =>
      simulator.alterAttestations(name, "1.0.0", (list) =>
        list.map((item): Attestation => ({ ...item, predicateType: "https://slsa.dev/provenance/v0.2" })),
      ),
  },
  "provenance that is gone from the registry, and announced": {
    codes: ["ATTESTATION_ABSENT"],
    lie: (name) => simulator.stripAttestations(name, "1.0.0", "endpoint"),
  },
  "provenance that is gone, and no longer announced": {
    codes: ["ATTESTATION_ABSENT"],
    lie: (name) => simulator.stripAttestations(name, "1.0.0", "both"),
  },
  "the registry's own attestation in the place of a provenance": { codes: ["ATTESTATION_ABSENT"], build: null },
  "a publish attestation of another registry": {
    codes: ["ATTESTATION_SUBJECT_MISMATCH"],
    state: ({ predicate }) => {
      if (predicate.registry !== undefined) predicate.registry = "https://registry.example";
    },
  },
  "a token, where trusted publishing is asked for": {
    codes: ["POLICY_UNMET"],
    require: ["trusted-publishing"],
    publisher: { name: "anna" },
  },
};

const NAMES = new Map(
  [...Object.keys(HONEST), ...Object.keys(ATTACKS)].map((what, index) => [what, `victim-${index}`]),
);
const nameOf = (what: string): string => NAMES.get(what) ?? assert.fail(what);

let report: ShownReport;
before(async () => {
  const victims = Object.entries({ ...HONEST, ...ATTACKS });
  for (const [what, { codes: _, pin: __, require: ___, lie, ...options }] of victims) {
    publishAttested(simulator, sigstore, small(nameOf(what)), options);
    lie?.(nameOf(what));
  }
  const project = await scene.project(Object.fromEntries(victims.map(([what]) => [nameOf(what), "1.0.0"])));
  // One publisher for each: a build that two of them named would count for both.
  const pins = victims.flatMap(([what, { pin = PIN }]) => (pin === null ? [] : [[what, pin] as const]));
  const byPin = new Map(pins.map(([what, pin]) => [JSON.stringify(pin), `builder-${nameOf(what)}`]));
  await believe(
    project,
    { simulator, sigstore },
    {
      publishers: Object.fromEntries(
        [...byPin].map(([pin, name]) => [name, { identities: [JSON.parse(pin) as object] }]),
      ),
      rules: victims.map(([what, { pin = PIN, require = [] }]) => {
        const by = pin === null ? {} : { publishers: { atLeast: 1, of: [byPin.get(JSON.stringify(pin))] } };
        return { select: `npm:${nameOf(what)}`, require: ["provenance", ...require], ...by, reason: REASON };
      }),
    },
  );
  report = await scene.refused(project, {
    code: "SIGNER_UNTRUSTED",
    of: `${nameOf("a valid bundle from a fork")}@1.0.0`,
  });
});

describe("builds and proofs in one project: refused as a whole, npm never started, nothing changed", () => {
  for (const [what, { codes }] of Object.entries({ ...HONEST, ...ATTACKS })) {
    test(`${codes.length === 0 ? "passes" : "refused"}: ${what}`, () => {
      const found = codesOf(report, `${nameOf(what)}@1.0.0`);
      assert.deepEqual([...new Set(found)], codes);
    });
  }
});
