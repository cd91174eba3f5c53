/**
 * No sequence of edits lets an artifact pass that a stricter earlier state refused without one of them being told as
 * WEAKER: random stores, random edits, random artifacts; the real lookup, and the real decision.
 */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import type { Digest } from "../../src/model/digest.js";
import { toIntegrity } from "../../src/model/digest.js";
import { StopError } from "../../src/model/finding.js";
import type { TrustStore } from "../../src/model/policy.js";
import { BUILTIN } from "../../src/trust/builtin.js";
import { changesBetween } from "../../src/trust/changes.js";
import { observationLine } from "../../src/trust/observed.js";
import { readStore } from "../../src/trust/store.js";
import { ACME_ROOT, bytes, type Loose, mintKey, NOW, readByFirstLine, sampleRoot } from "./samples.js";
import { type Attestation, type Brought, passes } from "./weighed.js";

const YEAR = 365 * 24 * 60 * 60 * 1000;
const NAMES = ["lib", "lib-evil", "@acme/a", "@acme/b", "@acme-evil/a"];
const VERSIONS = ["0.9.0", "1.5.0", "2.0.0-rc.1", "2.1.0", "3.0.0"];
const PATTERNS = ["lib", "@acme/*", "@acme/a", "*"];
const RANGES = ["", "", "@>=2.0.0", "@<2.0.0", "@^1.0.0", "@1.x || 3.x"];
const FINGERPRINTS = ["A", "B", "C", "D"].map((digit) => digit.repeat(40));
const PUBLISHERS = ["anna", "bob", "carl"];
const KINDS = ["provenance", "manifest", "openpgp-signature"];
const URLS = ["https://registry.npmjs.org/", "https://npm.acme.dev/", "https://npm.acme.dev/sub/"];
const DIGESTS: readonly Digest[] = [1, 2].map((fill) => ({
  algorithm: "sha512",
  hex: Buffer.alloc(64, fill).toString("hex"),
}));
const KEYS = [mintKey(), mintKey()];
/** The built-in key that is current, then others. */
const SPKIS = [...(BUILTIN[0]?.keys.map(({ spki }) => spki).reverse() ?? []), ...KEYS.map(({ key }) => key)];

const date = (offset: number): string => new Date(NOW + offset).toISOString();
const times = fc.constantFrom(date(-YEAR), date(YEAR / 2), date(2 * YEAR));
const some = <Item>(items: readonly Item[], minLength = 0): fc.Arbitrary<Item[]> =>
  fc.uniqueArray(fc.constantFrom(...items), { minLength, maxLength: 3 });
const selector = fc.tuple(fc.constantFrom(...PATTERNS), fc.constantFrom(...RANGES)).map(([a, b]) => `npm:${a}${b}`);
const reason = fc.constantFrom("one", "two");
const optional = { requiredKeys: [] as [] };

const rule = fc.record({
  select: selector,
  except: some(["npm:@acme/b", "npm:lib@1.x", "npm:@acme/*@3.x"]),
  require: some(KINDS),
  publishers: fc.option(
    some(PUBLISHERS, 1).chain((of) =>
      fc.record({ atLeast: fc.integer({ min: 1, max: of.length }), of: fc.constant(of) }),
    ),
    { nil: undefined },
  ),
  expires: fc.option(times, { nil: undefined, freq: 3 }),
  reason,
});
const exception = fc.record({
  select: fc
    .tuple(fc.constantFrom(...NAMES), fc.constantFrom(...VERSIONS))
    .map(([name, version]) => `npm:${name}@${version}`),
  digest: fc.constantFrom(...DIGESTS.map(toIntegrity)),
  waive: some(["registry-signature", ...KINDS], 1),
  expires: times,
  reason,
});
const denial = fc.record({ select: selector, reason });
const source = fc.record({
  allow: selector,
  from: fc.constantFrom("https://npm.acme.dev/sub/lib/-/lib.tgz", "https://files.example/lib.tgz"),
  reason,
});
const observation = fc.record({
  name: fc.constantFrom(...NAMES),
  version: fc.constantFrom(...VERSIONS),
  digest: fc.constantFrom(...DIGESTS),
  fingerprint: fc.constantFrom(...FINGERPRINTS),
  seen: fc.constantFrom(NOW - 2 * YEAR, NOW - 1000),
  reviewed: fc.boolean(),
});
const key = fc.record({
  at: fc.constantFrom(0, 1),
  notBefore: fc.constantFrom(null, date(-3 * YEAR)),
  expires: fc.constantFrom(null, date(-YEAR)),
});
const keys = fc
  .uniqueArray(key, { selector: ({ at }) => at, maxLength: 2 })
  .map((items) => items.map(({ at, ...rest }) => ({ ...KEYS[at], ...rest })));
