/** Each kind of change, and the word for it. */
import assert from "node:assert/strict";
import test from "node:test";
import type { TrustStore } from "../../src/model/policy.js";
import { parseSelector, type Selector } from "../../src/model/selector.js";
import { BUILTIN } from "../../src/trust/builtin.js";
import { type Change, changesBetween } from "../../src/trust/changes.js";
import { fileChanges } from "../../src/trust/changes-files.js";
import { contains, mayMeet } from "../../src/trust/containment.js";
import { builtinStore, readStore } from "../../src/trust/store.js";
import { author, base, between, type Edit, exception, rule, TABLE } from "./changes-cases.js";
import {
  bytes,
  type Loose,
  NOW,
  readByFirstLine,
  SHA512,
  sampleDenials,
  sampleExceptions,
  storeOf,
  V4,
} from "./samples.js";

for (const [name, [edit, ...expected]] of Object.entries(TABLE)) {
  test(`told: ${name}`, async () => {
    const first: Edit = name.startsWith("a rule that ended") ? rule(2, { expires: "2026-01-01T00:00:00Z" }) : () => {};
    const told = await between(edit, first);
    assert.deepEqual(
      told.map(({ direction, place }) => [direction, place]),
      expected.map(([direction, place]) => [direction, place]),
      JSON.stringify(told, null, 1),
    );
    expected.forEach(([, , says], index) => {
      assert.match(told[index]?.says ?? "", says);
    });
  });
}

test("a key that is no longer retired is weaker", async () => {
  const retired = (until: string | undefined): Edit =>
    author({ identities: [{ type: "openpgp", fingerprint: V4, ...(until === undefined ? {} : { until }) }] });
  for (const until of [undefined, "2026-08-01T00:00:00Z"]) {
    const [change] = await between(retired(until), retired("2026-06-01T00:00:00Z"));
    assert.deepEqual([change?.direction, change?.place], ["weaker", "publishers.lib-author"]);
  }
});

test("a compromised publisher can't be dropped in silence: what they signed beside another was refused", async () => {
  const both = rule(2, { publishers: { atLeast: 1, of: ["former-author", "lib-author"] } });
  const [change] = await between(rule(2, { publishers: { atLeast: 1, of: ["lib-author"] } }), both);
  assert.deepEqual([change?.direction, change?.place], ["weaker", "rules[2]"]);
});

test("what an exception would then waive as a whole is weaker: a publisher's other kind of proof", async () => {
  const build = { type: "built-by", issuer: "https://issuer.example", repository: "https://x.example/lib" };
  const key = { type: "openpgp", fingerprint: V4 };
  const waived = exception({ select: "npm:@acme/lib@2.0.0", waive: ["provenance"] });
  const both: Edit = (parts) => {
    author({ identities: [build, key] })(parts);
    waived(parts);
  };
  const [lost] = await between(author({ identities: [build] }), both);
  assert.deepEqual([lost?.direction, lost?.place], ["weaker", "publishers.lib-author"]);
  const [dropped] = await between(rule(0, { publishers: { atLeast: 1, of: ["acme-ci"] } }), both);
  assert.deepEqual([dropped?.direction, dropped?.place], ["weaker", "rules[0]"]);
  // Where nothing is waived, fewer who can sign are stronger.
  const [without] = await between(author({ identities: [build] }), author({ identities: [build, key] }));
  assert.equal(without?.direction, "stronger");
});

test("a registry that goes leaves its address to whoever has the one above it, or to a pinned source", async () => {
  const below: Edit = ({ trust }) => {
    trust.registries.below = { url: "https://npm.acme.dev/private/" };
  };
  const gone: Edit = ({ trust }) => {
    delete trust.registries.below;
  };
  const [heir] = await between(gone, below);
  assert.deepEqual([heir?.direction, heir?.place], ["weaker", "registries.below"]);
  assert.match(heir?.says ?? "", /counts as of acme/);
  const pinned: Edit = ({ trust }) => {
    trust.registries.below = { url: "https://files.example/" };
    trust.sources[0].from = "https://files.example/tool.tgz";
  };
  const [pin] = await between(gone, pinned);
  assert.deepEqual([pin?.direction, pin?.place], ["weaker", "registries.below"]);
});

