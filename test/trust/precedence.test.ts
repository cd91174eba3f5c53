/** What goes before what: denial, then floor and rules, then exceptions; and which home a name has. As tables. */
import assert from "node:assert/strict";
import test from "node:test";
import { type Digest, toIntegrity } from "../../src/model/digest.js";
import type { TrustStore } from "../../src/model/policy.js";
import { BUILTIN } from "../../src/trust/builtin.js";
import { homeOf } from "../../src/trust/lookup.js";
import { type Loose, NOW, stoppedLater, storeOf, V4, V6 } from "./samples.js";
import { type Brought, weigh } from "./weighed.js";

const DIGEST: Digest = { algorithm: "sha512", hex: "ab".repeat(64) };
const WHOLE: Brought = {
  name: "lib",
  version: "2.1.0",
  address: "https://registry.npmjs.org/lib/-/lib-2.1.0.tgz",
  digest: DIGEST,
  keys: [{ spki: BUILTIN[0]?.keys[1]?.spki ?? "", good: true }],
  published: NOW,
  signatures: [],
  provenance: {
    issuer: "https://gitlab.com",
    authority: null,
    at: NOW,
    logEntries: 1,
    scts: 1,
  },
  manifest: true,
};
const rule = (change: Loose): Loose => ({ select: "npm:lib", require: ["provenance"], reason: "r", ...change });
const waive = (kind: string, change: Loose = {}): Loose => ({
  select: "npm:lib@2.1.0",
  digest: toIntegrity(DIGEST),
  waive: [kind],
  expires: "2027-01-01T00:00:00Z",
  reason: "r",
  ...change,
});
const ORIGIN = { identities: [{ type: "openpgp", fingerprint: V4 }] };

/** Rules, exceptions, denials, what the artifact lacks, and the codes with which it is refused. */
const ORDER: Readonly<
  Record<string, { rules?: Loose[]; waive?: Loose[]; deny?: string[]; lacks?: Loose; codes: string[] }>
> = {
  "all is there": { rules: [rule({})], codes: [] },
  "the floor asks without any rule": { lacks: { keys: [] }, codes: ["SIGNATURE_ABSENT"] },
  "a rule adds to the floor, and takes nothing from it": {
    rules: [rule({ require: [] })],
    lacks: { keys: [] },
    codes: ["SIGNATURE_ABSENT"],
  },
  "a rule asks": { rules: [rule({})], lacks: { provenance: null }, codes: ["ATTESTATION_ABSENT"] },
  "of two rules the one that asks counts, whichever stands first": {
    rules: [rule({ require: [] }), rule({})],
    lacks: { provenance: null },
    codes: ["ATTESTATION_ABSENT"],
  },
  "an exact rule does not take the place of a wide one": {
    rules: [rule({ select: "npm:*" }), rule({ require: ["manifest"] })],
    lacks: { provenance: null },
    codes: ["ATTESTATION_ABSENT"],
  },
  "an exception comes after the floor": { waive: [waive("registry-signature")], lacks: { keys: [] }, codes: [] },
  "an exception comes after rules": {
    rules: [rule({})],
    waive: [waive("provenance")],
    lacks: { provenance: null },
    codes: [],
  },
  "an exception waives what it names, and nothing else": {
    rules: [rule({})],
    waive: [waive("manifest")],
    lacks: { provenance: null },
    codes: ["ATTESTATION_ABSENT"],
  },
  "an exception for other bytes waives nothing": {
    waive: [waive("registry-signature", { digest: `sha512-${Buffer.alloc(64, 1).toString("base64")}` })],
    lacks: { keys: [] },
    codes: ["SIGNATURE_ABSENT"],
  },
  "an exception that has ended waives nothing": {
    waive: [waive("registry-signature", { expires: "2026-11-21T00:00:00Z" })],
    lacks: { keys: [] },
    codes: ["SIGNATURE_ABSENT"],
  },
  "no exception waives what is invalid": {
    waive: [waive("registry-signature")],
    lacks: { keys: [{ spki: WHOLE.keys[0]?.spki, good: false }] },
    codes: ["SIGNATURE_INVALID"],
  },
  "no exception covers a version that rules leave open": {
    rules: [rule({ select: "npm:lib@>=3.0.0" })],
    waive: [waive("provenance")],
    codes: ["POLICY_UNCOVERED"],
  },
  "a denial comes before all": { rules: [rule({})], deny: ["npm:lib"], codes: ["POLICY_DENIED"] },
  "no exception waives a denial": {
    waive: [waive("registry-signature")],
    deny: ["npm:lib@2.x"],
    lacks: { keys: [] },
    codes: ["POLICY_DENIED"],
  },
  "no rule lifts a denial, however exact": {
    rules: [rule({ select: "npm:lib@2.1.0" })],
    deny: ["npm:*"],
    codes: ["POLICY_DENIED"],
  },
  "a denial of another name that begins so": { deny: ["npm:li", "npm:lib-evil", "npm:@lib/*"], codes: [] },
};

