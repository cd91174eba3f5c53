import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { EVIDENCE_KINDS } from "../../src/model/evidence.js";
import { readDenials, readExceptions } from "../../src/trust/exceptions.js";
import { readTrustFile } from "../../src/trust/format.js";
import type { Refused } from "./damage.js";
import { REFUSED } from "./refused.js";
import {
  bytes,
  COMMIT,
  type Loose,
  mintKey,
  root,
  SHA512,
  SSH_KEY,
  sample,
  sampleDenials,
  sampleExceptions,
  V4,
  V6,
} from "./samples.js";

const FILES = ["trust", "exceptions", "deny"] as const;
const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false });
const schemas = new Map(
  FILES.map((file) => {
    const text = readFileSync(join(root(), "schemas", `${file}.schema.json`), "utf8");
    return [file, ajv.compile(JSON.parse(text))] as const;
  }),
);
const read = { trust: readTrustFile, exceptions: readExceptions, deny: readDenials };

function schemaAccepts(file: Refused["file"], value: unknown): boolean {
  const schema = schemas.get(file);
  assert.ok(schema);
  return schema(value);
}

function parserAccepts(file: Refused["file"], value: unknown): boolean {
  try {
    read[file](bytes(value));
    return true;
  } catch {
    return false;
  }
}

test("the schemas accept the sample store", () => {
  for (const [file, value] of [
    ["trust", sample()],
    ["exceptions", sampleExceptions()],
    ["deny", sampleDenials()],
  ] as const) {
    assert.ok(schemaAccepts(file, value), JSON.stringify(schemas.get(file)?.errors));
  }
});

test("what the schemas can see, they refuse as the parser does", () => {
  for (const { name, file, damage, schema } of REFUSED) {
    if (!schema) continue;
    const store: Loose = { trust: sample(), exceptions: sampleExceptions(), deny: sampleDenials() };
    const text = damage(store[file]) ?? JSON.stringify(store[file]);
    const value = JSON.parse(text);
    // JSON.stringify leaves out what was deleted, and JSON.parse keeps __proto__ as a key of its own.
    assert.equal(schemaAccepts(file, value), false, `the schema accepts: ${name}`);
    assert.equal(parserAccepts(file, value), false, `the parser accepts: ${name}`);
  }
});

const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 3 });
const oneOf = (...values: Loose[]): fc.Arbitrary<Loose> => fc.constantFrom(...values);
/** Mostly what both accept; now and then what at least one of them refuses. */
const mostly = (good: Loose[], bad: Loose[]): fc.Arbitrary<Loose> =>
  fc.oneof({ weight: 40, arbitrary: oneOf(...good) }, { weight: 1, arbitrary: oneOf(...bad) });
const few = (value: fc.Arbitrary<Loose>) => fc.uniqueArray(value, { maxLength: 2 });

const texts = mostly(["why", " spaced ", "é\n\u0007", "\ud83d\ude00"], ["", " ", 7, null]);
const times = mostly(
  ["2027-02-01T00:00:00Z", "2027-02-01T00:00:00.123456789-23:59", "2028-02-29T23:59:59+00:00"],
  ["2027-02-01", "2027-02-30T00:00:00Z", "2027-02-01t00:00:00z"],
);
const selectors = mostly(
  ["npm:lib", "npm:@a/*@^1 || 2.x", "npm:*", "pypi:Foo_bar@==1.*", "npm:a@1.0.0", "npm:a@ >=1", "npm:a@v1"],
  ["a", "npm:", "npm:a\u2028", "npm:a@1 ||"],
);
const urls = mostly(
  ["https://a.example", "https://a.example/b/", "https://127.0.0.1:8443/x", "https://[::1]/@a/%2f"],
  ["http://a.example/", "https://A/", "https://"],
);
const kinds = few(mostly([...EVIDENCE_KINDS], ["other"]));
const openpgp = fc.record(
  {
    type: fc.constant("openpgp"),
    fingerprint: mostly([V4, V6, V4.toLowerCase()], ["ABCD"]),
    signatureUrl: maybe(
      mostly(["{url}.asc", "{url}/{name}", "https://a.example/{name}/{filename}.sig"], ["{url}?x", "{nope}", "{url"]),
    ),
    until: maybe(times),
  },
  { requiredKeys: ["type", "fingerprint"] },
);
const builtBy = fc.record(
  {
    type: fc.constant("built-by"),
    issuer: urls,
    repository: mostly(
      ["https://g.example/a/b", "https://g.example"],
      ["https://g.example/a/b.git", "https://g.example/"],
    ),
    repositoryId: maybe(mostly(["1", "a-b:c"], ["", 1])),
    ownerId: maybe(mostly(["1"], [null])),
    workflow: maybe(mostly(["ci.yml", ".github/workflows/ci.yml"], ["/ci.yml", "a b"])),
    ref: maybe(mostly(["refs/tags/*", "refs/heads/main", "refs/heads/a/*"], ["main", "refs/", "refs/*x"])),
    runner: maybe(mostly(["github-hosted", "self-hosted"], ["*", "Own", ""])),
  },
  { requiredKeys: ["type", "issuer", "repository"] },
);
const identity = fc.oneof(openpgp, builtBy);
const ssh = fc.record({
  type: fc.constant("ssh"),
  key: mostly([SSH_KEY, `${SSH_KEY} ann`], ["ssh-dss AAAA", SSH_KEY.slice(1)]),
});
const owner = fc.oneof(openpgp, ssh);
const registry = fc.record(
  {
    url: urls,
    ecosystem: maybe(mostly(["npm"], ["cargo", "pypi"])),
    home: maybe(few(mostly(["*", "@a/*", "lib", "@a/b"], ["a*", ""]))),
    require: maybe(kinds),
    serves: maybe(mostly(["npmjs"], ["pypi", "nowhere"])),
    evidenceFrom: maybe(mostly(["npmjs"], [""])),
    redirects: maybe(few(mostly(["a.example", "a.example:1", "[::1]:8"], ["A.example", "a/b", "a b"]))),
    keys: maybe(fc.constant([{ ...mintKey(), expires: null, notBefore: "2027-02-01T00:00:00Z" }])),
  },
  { requiredKeys: ["url"] },
);
const builtin = fc.record({ require: maybe(kinds), home: maybe(few(oneOf("@b/*", "x"))) });
const compromise = fc.record({ status: oneOf("compromised"), since: times, reason: texts });
const publisher = fc
  .tuple(fc.record({ identities: fc.array(identity, { minLength: 1, maxLength: 2 }) }), maybe(compromise))
  .map(([who, state]) => ({ ...who, ...state }));