test("older keys and roots than those that were brought are weaker", async () => {
  const store = await storeOf({ format: 1 });
  const [newer, older] = [
    { ...store, renewed: NOW },
    { ...store, renewed: NOW - 1 },
  ];
  assert.deepEqual(changesBetween(older, newer, NOW), []);
  assert.equal(changesBetween(newer, older, NOW)[0]?.direction, "weaker");
  assert.equal(changesBetween(newer, store, NOW)[0]?.direction, "weaker");
});

test("what is removed is told in the opposite direction, or as weaker as well", async () => {
  const before = await storeOf({ format: 1 });
  const after = await storeOf(base(), sampleExceptions(), sampleDenials());
  const there = changesBetween(before, after, NOW);
  const back = changesBetween(after, before, NOW);
  assert.ok(there.some(({ direction }) => direction === "stronger"));
  for (const place of ["rules[0]", "rules[1]", "rules[2]", "deny[0]", "owners"]) {
    assert.ok(
      back.some((change) => change.direction === "weaker" && change.place === place),
      place,
    );
  }
});

test("a naming of somebody whose signature was asked for already is weaker, although the rule only adds", async () => {
  const asked: Edit = ({ trust }) =>
    void trust.rules.push({ select: "npm:signed", require: ["openpgp-signature"], reason: "signed by somebody" });
  const told = await between(({ trust }) => {
    trust.rules.push({ select: "npm:signed", publishers: { atLeast: 1, of: ["lib-author"] }, reason: "by them" });
  }, asked);
  assert.deepEqual(
    told.map(({ direction }) => direction),
    ["weaker", "stronger"],
  );
  assert.match(told[0]?.says ?? "", /lib-author can now satisfy the openpgp-signature that is asked of npm:signed/);
});

test("a store that is gone is weaker, whatever it said; the first one is told as such", async () => {
  const store = await storeOf({ format: 1 });
  const [gone] = changesBetween(store, builtinStore(), NOW);
  assert.deepEqual([gone?.direction, gone?.place], ["weaker", ".secure-install"]);
  const [first] = changesBetween(builtinStore(), store, NOW);
  assert.deepEqual([first?.direction, first?.place], ["other", ".secure-install"]);
});

const withFiles = async (files: Readonly<Record<string, string>>): Promise<TrustStore> =>
  readStore(
    new Map(Object.entries(files).map(([name, text]) => [name, bytes(text)])),
    { directory: "/p", now: NOW },
    readByFirstLine,
  );

test("a certificate: an added revocation is stronger, another armor is nothing, all else is weaker", async () => {
  const file = `keys/${V4}.asc`;
  const of = (text: string) => withFiles({ [file]: `${V4}\n${text}` });
  const split = (content: Uint8Array) =>
    Buffer.from(content)
      .toString()
      .split("\n")
      .slice(1)
      .filter((line) => line !== "" && !line.startsWith("Comment"))
      .map((line) => ({ id: line, revokes: line.startsWith("revocation") }));
  const table: readonly [string, string, Change["direction"]][] = [
    ["key\nuid\nsub", "key\nrevocation\nuid\nsub", "stronger"],
    ["key\nuid\nsub", "key\nuid\nsub\nbinding", "weaker"],
    ["key\nuid\nsub", "key\nuid", "weaker"],
    ["key\nrevocation\nuid", "key\nuid", "weaker"],
    ["key\nuid\nsub", "key\nsub\nuid", "weaker"],
    ["key\nuid", "Comment: x\nkey\nuid", "other"],
  ];
  const [unix, windows] = [await of("key\nuid\n"), await of("key\r\nuid\r\n")];
  assert.deepEqual(changesBetween(unix, windows, NOW, split), [], "as a clone on Windows writes it");
  for (const [before, after, expected] of table) {
    const told = changesBetween(await of(before), await of(after), NOW, split);
    assert.deepEqual(
      told.map(({ direction, place }) => [direction, place]),
      [[expected, file]],
      `${before} to ${after}`,
    );
    // Whoever can't look into certificates takes every change for the worst.
    assert.equal(changesBetween(await of(before), await of(after), NOW)[0]?.direction, "weaker");
  }
  const [none, one] = [await withFiles({}), await of("key")];
  assert.equal(changesBetween(none, one, NOW)[0]?.direction, "other");
  assert.equal(changesBetween(one, none, NOW)[0]?.direction, "weaker");
});

