/** What `trust check` says beyond what ends: what adds nothing, what is weak, and what nobody has looked at. */
import assert from "node:assert/strict";
import test from "node:test";
import type { TrustStore } from "../../src/model/policy.js";
import type { CertificateState } from "../../src/trust/certificate-remarks.js";
import { observationLine } from "../../src/trust/observed.js";
import { shadowed } from "../../src/trust/shadowed.js";
import { showLines, showPackage } from "../../src/trust/show.js";
import { readStore } from "../../src/trust/store.js";
import { summarize, summaryLines } from "../../src/trust/summary.js";
import { bytes, type Loose, mintKey, NOW, readByFirstLine, sampleExceptions, storeOf, V4, V6 } from "./samples.js";

const DAY = 24 * 60 * 60 * 1000;
const asIs = (text: string): string => text;
const rules = (...entries: Loose[]): Promise<TrustStore> =>
  storeOf({ format: 1, rules: entries.map((entry) => ({ reason: "r", ...entry })) });
const placesOf = (store: TrustStore): readonly string[] =>
  shadowed(store, NOW).map(({ place, says }) => `${place}: ${says}`);

test("a rule that adds nothing while others stand is named; of two that say the same, the second", async () => {
  const provenance = { select: "npm:@acme/*", require: ["provenance"] };
  const table: readonly [string, readonly Loose[], readonly RegExp[]][] = [
    [
      "all is asked by a wider one",
      [provenance, { ...provenance, select: "npm:@acme/lib" }],
      [/^rules\[1\]: npm:@acme\/lib/],
    ],
    ["the wider one stands below", [{ ...provenance, select: "npm:@acme/lib" }, provenance], [/^rules\[0\]/]],
    ["the same twice", [provenance, provenance], [/^rules\[1\]/]],
    [
      "the wider one ends first",
      [
        { ...provenance, expires: "2027-01-01T00:00:00Z" },
        { ...provenance, select: "npm:@acme/lib" },
      ],
      [],
    ],
    [
      "the wider one has ended",
      [
        { ...provenance, expires: "2026-01-01T00:00:00Z" },
        { ...provenance, select: "npm:@acme/lib" },
      ],
      [],
    ],
    [
      "the wider one spares it",
      [
        { ...provenance, except: ["npm:@acme/lib"] },
        { ...provenance, select: "npm:@acme/lib" },
      ],
      [],
    ],
    ["another name that begins so", [provenance, { ...provenance, select: "npm:@acme-evil/lib" }], []],
    [
      "two for the same packages",
      [provenance, { ...provenance, require: ["manifest"] }],
      [/^rules\[1\]: It is for npm:@acme\/\*, as rules\[0\] is/],
    ],
    // It adds no demand, and yet without it versions below 2 would be refused.
    [
      "it covers what another leaves open",
      [{ ...provenance, select: "npm:lib@>=2.0.0" }, { select: "npm:lib@<2.0.0" }],
      [],
    ],
  ];
  for (const [name, entries, expected] of table) {
    const told = placesOf(await rules(...entries));
    assert.equal(told.length, expected.length, `${name}: ${told}`);
    expected.forEach((says, index) => {
      assert.match(told[index] ?? "", says, name);
    });
  }
});

test("a denial below a wider one, and an exception for what is denied", async () => {
  const deny = (...selects: string[]): Loose => ({
    format: 1,
    deny: selects.map((select) => ({ select, reason: "r" })),
  });
  const told = async (exceptions: Loose, denials: Loose) => placesOf(await storeOf({ format: 1 }, exceptions, denials));
  const none = { format: 1, exceptions: [] };
  assert.deepEqual(await told(none, deny("npm:evil@1.x", "npm:evil", "npm:evil-not")), [
    "deny[0]: npm:evil@1.x is denied by deny[1] already.",
  ]);
  assert.deepEqual(await told(none, deny("npm:evil", "npm:evil")), ["deny[1]: npm:evil is denied by deny[0] already."]);
  assert.deepEqual(await told(sampleExceptions(), deny("npm:left-pad@<2.0.0")), [
    "exceptions[0]: npm:left-pad@1.3.0 is denied by deny[0], whatever is waived.",
  ]);
});