for (const [name, { rules = [], waive: exceptions = [], deny = [], lacks = {}, codes }] of Object.entries(ORDER)) {
  test(`order: ${name}`, async () => {
    const store = await storeOf(
      { format: 1, rules },
      { format: 1, exceptions },
      { format: 1, deny: deny.map((select) => ({ select, reason: "r" })) },
    );
    const verdict = weigh(store, { ...WHOLE, ...lacks }, NOW);
    assert.deepEqual(
      verdict?.findings.map(({ code }) => code),
      codes,
    );
    assert.equal(verdict?.result, codes.length === 0 ? "PASSED" : "FAILED");
  });
}

test("a requirement of two is not met twice by one publisher with two keys", async () => {
  const signed = (...fingerprints: readonly string[]): Brought => ({
    ...WHOLE,
    signatures: fingerprints.map((fingerprint) => ({ fingerprint, good: true })),
  });
  const store = (publishers: Loose): Promise<TrustStore> =>
    storeOf({ format: 1, publishers, rules: [rule({ require: [], publishers: { atLeast: 2, of: ["anna", "bob"] } })] });
  const key = (fingerprint: string) => ({ type: "openpgp", fingerprint });
  const build = { type: "built-by", issuer: "https://issuer.example", repository: "https://x.example/bob" };
  const one = await store({ anna: { identities: [key(V4), key(V6)] }, bob: { identities: [build] } });
  assert.equal(weigh(one, signed(V4, V6), NOW)?.result, "FAILED");
  const two = await store({ anna: { identities: [key(V4)] }, bob: { identities: [key(V6)] } });
  assert.equal(weigh(two, signed(V4, V6), NOW)?.result, "PASSED");
  assert.equal(weigh(two, signed(V4), NOW)?.result, "FAILED");
  // One key under both names would make one person two.
  await stoppedLater(store({ anna: { identities: [key(V4)] }, bob: { identities: [key(V4.toLowerCase())] } }));
});

test("homes: exact before scope before *, wherever they stand; ties are refused; the built-in registry yields *", async () => {
  const registries = {
    all: { url: "https://all.example/", home: ["*"] },
    scope: { url: "https://scope.example/", home: ["@acme/*"] },
    exact: { url: "https://exact.example/", home: ["@acme/lib"] },
  };
  const table: readonly [Loose, string, string][] = [
    [registries, "@acme/lib", "exact"],
    [registries, "@acme/lib-evil", "scope"],
    [registries, "@acme-evil/lib", "all"],
    [registries, "lib", "all"],
    [Object.fromEntries(Object.entries(registries).reverse()), "@acme/lib", "exact"],
    [Object.fromEntries(Object.entries(registries).reverse()), "@acme/other", "scope"],
    [{ scope: registries.scope }, "lib", "npmjs"],
    [{ npmjs: { home: ["lib"] }, all: registries.all }, "lib", "npmjs"],
    [{ npmjs: { home: ["lib"] }, all: registries.all }, "other", "all"],
  ];
  for (const [given, name, home] of table) {
    assert.equal(
      homeOf(await storeOf({ format: 1, registries: given }), "npm", name).id,
      home,
      `${Object.keys(given)} ${name}`,
    );
  }
  for (const pattern of ["*", "@acme/*", "lib"]) {
    const twice = {
      one: { url: "https://one.example/", home: [pattern] },
      two: { url: "https://two.example/", home: [pattern] },
    };
    assert.match((await stoppedLater(storeOf({ format: 1, registries: twice }))).message, /is at home in both/);
  }
});