const seen = (version: string, change: Loose = {}): string =>
  JSON.stringify({
    package: `npm:lib@${version}`,
    digest: SHA512,
    registry: "npmjs",
    evidence: ["registry-signature"],
    signers: ["registry-key npmjs SHA256:k"],
    publisher: { name: "anna", trusted: false },
    source: null,
    published: null,
    seen: "2026-01-01T00:00:00.000Z",
    reviewed: false,
    ...change,
  });
const observed = (...lines: readonly string[]) =>
  withFiles({ "observed.lock": lines.map((line) => `${line}\n`).join("") });

test("observations: appended means nothing; edited, removed, reviewed or contradicting is weaker", async () => {
  const digest = `sha512-${Buffer.alloc(64, 9).toString("base64")}`;
  const table: readonly [string, readonly string[], RegExp | null][] = [
    ["appended", [seen("1.0.0"), seen("1.1.0")], null],
    ["in another order", [seen("1.1.0"), seen("1.0.0")], null],
    ["seen again on another branch", [seen("1.0.0"), seen("1.0.0", { seen: "2026-02-01T00:00:00.000Z" })], null],
    ["removed", [], /gone or was edited: npm:lib@1.0.0/],
    ["another publisher", [seen("1.0.0", { publisher: { name: "eve", trusted: false } })], /gone or was edited/],
    ["called reviewed", [seen("1.0.0", { reviewed: true })], /gone or was edited/],
    ["appended as reviewed", [seen("1.0.0"), seen("1.1.0", { reviewed: true })], /reviewed .*: npm:lib@1.1.0/],
    ["another digest beside it", [seen("1.0.0"), seen("1.0.0", { digest })], /contradicts .*: npm:lib@1.0.0/],
    ["no signature beside it", [seen("1.0.0"), seen("1.0.0", { evidence: [], signers: [] })], /contradicts/],
  ];
  for (const [name, lines, expected] of table) {
    const told = changesBetween(await observed(seen("1.0.0")), await observed(...lines), NOW);
    if (expected === null) assert.deepEqual(told, [], name);
    else {
      assert.equal(told[0]?.direction, "weaker", name);
      assert.match(told[0]?.says ?? "", expected, name);
    }
  }
});

test("observations that no run writes down: what drifts, and what would make somebody a known hand", async () => {
  const eve = { publisher: { name: "eve", trusted: false } };
  const old = "2020-01-01T00:00:00.000Z";
  const bare = { evidence: [], signers: [] };
  const later = "2026-02-01T00:00:00.000Z";
  const table: readonly [string, readonly string[], boolean][] = [
    ["the next version, by the same hands", [seen("1.1.0")], false],
    ["the next version by another, who would be held against themselves", [seen("1.1.0", eve)], true],
    ["the next version without its signature", [seen("1.1.0", bare)], true],
    [
      "an older version by another, as the registry's past has it",
      [seen("0.9.0", { ...eve, published: old, seen: later })],
      false,
    ],
    ["the same, said to have been seen with the first", [seen("0.9.0", { ...eve, published: old })], true],
    ["an older version of which nothing says when", [seen("0.9.0", { ...eve, seen: later })], true],
    ["another package, whoever published it", [seen("1.1.0", eve).replace("npm:lib@", "npm:other@")], false],
  ];
  for (const [name, lines, expected] of table) {
    const told = changesBetween(await observed(seen("1.0.0")), await observed(seen("1.0.0"), ...lines), NOW);
    assert.deepEqual(
      told.map(({ direction, says }) => `${direction} ${/no run writes that down: npm:lib@/.test(says)}`),
      expected ? ["weaker true"] : [],
      name,
    );
  }
  // What a person is said to have reviewed is told as that; what follows it is like it.
  const accepted = [seen("1.0.0"), seen("1.1.0", { ...eve, reviewed: true }), seen("1.2.0", eve)];
  const told = changesBetween(await observed(seen("1.0.0")), await observed(...accepted), NOW);
  assert.deepEqual(
    told.map(({ says }) => /reviewed/.test(says)),
    [true],
  );
});