const registry = (url: string, homes: readonly string[]) =>
  fc.record({
    url: fc.constant(url),
    home: some(homes),
    require: some(["integrity", "registry-signature", "manifest", "openpgp-signature"]),
    keys,
    serves: fc.constantFrom(undefined, "npmjs"),
    evidenceFrom: fc.constantFrom(undefined, "npmjs"),
  });
/** No two publishers may have a key in common: the last key is the first one's second. */
const publisher = (own: readonly string[]) =>
  fc.record({
    openpgp: some(own),
    build: fc.boolean(),
    since: fc.constantFrom(undefined, undefined, date(-YEAR), date(-YEAR / 2)),
  });
const life = fc.record({
  start: fc.constantFrom(date(-3 * YEAR), date(-YEAR)),
  end: fc.constantFrom(undefined, date(-YEAR / 2), date(YEAR / 2)),
});
const ISSUERS = ["https://token.actions.githubusercontent.com", "https://ci.example"];
const threshold = (least: number) => fc.constantFrom(undefined, least, 2);
const publicInstance = fc.record({
  issuers: fc.constantFrom(undefined, ISSUERS),
  logEntries: threshold(1),
  scts: threshold(1),
});
const instance = fc.record({
  select: some(["npm:@acme/*", "npm:lib", "npm:@acme/a", "npm:*"], 1),
  issuers: some(ISSUERS, 1),
  logEntries: threshold(0),
  scts: threshold(0),
  /** Lives of two authorities of its root: the first may stand there twice, the second not at all. */
  lives: fc.array(life, { minLength: 1, maxLength: 2 }),
  others: fc.array(life, { maxLength: 1 }),
});
const trust = fc.record({
  npmjs: fc.record({ require: some(["integrity", "registry-signature", "manifest"]), keys }, optional),
  acme: registry("https://npm.acme.dev/", ["@acme/*", "@acme/a", "lib", "*"]),
  sub: fc.option(registry("https://npm.acme.dev/sub/", ["@acme/b", "lib"]), { nil: undefined }),
  anna: publisher(FINGERPRINTS.filter((_, index) => index % 3 === 0)),
  bob: publisher(FINGERPRINTS.slice(1, 2)),
  carl: publisher(FINGERPRINTS.slice(2, 3)),
  rules: fc.array(rule, { maxLength: 3 }),
  exceptions: fc.array(exception, { maxLength: 2 }),
  deny: fc.array(denial, { maxLength: 2 }),
  sources: fc.array(source, { maxLength: 1 }),
  observed: fc.array(observation, { maxLength: 2 }),
  publicInstance,
  instance: fc.option(instance, { nil: undefined }),
});

/** One change by hand: a part taken from another store, a list with one entry more or less, an entry with other fields. */
const edit = fc.record({
  part: fc.nat(),
  how: fc.nat(),
  at: fc.nat(),
  fields: fc.array(fc.nat(), { minLength: 1, maxLength: 2 }),
  from: trust,
});
const edits = fc.array(edit, { minLength: 1, maxLength: 2 });

function edited(store: Loose, { part, how, at, fields, from }: Loose): Loose {
  const parts = [...Object.keys(from), "rules", "rules", "rules", "rules"];
  const name = parts[part % parts.length] ?? "rules";
  const [mine, theirs] = [store[name], from[name]];
  if (!Array.isArray(mine) || how % 4 === 3) return { ...store, [name]: merged(mine, theirs, fields) };
  const place = at % Math.max(1, mine.length);
  if (how % 4 === 0) return { ...store, [name]: mine.filter((_, index) => index !== place) };
  if (how % 4 === 1 || mine.length === 0) return { ...store, [name]: [...theirs.slice(0, 1), ...mine] };
  return { ...store, [name]: mine.map((item, index) => (index === place ? merged(item, theirs[0], fields) : item)) };
}

function merged(mine: Loose, theirs: Loose, fields: readonly number[]): Loose {
  if (mine === undefined || theirs === undefined || Array.isArray(mine)) return theirs ?? mine;
  const names = Object.keys(theirs);
  const taken = fields.map((field) => names[field % Math.max(1, names.length)] ?? "");
  return { ...mine, ...Object.fromEntries(taken.filter((name) => name !== "").map((name) => [name, theirs[name]])) };
}