test("twenty thousand denials are looked through in a moment", async () => {
  const deny = Array.from({ length: 20_000 }, (_, index) => ({ select: `npm:evil-${index}`, reason: "r" }));
  const store = await storeOf({ format: 1 }, undefined, { format: 1, deny });
  const start = performance.now();
  assert.deepEqual(shadowed(store, NOW), []);
  assert.ok(performance.now() - start < 3000);
});

const CERTIFICATE: CertificateState = {
  algorithm: "ed25519",
  expires: null,
  revocation: null,
  weakness: null,
  signingKeys: [{ fingerprint: V4, algorithm: "ed25519", expires: null }],
};

test("certificates that end, are short, revoked, or can prove nothing", async () => {
  const store = await storeOf({ format: 1 });
  const signing = (change: Loose): Loose => ({ signingKeys: [{ ...CERTIFICATE.signingKeys[0], ...change }] });
  const table: readonly [Loose, "weak" | "endsSoon" | "ended" | null, RegExp][] = [
    [{}, null, /^$/],
    [{ expires: NOW + 365 * DAY }, null, /^$/],
    [{ expires: NOW + 10 * DAY }, "endsSoon", /ends on 2026-12-01/],
    [signing({ expires: NOW + 10 * DAY }), "endsSoon", /ends on 2026-12-01/],
    [{ expires: NOW - DAY }, "ended", /ended on 2026-11-20/],
    [{ revocation: "the key was stolen", signingKeys: [] }, "ended", /revoked: the key was stolen/],
    [{ algorithm: "rsa2048" }, "weak", /rsa2048; RSA below 3072/],
    [signing({ algorithm: "rsa2048" }), "weak", /rsa2048/],
    [{ algorithm: "rsa4096" }, null, /^$/],
    [{ weakness: "its self-signature is of SHA-1", signingKeys: [] }, "weak", /can prove nothing: its self-signature/],
    [{ signingKeys: [] }, "weak", /no key in it may sign/],
  ];
  for (const [change, part, says] of table) {
    const summary = summarize(store, NOW, new Map([[V4, { ...CERTIFICATE, ...change }]]));
    const told = (["weak", "endsSoon", "ended"] as const).flatMap((name) =>
      summary[name].map((item) => [name, item.says]),
    );
    if (part === null) assert.deepEqual(told, []);
    else {
      assert.deepEqual(
        told.map(([name]) => name),
        [part],
        JSON.stringify(change),
      );
      assert.match(told[0]?.[1] ?? "", says);
    }
  }
});

test("keys of registries that end, exceptions that end in years, and what only was seen", async () => {
  const key = { ...mintKey(), expires: new Date(NOW + 10 * DAY).toISOString() };
  const registries = { acme: { url: "https://npm.acme.dev/", home: ["@acme/*"], keys: [key] } };
  const exceptions = sampleExceptions();
  exceptions.exceptions[0].expires = "2030-01-01T00:00:00Z";
  const files = new Map([
    ["trust.json", bytes({ format: 1, registries })],
    ["exceptions.json", bytes(exceptions)],
    ["observed.lock", bytes([seen("1.0.0"), seen("1.1.0", { reviewed: true })].join(""))],
  ]);
  const store = await readStore(files, { directory: "/p", now: NOW }, readByFirstLine);
  const summary = summarize(store, NOW);
  assert.deepEqual([summary.counts.observations, summary.unreviewed], [2, 1]);
  assert.deepEqual(
    summary.endsSoon.map(({ place }) => place),
    ["registries.acme"],
  );
  assert.match(summary.endsSoon[0]?.says ?? "", /ends on 2026-12-01, and it has no later one/);
  assert.deepEqual(summary.yearAhead, [
    { place: "exceptions[0]", says: "npm:left-pad@1.3.0 is let through until 2030-01-01." },
  ]);
  const text = summaryLines(summary, asIs).join("\n");
  assert.match(text, /Ends more than a year from now\n/);
  assert.match(text, /1 of 2 observations were only seen: nobody has reviewed them/);
  assert.deepEqual(JSON.parse(JSON.stringify(summary)), summary);
  // What a retired key signed in its time still counts: npm's own past is no news in every run.
  assert.deepEqual(summarize(await storeOf({ format: 1 }), NOW).ended, []);
});

