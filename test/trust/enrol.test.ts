/** Writing publishers down, and giving them new keys: the edits, what they make of a store, and what is refused. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseSelector, type Selector } from "../../src/model/selector.js";
import { changesBetween } from "../../src/trust/changes.js";
import { withEdits } from "../../src/trust/edit-file.js";
import { type Enrolment, enrol, trustIn } from "../../src/trust/enrol.js";
import { rotate } from "../../src/trust/rotation.js";
import { readStore, type StoreFiles } from "../../src/trust/store.js";
import { NOW, V4, V6 } from "./samples.js";

const OTHER = V4.split("").reverse().join("");

const files = (trust: object): StoreFiles =>
  new Map([["trust.json", Buffer.from(JSON.stringify({ format: 1, ...trust }, null, 2))]]);
const storeOf = (all: StoreFiles) =>
  readStore(
    new Map([...all, ...[V4, V6, OTHER].map((one) => [`keys/${one}.asc`, Buffer.from(one)] as const)]),
    { directory: "/store", now: NOW },
    async (bytes) => ({ ok: true, fingerprint: Buffer.from(bytes).toString() }),
  );
const selector = (text: string): Selector => {
  const read = parseSelector(text);
  return read.ok ? read.selector : assert.fail(read.why);
};
const key = (fingerprint: string) => ({ type: "openpgp", fingerprint, signatureUrl: null }) as const;
const publisher = (...fingerprints: string[]) => ({
  identities: fingerprints.map((one) => ({ type: "openpgp", fingerprint: one })),
});

function enrolled(all: StoreFiles, wanted: Partial<Enrolment>) {
  const asked = {
    select: selector("npm:lib"),
    identity: key(V4),
    name: null,
    atLeast: null,
    reason: null,
    now: NOW,
    ...wanted,
  };
  const done = enrol(trustIn(all), asked);
  const files = withEdits(all, "trust.json", done.edits);
  return { ...done, text: Buffer.from(files.get("trust.json") ?? "").toString("utf8"), files };
}

describe("a publisher is written down", () => {
  test("into an empty store, as a person would have written it", async () => {
    const { text, files: all } = enrolled(new Map(), {});
    assert.equal(
      text,
      `{
  "format": 1,
  "publishers": {
    "lib-author": {
      "identities": [
        {
          "type": "openpgp",
          "fingerprint": "${V4}"
        }
      ]
    }
  },
  "rules": [
    {
      "select": "npm:lib",
      "publishers": {
        "atLeast": 1,
        "of": ["lib-author"]
      },
      "reason": "signed by lib-author, as pinned on 2026-11-21"
    }
  ]
}
`,
    );
    assert.deepEqual(enrolled(all, {}).edits, []);
    assert.equal((await storeOf(all)).rules[0]?.publishers?.of[0], "lib-author");
  });

  test("names after the selector, and none that is taken or names nobody", () => {
    for (const [select, name] of [
      ["npm:lib@^1", "lib-author"],
      ["npm:@acme/*", "acme-author"],
      ["npm:@acme/lib", "acme-lib-author"],
    ] as const) {
      assert.equal(enrolled(new Map(), { select: selector(select) }).publisher, name);
    }
    const taken = files({ publishers: { "lib-author": publisher(OTHER) } });
    assert.throws(() => enrolled(taken, {}), /there is a publisher lib-author already/);
    assert.throws(() => enrolled(new Map(), { select: selector("npm:*") }), /--as/);
  });

  test("only the rule of exactly that selector is touched, and none that has ended", async () => {
    const rule = (select: string, more = {}) => ({
      select,
      publishers: { atLeast: 1, of: ["p"] },
      reason: "r",
      ...more,
    });
    const all = files({
      publishers: { p: publisher(OTHER) },
      rules: [rule("npm:lib@^1"), rule("npm:lib", { expires: "2026-01-01T00:00:00Z" }), rule("npm:lib"), rule("npm:*")],
    });
    const done = enrolled(all, { name: "q" });
    assert.deepEqual([done.rule, done.weaker.length], ["rules[2]", 1]);
    assert.deepEqual(
      (await storeOf(done.files)).rules.map((one) => one.publishers?.of.join()),
      ["p", "p", "p,q", "p"],
    );
    const both = enrolled(all, { name: "q", atLeast: 2 });
    assert.deepEqual((await storeOf(both.files)).rules[2]?.publishers, { atLeast: 2, of: ["p", "q"] });
    const plain = files({ rules: [{ select: "npm:lib", require: ["provenance"], reason: "r" }] });
    const joined = (await storeOf(enrolled(plain, { reason: "why" }).files)).rules;
    assert.deepEqual(
      [joined.length, joined[0]?.reason, joined[0]?.require, joined[0]?.publishers?.of],
      [1, "why", ["provenance"], ["lib-author"]],
    );
  });

  test("whatever is less than before is told, by its own words and by those of a review", async () => {
    const all = files({
      publishers: { p: publisher(OTHER), q: publisher(V6) },
      rules: [{ select: "npm:lib", publishers: { atLeast: 2, of: ["p", "q"] }, reason: "r" }],
    });
    const asked: Partial<Enrolment>[] = [
      { name: "p" },
      { name: "r" },
      { name: "p", atLeast: 1 },
      { name: "q", select: selector("npm:other") },
    ];
    for (const wanted of asked) {
      const done = enrolled(all, wanted);
      const changes = changesBetween(await storeOf(all), await storeOf(done.files), NOW);
      assert.ok(
        done.weaker.length > 0 && changes.some(({ direction }) => direction === "weaker"),
        JSON.stringify(wanted),
      );
    }
    const stricter = enrolled(new Map(), {});
    assert.deepEqual(stricter.weaker, []);
    assert.ok(
      changesBetween(await storeOf(new Map()), await storeOf(stricter.files), NOW).every(
        ({ direction }) => direction !== "weaker",
      ),
    );
  });
});

describe("a publisher's key is retired", () => {
  const all = files({
    publishers: { p: publisher(V4), q: publisher(V6) },
    rules: [
      { select: "npm:one", publishers: { atLeast: 1, of: ["p"] }, reason: "r" },
      { select: "npm:two", publishers: { atLeast: 2, of: ["p", "q"] }, reason: "r" },
    ],
  });
  const edited = (edits: Parameters<typeof withEdits>[2]): StoreFiles => withEdits(all, "trust.json", edits);
  const plan = { publisher: "p", to: OTHER, from: null, compromised: null, until: null };

  test("the new one has no end, whatever the old one has", async () => {
    const ended = edited(rotate(trustIn(all), { ...plan, until: "2027-01-01T00:00:00Z" }).edits);
    const again = rotate(trustIn(ended), { ...plan, from: OTHER, to: "F".repeat(40) });
    assert.deepEqual(again.edits, [
      {
        op: "append",
        path: ["publishers", "p", "identities"],
        value: { type: "openpgp", fingerprint: "F".repeat(40) },
      },
    ]);
    assert.throws(() => rotate(trustIn(ended), { ...plan, to: "F".repeat(40) }), /has 2 keys/);
    const changes = changesBetween(await storeOf(all), await storeOf(ended), NOW);
    const retired = changes.find(({ direction, says }) => direction === "stronger" && says.includes(V4));
    assert.match(retired?.says ?? "", /2027-01-01/);
    const back = changesBetween(await storeOf(ended), await storeOf(all), NOW);
    assert.ok(back.some(({ direction, says }) => direction === "weaker" && says.includes(V4)));
  });

  test("a stolen one never makes two people of one", async () => {
    const compromised = { since: "2026-08-17T00:00:00Z", reason: "stolen" };
    const done = rotate(trustIn(all), { ...plan, compromised });
    assert.deepEqual([done.keptIn, done.lostIn], [["rules[0]"], ["rules[1]"]]);
    const store = await storeOf(edited(done.edits));
    assert.deepEqual(
      store.rules.map((rule) => rule.publishers?.of),
      [
        ["p", done.oldPublisher],
        ["p", "q"],
      ],
    );
    assert.ok(store.publishers.find(({ name }) => name === done.oldPublisher)?.compromised);
  });

  test("an owner's key has no end: it is taken out", async () => {
    const identity = { type: "openpgp", fingerprint: V4, until: "2027-01-01T00:00:00Z" };
    await assert.rejects(storeOf(files({ owners: { atLeast: 1, identities: [identity] } })), {
      code: "TRUST_MALFORMED",
    });
    const store = await storeOf(files({ publishers: { p: { identities: [identity] } } }));
    assert.deepEqual(store.publishers[0]?.identities[0], { ...key(V4), until: Date.UTC(2027, 0, 1) });
    const odd = { ...identity, until: "2027-01-01" };
    await assert.rejects(storeOf(files({ publishers: { p: { identities: [odd] } } })), { code: "TRUST_MALFORMED" });
  });
});