function publisherOf({ openpgp, build, since }: Loose, name: string): Loose {
  const identities = openpgp.map((fingerprint: string) => ({ type: "openpgp", fingerprint }));
  const issuer = "https://issuer.example";
  if (build || identities.length === 0)
    identities.push({ type: "built-by", issuer, repository: `https://x.example/${name}` });
  return { identities, ...(since === undefined ? {} : { status: "compromised", since, reason: "stolen" }) };
}

function lineOf({ fingerprint, ...seen }: Loose): string {
  const signers = [{ type: "openpgp", fingerprint, signingKey: fingerprint }] as const;
  const nothing = { publisher: null, source: null, published: null } as const;
  const item = {
    ecosystem: "npm",
    registry: "npmjs",
    evidence: ["openpgp-signature"],
    signers,
    ...nothing,
    ...seen,
  } as const;
  return `${observationLine(item)}\n`;
}

const TEMPLATE = sampleRoot();
const AUTHORITIES: readonly string[] = TEMPLATE.certificateAuthorities[0].certChain.certificates.map(
  ({ rawBytes }: Loose) => rawBytes,
);

function rootOf({ lives, others }: Loose): Loose {
  const certificateAuthorities = [lives, others].flatMap((all: Loose[], at: number) =>
    all.map((validFor) => ({ certChain: { certificates: [{ rawBytes: AUTHORITIES[at] }] }, validFor })),
  );
  return { ...TEMPLATE, certificateAuthorities };
}

function sigstoreOf({ publicInstance: restated, instance: own }: Loose): Loose {
  const { lives: _, others: __, ...rest } = own ?? {};
  return { "public-good": restated, acme: own === undefined ? undefined : { ...rest, trustedRoot: ACME_ROOT } };
}

/** Parts of a store that says nothing. */
const EMPTY: Loose = {
  ...Object.fromEntries(PUBLISHERS.map((name) => [name, { openpgp: [], build: true }])),
  ...{ rules: [], exceptions: [], deny: [], sources: [], observed: [] },
};

/** Null where the parts contradict one another, so that the store would not be read. */
async function read(parts: Loose): Promise<TrustStore | null> {
  const { npmjs, acme, sub, rules, exceptions, deny, sources, observed } = parts;
  const publishers = Object.fromEntries(PUBLISHERS.map((name) => [name, publisherOf(parts[name], name)]));
  const files = new Map<string, Uint8Array>([
    [
      "trust.json",
      bytes({ format: 1, registries: { npmjs, acme, sub }, publishers, rules, sources, sigstore: sigstoreOf(parts) }),
    ],
    ["exceptions.json", bytes({ format: 1, exceptions })],
    ["deny.json", bytes({ format: 1, deny })],
    ["observed.lock", bytes(observed.map(lineOf).join(""))],
    ...(parts.instance === undefined ? [] : [[ACME_ROOT, bytes(rootOf(parts.instance))] as const]),
    ...FINGERPRINTS.map((fingerprint): [string, Uint8Array] => [`keys/${fingerprint}.asc`, bytes(`${fingerprint}\n`)]),
  ]);
  try {
    return await readStore(files, { directory: "/project/.secure-install", now: NOW }, readByFirstLine);
  } catch (error) {
    if (error instanceof StopError) return null;
    throw error;
  }
}

const signature = <Name extends string>(name: Name, values: readonly string[]) =>
  fc.uniqueArray(
    fc.record({
      [name]: fc.constantFrom(...values),
      good: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, fc.constant(false)),
    }) as fc.Arbitrary<Record<Name, string> & { good: boolean }>,
    { selector: (one) => one[name], maxLength: 2 },
  );