test("an observation of a known version that has more to show contradicts nothing", async () => {
  const more = { evidence: ["registry-signature", "openpgp-signature"] };
  const [npm, own] = ["registry-key npmjs SHA256:k", `openpgp ${V4}`];
  const today = "2026-11-20T00:00:00.000Z";
  const table: readonly [string, Loose, boolean][] = [
    ["a signature since a rule asks for one", { ...more, signers: [own, npm], seen: today }, false],
    [
      "the same, and by another key of the registry",
      { ...more, signers: [own, "registry-key npmjs SHA256:x"], seen: today },
      true,
    ],
    ["the same, and by another publisher", { ...more, signers: [own, npm], publisher: null, seen: today }, true],
  ];
  for (const [name, change, expected] of table) {
    const told = changesBetween(
      await observed(seen("1.0.0")),
      await observed(seen("1.0.0"), seen("1.0.0", change)),
      NOW,
    );
    assert.deepEqual(
      told.map(({ says }) => /contradicts/.test(says)),
      expected ? [true] : [],
      name,
    );
  }
});

test("an observation that is dated back lends no time to a retired or stolen key in silence", async () => {
  const old = BUILTIN[0]?.keys[0]?.keyid;
  const by = (signer: string, date: string) => seen("1.1.0", { signers: [signer], seen: `${date}T00:00:00.000Z` });
  const table: readonly [string, string, boolean][] = [
    ["npm's old key, seen in its time", by(`registry-key npmjs ${old}`, "2024-06-01"), true],
    ["npm's old key, seen today", by(`registry-key npmjs ${old}`, "2026-11-20"), false],
    ["npm's current key", by(`registry-key npmjs ${BUILTIN[0]?.keys[1]?.keyid}`, "2025-06-01"), false],
    ["a certificate, seen long ago", by(`openpgp ${V4}`, "2026-06-01"), true],
    ["a certificate, seen in a branch last week", by(`openpgp ${V4}`, "2026-11-14"), false],
  ];
  for (const [name, line, expected] of table) {
    const told = changesBetween(await observed(seen("1.0.0")), await observed(seen("1.0.0"), line), NOW);
    assert.deepEqual(
      told.map(({ direction }) => direction),
      expected ? ["weaker"] : [],
      name,
    );
    if (expected) assert.match(told[0]?.says ?? "", /before its signer's time was over: npm:lib@1.1.0/);
  }
});

test("an observation lends no time to a key that is known as stolen since, however lately it was seen", async () => {
  const stolen = (day: string): string => {
    const identities = [{ type: "openpgp", fingerprint: V4 }];
    const author = { identities, status: "compromised", since: `2026-11-${day}T00:00:00Z`, reason: "stolen" };
    return JSON.stringify({ format: 1, publishers: { author } });
  };
  const line = seen("1.1.0", { signers: [`openpgp ${V4}`], seen: "2026-11-14T00:00:00.000Z" });
  for (const [day, expected] of [
    ["18", 1],
    ["12", 0],
  ] as const) {
    const store = (...lines: readonly string[]) =>
      withFiles({
        "trust.json": stolen(day),
        [`keys/${V4}.asc`]: V4,
        "observed.lock": lines.map((item) => `${item}\n`).join(""),
      });
    const [without, before, after] = [
      await observed(seen("1.0.0"), line),
      await store(seen("1.0.0")),
      await store(seen("1.0.0"), line),
    ];
    assert.equal(changesBetween(before, after, NOW).length, expected, day);
    // Nor where the change forgets that it was stolen.
    const forgetful = changesBetween(before, without, NOW).filter(({ place }) => place === "observed.lock");
    assert.equal(forgetful.length, expected, day);
  }
});

test("roots and signatures are told as other; white space means nothing", async () => {
  const [before, after] = [
    await withFiles({ "trust.json": '{"format":1}', "signatures/anna.asc": "x" }),
    await withFiles({ "trust.json": '{ "format": 1 }\n', "signatures/bob.sig": "x" }),
  ];
  const places = changesBetween(before, after, NOW).map(({ direction, place }) => [direction, place]);
  assert.deepEqual(places, [
    ["other", "signatures/anna.asc"],
    ["other", "signatures/bob.sig"],
  ]);
  const [old, now] = ["a", "b"].map(
    (digest) =>
      new Map([
        ["roots/keys.json", digest],
        ["deny.json", digest],
      ]),
  );
  assert.ok(old && now);
  assert.deepEqual(
    fileChanges(old, now).map(({ place, says }) => [place, /changed/.test(says)]),
    [["roots/keys.json", true]],
  );
});

test("a store as large as it may be is held against an ordinary one in bounded time", async () => {
  const many = (count: number, of: (index: number) => Loose): Loose[] =>
    Array.from({ length: count }, (_, index) => of(index));
  const large = base();
  large.rules.push(
    ...many(10_000, (index) => ({ select: `npm:lib@>=1.0.${index}`, require: ["manifest"], reason: "r" })),
  );
  large.scripts = many(3_000, (index) => ({ allow: `npm:script-${index}`, reason: "r" }));
  large.sources = many(3_000, (index) => ({ allow: "npm:tool", from: `https://x.example/${index}.tgz`, reason: "r" }));
  const deny = { format: 1, deny: many(10_000, (index) => ({ select: `npm:evil-${index}`, reason: "r" })) };
  const [before, after] = [await storeOf(base()), await storeOf(large, undefined, deny)];
  const start = performance.now();
  for (const told of [changesBetween(before, after, NOW), changesBetween(after, before, NOW)]) {
    assert.ok(told.some(({ direction }) => direction === "weaker"));
  }
  assert.ok(performance.now() - start < 10_000);
});

test("weaker comes first, then stronger, then the rest", async () => {
  const told = await between(({ trust, deny }) => {
    trust.rules[1].reason = "other";
    trust.rules[1].require.push("archive");
    trust.rules[2].reason = "other";
    deny.deny.pop();
    deny.deny.push({ select: "npm:evil", reason: "x" });
  });
  assert.deepEqual(
    told.map(({ direction }) => direction),
    ["weaker", "stronger", "stronger", "other"],
  );
});

test("selectors contain one another only where that can be shown", () => {
  const of = (text: string): Selector => {
    const parsed = parseSelector(text);
    assert.ok(parsed.ok);
    return parsed.selector;
  };
  const table: readonly [string, string, contained: boolean, meeting: boolean][] = [
    ["npm:*", "npm:@acme/*", true, true],
    ["npm:@acme/*", "npm:*", false, true],
    ["npm:@acme/*", "npm:@acme/lib", true, true],
    ["npm:@acme/*", "npm:@acme-evil/lib", false, false],
    ["npm:@acme/*", "npm:@acme-evil/*", false, false],
    ["npm:lib", "npm:lib-evil", false, false],
    ["npm:lib", "pypi:lib", false, false],
    ["npm:lib", "npm:lib@1.x", true, true],
    ["npm:lib@1.x", "npm:lib", false, true],
    ["npm:lib@>=1.0.0", "npm:lib@^1.2.0", true, true],
    ["npm:lib@>=1.0.0", "npm:lib@1.0.0-rc.1", false, false],
    ["npm:lib@1.x", "npm:lib@1.0.0-rc.1", true, true],
    ["npm:lib@<2.0.0", "npm:lib@>=2.0.0", false, false],
    ["npm:lib@<2.0.0", "npm:lib@2.0.0-rc.1", true, true],
    ["pypi:lib@>=1", "pypi:lib@>=1", true, true],
    ["pypi:lib@>=1", "pypi:lib@>=2", false, true],
  ];
  for (const [outer, inner, contained, meeting] of table) {
    assert.equal(contains(of(outer), of(inner)), contained, `${outer} contains ${inner}`);
    assert.equal(mayMeet(of(outer), of(inner)), meeting, `${outer} meets ${inner}`);
  }
});