/** Letters that look like those of "lib" and "@acme": Cyrillic, full-width, a zero-width joiner, a combining mark. */
const LOOKALIKES = [
  "l\u0456b",
  "@\u0430cme/*",
  "\uff4cib",
  "li\u200db",
  "li\u0301b",
  "\u202elib",
  "lib\u00a0",
  "K\u212alib",
];

test("no selector, home or name holds letters that only look like those of a package", async () => {
  for (const name of LOOKALIKES) {
    const places: readonly [Loose, Loose?, Loose?][] = [
      [{ format: 1, rules: [rule({ select: `npm:${name}` })] }],
      [{ format: 1, rules: [rule({ except: [`npm:${name}`] })] }],
      [{ format: 1, rules: [rule({ select: `npm:lib@${name}` })] }],
      [{ format: 1, registries: { acme: { url: "https://npm.acme.dev/", home: [name] } } }],
      [{ format: 1, registries: { [name]: { url: "https://npm.acme.dev/" } } }],
      [{ format: 1, publishers: { [name]: ORIGIN } }],
      [{ format: 1, scripts: [{ allow: `npm:${name}`, reason: "r" }] }],
      [{ format: 1 }, { format: 1, exceptions: [waive("provenance", { select: `npm:${name}@1.0.0` })] }],
      [{ format: 1 }, undefined, { format: 1, deny: [{ select: `npm:${name}`, reason: "r" }] }],
      [{ format: 1 }, undefined, { format: 1, deny: [{ select: `pypi:${name}`, reason: "r" }] }],
    ];
    for (const [trust, exceptions, deny] of places) {
      const error = await stoppedLater(storeOf(trust, exceptions, deny));
      assert.equal(error.code, "TRUST_MALFORMED", JSON.stringify([trust, exceptions, deny]));
    }
  }
});

test("npm's names differ by their capitals; Python's by none, nor by which of - _ . joins them", async () => {
  const deny = (select: string): Promise<TrustStore> =>
    storeOf({ format: 1 }, undefined, { format: 1, deny: [{ select, reason: "r" }] });
  const capital = await deny("npm:LIB");
  assert.equal(weigh(capital, WHOLE, NOW)?.result, "PASSED");
  assert.equal(weigh(await deny("npm:lib"), WHOLE, NOW)?.result, "FAILED");
  for (const spelled of ["Foo_Bar", "foo.bar", "FOO--bar", "foo-_.bar"]) {
    const registries = { snakes: { url: "https://snakes.example/", ecosystem: "pypi", home: [spelled] } };
    const store = await storeOf({ format: 1, registries });
    for (const name of ["foo-bar", "Foo.Bar", "foo___bar"]) assert.equal(homeOf(store, "pypi", name).id, "snakes");
    assert.equal(homeOf(store, "pypi", "foobar").id, "pypi");
    // Spelled in two ways it is still one name, and has one home.
    const twin = { ...registries, twin: { url: "https://twin.example/", ecosystem: "pypi", home: ["foo-bar"] } };
    await stoppedLater(storeOf({ format: 1, registries: twin }));
  }
});