const rule = fc.record(
  {
    select: selectors,
    except: maybe(few(selectors)),
    require: maybe(kinds),
    publishers: maybe(
      mostly(
        [{ atLeast: 1, of: ["p1"] }],
        [
          { atLeast: 0, of: ["p1"] },
          { atLeast: 1, of: [] },
        ],
      ),
    ),
    expires: maybe(times),
    reason: texts,
  },
  { requiredKeys: ["select", "reason"] },
);
const sources = mostly(
  [
    `git+ssh://git@g.example/a.git#${COMMIT}`,
    `git+https://g.example/a#${COMMIT}`,
    "https://a.example/x.tgz",
    "file:v/x y.tgz",
  ],
  ["file:", "x", "https://a.example/x.tgz#y", "file:~/x"],
);
const issuers = fc.uniqueArray(urls, { minLength: 1, maxLength: 2 });
const instance = fc.record(
  {
    trustedRoot: mostly(["sigstore/a.json", "sigstore/0._-.json"], ["sigstore/A.json", "a.json", "sigstore/a"]),
    select: fc.uniqueArray(mostly(["npm:lib", "npm:@a/*", "npm:*", "pypi:a_B"], ["npm:a@1.x", "lib", "npm:a b"]), {
      minLength: 1,
      maxLength: 2,
    }),
    issuers,
    logEntries: maybe(mostly([0, 1, 16], [-1, 17, "1"])),
    scts: maybe(mostly([0, 2], [0.5, null])),
  },
  { requiredKeys: ["trustedRoot", "select", "issuers"] },
);
const publicInstance = fc.record({
  issuers: maybe(issuers),
  logEntries: maybe(mostly([1, 16], [0])),
  scts: maybe(mostly([1, 2], [0])),
});
const trust = fc.record(
  {
    format: mostly([1], [2]),
    $schema: maybe(texts),
    registries: maybe(
      fc.record({
        npmjs: maybe(builtin),
        r1: maybe(registry),
        "@r/2": fc.option(registry, { nil: undefined, freq: 1 }),
      }),
    ),
    publishers: fc.record({ p1: publisher, "p.3": maybe(publisher) }),
    rules: maybe(fc.array(rule, { maxLength: 2 })),
    scripts: maybe(fc.array(fc.record({ allow: selectors, reason: texts }), { maxLength: 1 })),
    sources: maybe(fc.array(fc.record({ allow: selectors, from: sources, reason: texts }), { maxLength: 1 })),
    sigstore: maybe(fc.record({ "public-good": maybe(publicInstance), "i/1": maybe(instance) })),
    owners: maybe(fc.record({ atLeast: fc.constant(1), identities: fc.array(owner, { minLength: 1, maxLength: 1 }) })),
  },
  { requiredKeys: ["format", "publishers"] },
);

test("whatever the parser accepts, the schemas accept: generated stores", () => {
  let accepted = 0;
  fc.assert(
    fc.property(trust, (value) => {
      const written = JSON.parse(JSON.stringify(value));
      if (!parserAccepts("trust", written)) return;
      accepted++;
      assert.ok(schemaAccepts("trust", written), JSON.stringify(schemas.get("trust")?.errors));
    }),
    { numRuns: 2_000 },
  );
  assert.ok(accepted > 200, `only ${accepted} of the generated stores were accepted`);
});

test("whatever the parser accepts, the schemas accept: generated exceptions and denials", () => {
  const exception = fc.record({
    select: oneOf("npm:a@1.0.0", "npm:@a/b@1.0.0-rc.1+x", "pypi:a@1.0", "npm:a@^1.0.0", "npm:a"),
    digest: oneOf(SHA512, `sha256-${Buffer.alloc(32).toString("base64")}`, ` ${SHA512}`, "sha1-AAAA"),
    waive: kinds,
    expires: times,
    reason: texts,
  });
  let accepted = 0;
  fc.assert(
    fc.property(fc.array(exception, { maxLength: 1 }), selectors, texts, (exceptions, select, reason) => {
      for (const [file, value] of [
        ["exceptions", { format: 1, exceptions }],
        ["deny", { format: 1, deny: [{ select, reason }] }],
      ] as const) {
        if (!parserAccepts(file, value)) continue;
        accepted++;
        assert.ok(schemaAccepts(file, value), JSON.stringify([value, schemas.get(file)?.errors]));
      }
    }),
    { numRuns: 1_000 },
  );
  assert.ok(accepted > 100);
});