const attestation: fc.Arbitrary<Attestation> = fc.record({
  issuer: fc.constantFrom(...ISSUERS),
  authority: fc.constantFrom(null, ...AUTHORITIES, ...AUTHORITIES),
  at: fc.constantFrom(NOW - 2 * YEAR, NOW - (2 * YEAR) / 3, NOW, NOW + YEAR),
  logEntries: fc.nat(2),
  scts: fc.nat(2),
});
const CERTIFIED: Attestation = { issuer: ISSUERS[0] ?? "", authority: null, at: NOW, logEntries: 2, scts: 2 };
const any: fc.Arbitrary<Brought> = fc.record({
  name: fc.constantFrom(...NAMES),
  version: fc.constantFrom(...VERSIONS),
  address: fc.constantFrom(
    ...[...URLS, URLS[0], URLS[0]].map((url) => `${url}lib/-/lib.tgz`),
    "https://files.example/lib.tgz",
  ),
  digest: fc.constantFrom(...DIGESTS),
  keys: signature("spki", SPKIS),
  published: fc.constantFrom(NOW - 4 * YEAR, NOW - 2 * YEAR, NOW),
  signatures: signature("fingerprint", FINGERPRINTS),
  provenance: fc.option(attestation),
  manifest: fc.boolean(),
});
/** Most have all that could be asked for but one thing, so that it is that which decides. */
const brought = fc
  .tuple(any, fc.constantFrom("none", "none", "keys", "signatures", "provenance", "provenance", "manifest", "all"))
  .map(([item, lacks]): Brought => {
    const whole = {
      keys: SPKIS.slice(0, 1).map((spki) => ({ spki, good: true })),
      signatures: FINGERPRINTS.slice(0, 3).map((fingerprint) => ({ fingerprint, good: true })),
      provenance: CERTIFIED,
      manifest: true,
      published: NOW,
    };
    if (lacks === "all") return item;
    return { ...item, ...whole, ...(lacks === "none" ? {} : { [lacks]: item[lacks as "keys"] }) };
  });
const artifacts = fc.record({ item: brought, now: fc.constantFrom(NOW, NOW + YEAR) });
const CASES = 40;

/** More of them are asked for by whoever changes what is told of changes. */
const RUNS = Number(process.env.MONOTONE_RUNS ?? 300);

test("what a former state of the store refused passes only by a change that is told as WEAKER", async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(trust, edits, fc.noShrink(fc.nat()), async (parts, changes, seed) => {
      const [before, after] = [await read(parts), await read(changes.reduce(edited, parts))];
      if (before === null || after === null) return;
      const told = changesBetween(before, after, NOW);
      if (told.some(({ direction }) => direction === "weaker")) return;
      compared++;
      for (const { item, now } of fc.sample(artifacts, { numRuns: CASES, seed })) {
        const newlyPassed = passes(after, item, now) && !passes(before, item, now);
        assert.ok(!newlyPassed, JSON.stringify({ item, now, told }));
      }
    }),
    { numRuns: RUNS, interruptAfterTimeLimit: 60_000 },
  );
  assert.ok(compared > RUNS / 20, `only ${compared} of ${RUNS} edits were not weaker`);
});

/** Instances alone, which seldom decide where all the rest may change too. */
const instances = fc.record({ publicInstance, instance: fc.option(instance, { nil: undefined, freq: 9 }) });
const touched = fc.record({
  from: instances,
  part: fc.nat(1),
  fields: fc.array(fc.nat(), { minLength: 1, maxLength: 2 }),
});
const certified = fc.record({ name: fc.constantFrom(...NAMES), provenance: attestation });

test("what no instance of Sigstore certified counts only by a change that is told as WEAKER", async () => {
  const rules = [{ select: "npm:*", require: ["provenance"], reason: "r" }];
  const stored = (parts: Loose): Promise<TrustStore | null> =>
    read({ ...EMPTY, ...parts, npmjs: { require: ["integrity"] }, rules });
  const whole = { version: "1.0.0", address: `${URLS[0]}lib/-/lib.tgz`, digest: DIGESTS[0] as Digest };
  const rest = { keys: [], published: NOW, signatures: [], manifest: true };
  let [compared, passed] = [0, 0];
  await fc.assert(
    fc.asyncProperty(instances, touched, fc.noShrink(fc.nat()), async (parts: Loose, { from, part, fields }, seed) => {
      const name = part === 0 ? "publicInstance" : "instance";
      const [before, after] = [
        await stored(parts),
        await stored({ ...parts, [name]: merged(parts[name], from[name], fields) }),
      ];
      if (before === null || after === null) return;
      const told = changesBetween(before, after, NOW);
      if (told.some(({ direction }) => direction === "weaker")) return;
      compared++;
      for (const item of fc.sample(certified, { numRuns: 60, seed })) {
        const brought = { ...whole, ...rest, ...item };
        const [was, is] = [passes(before, brought, NOW), passes(after, brought, NOW)];
        if (was) passed++;
        assert.ok(was || !is, JSON.stringify({ item, told }));
      }
    }),
    { numRuns: RUNS / 2 },
  );
  assert.ok(compared > RUNS / 20 && passed > compared, `${compared} edits that are not weaker, ${passed} that passed`);
});

test("a store held against itself has not changed", async () => {
  await fc.assert(
    fc.asyncProperty(trust, async (parts) => {
      const store = await read(parts);
      if (store !== null) assert.deepEqual(changesBetween(store, store, NOW), []);
    }),
    { numRuns: 100 },
  );
});