const CLEAN = { source: null, published: null, signers: [], evidence: [], reviewed: false } as const;
function seen(version: string, change: Loose = {}): string {
  return `${observationLine({
    ecosystem: "npm",
    name: "lib",
    version,
    digest: { algorithm: "sha512", hex: "ab".repeat(64) },
    registry: "npmjs",
    publisher: { name: "anna", trusted: false },
    seen: NOW - DAY,
    ...CLEAN,
    ...change,
  })}\n`;
}
const observed = (...lines: readonly string[]): Promise<TrustStore> =>
  readStore(new Map([["observed.lock", bytes(lines.join(""))]]), { directory: "/p", now: NOW }, readByFirstLine);
const lib = { ecosystem: "npm", name: "lib", version: null } as const;

test("trust show tells what was observed, the newest first, and that it satisfies nothing", async () => {
  const signers = [{ type: "openpgp", fingerprint: V4, signingKey: V6 }];
  const store = await observed(
    seen("1.9.0"),
    seen("1.10.0", { reviewed: true, signers, evidence: ["openpgp-signature"] }),
    seen("1.0.0", { name: "lib-evil" }),
  );
  const shown = showPackage(store, lib, NOW);
  assert.deepEqual(
    shown.observations.map(({ version, reviewed }) => [version, reviewed]),
    [
      ["1.10.0", true],
      ["1.9.0", false],
    ],
  );
  assert.equal(shown.corroboration, null);
  assert.deepEqual(showPackage(store, { ...lib, version: "1.9.0" }, NOW).observations.length, 1);
  const text = showLines(shown, asIs).join("\n");
  assert.match(
    text,
    /Observed, which satisfies no requirement\n {2}1\.10\.0 {2}seen 2026-11-20 {2}reviewed {3}published by anna; openpgp/,
  );
  assert.match(text, /1\.9\.0 {3}seen 2026-11-20 {2}only seen {2}published by anna/);
});

test("corroboration counts the last releases in a row, and other packages; a registry's key counts for nothing", async () => {
  const signers = [{ type: "registry-key", registry: "npmjs", keyid: "SHA256:k" }];
  const source = {
    issuer: "https://issuer.example",
    repository: "https://x.example/lib",
    repositoryId: null,
    ownerId: null,
    workflow: null,
    ...{ ref: null, commit: null, run: null, runner: null },
  };
  const lines = [
    seen("1.0.0", { signers }),
    seen("1.1.0", { signers, publisher: { name: "eve", trusted: false } }),
    seen("1.2.0", { signers, source }),
    seen("1.3.0", { signers, source }),
    seen("1.0.0", { name: "other", signers }),
    seen("1.0.0", { name: "third", publisher: { name: "anna", trusted: true } }),
  ];
  const shown = showPackage(await observed(...lines), lib, NOW, true);
  assert.deepEqual(shown.corroboration, [
    { who: "published by anna", releases: 2, of: 4, since: "2026-11-20", otherPackages: 1 },
    {
      who: "built from https://x.example/lib (https://issuer.example)",
      releases: 2,
      of: 4,
      since: "2026-11-20",
      otherPackages: 0,
    },
  ]);
  assert.match(
    showLines(shown, asIs).join("\n"),
    /Corroboration, which proves nothing\n {2}published by anna +the last 2 of 4 observed releases, since 2026-11-20 {2}1 other package here/,
  );
  assert.deepEqual(showPackage(await observed(), lib, NOW, true).corroboration, []);
});
