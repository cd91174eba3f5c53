import assert from "node:assert/strict";
import test from "node:test";
import type { TrustStore } from "../../src/model/policy.js";
import { listLines, listTrust } from "../../src/trust/list.js";
import { homeOf, requirementsFor } from "../../src/trust/lookup.js";
import { showLines, showPackage } from "../../src/trust/show.js";
import { builtinStore } from "../../src/trust/store.js";
import { summarize, summaryLines, weakenings } from "../../src/trust/summary.js";
import { NOW, sample, sampleDenials, sampleExceptions, storeOf, V4, V6 } from "./samples.js";

const asIs = (text: string): string => text;
const whole = (): Promise<TrustStore> => storeOf(sample(), sampleExceptions(), sampleDenials());
const npm = (name: string, version: string | null) => ({ ecosystem: "npm", name, version }) as const;

/** Store whose every free text carries what a terminal would obey, and an escape function that marks it. */
const EVIL = "\u001b[2J\u202e";
async function hostile(): Promise<TrustStore> {
  const trust = sample();
  for (const entry of [...trust.rules, ...trust.scripts, ...trust.sources, ...trust.sdists])
    entry.reason = `${EVIL}why`;
  trust.publishers["former-author"].reason = EVIL;
  trust.publishers["acme-ci"].identities[0].workflow = `${EVIL.replace("\u001b", "\u009b")}x`;
  const exceptions = sampleExceptions();
  exceptions.exceptions[0].reason = EVIL;
  const deny = sampleDenials();
  deny.deny[0].reason = EVIL;
  return storeOf(trust, exceptions, deny);
}
const escaped = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, "?");

test("trust list shows every section of the store, in columns", async () => {
  const lines = listLines(listTrust(await whole(), NOW), asIs);
  const text = lines.join("\n");
  for (const title of [
    "Registries",
    "Publishers",
    "Rules",
    "Exceptions",
    "Denied",
    "Install scripts",
    "Sources",
    "Owners: 1",
  ]) {
    assert.ok(
      lines.some((line) => line.startsWith(title)),
      title,
    );
  }
  assert.match(text, /acme {3}https:\/\/npm\.acme\.dev\/ {8}npm {3}home of @acme\/\* {2}requires integrity/);
  assert.match(text, /serves npmjs; signatures from npmjs/);
  assert.match(
    text,
    /npm:@acme\/\*@>=2\.0\.0 except npm:@acme\/legacy {2}provenance; 1 of lib-author, acme-ci {2}until 2027-12-31/,
  );
  assert.match(text, /waives registry-signature {2}until 2027-02-01 {2}published before signatures/);
  assert.match(text, /former-author {2}openpgp [0-9A-F]{64} .*COMPROMISED since 2026-08-17T00:00:00\.000Z: the laptop/);
});

test("without a store the list says so, and shows the built-in registries", () => {
  const lines = listLines(listTrust(builtinStore(), NOW), asIs);
  assert.match(lines[0] ?? "", /built-in floor applies/);
  assert.match(lines.join("\n"), /npmjs .*requires integrity, registry-signature/);
});

test("what is listed, shown and summarized survives JSON", async () => {
  const store = await whole();
  for (const value of [
    listTrust(store, NOW),
    showPackage(store, npm("@acme/lib", "2.1.0"), NOW),
    summarize(store, NOW),
  ]) {
    assert.deepEqual(JSON.parse(JSON.stringify(value)), value);
  }
});

test("trust show tells the whole chain of why a package is trusted", async () => {
  const store = await whole();
  const shown = showPackage(store, npm("@acme/lib", "2.1.0"), NOW);
  assert.equal(shown.home.id, "acme");
  assert.deepEqual(shown.mustShow, [
    { kind: "integrity", by: ["registries.acme"] },
    { kind: "provenance", by: ["rules[0]"] },
  ]);
  assert.deepEqual(
    shown.publishers.map(({ name }) => name),
    ["lib-author", "acme-ci"],
  );
  const text = showLines(shown, asIs).join("\n");
  assert.match(text, /^npm:@acme\/lib@2\.1\.0/);
  assert.match(text, new RegExp(`lib-author {2}openpgp ${V4}`));
  assert.match(text, /built by https:\/\/github\.com\/acme\/lib, \.github\/workflows\/release\.yml, refs\/tags\/\*/);
  assert.match(text, /rules\[0\].*applies.*we publish these ourselves/);
  assert.match(text, /install scripts are not allowed/);
});

test("trust show asks for exactly what the policy asks for", async () => {
  const store = await whole();
  for (const [name, version] of [
    ["@acme/lib", "2.1.0"],
    ["@acme/lib", "1.0.0"],
    ["@acme/legacy", "1.0.0"],
    ["left-pad", "1.3.0"],
    ["event-stream", "3.3.6"],
  ] as const) {
    const shown = showPackage(store, npm(name, version), NOW);
    const asked = requirementsFor(store, { ecosystem: "npm", name, version }, homeOf(store, "npm", name), NOW);
    assert.deepEqual(
      Object.fromEntries(shown.mustShow.map(({ kind, by }) => [kind, by])),
      Object.fromEntries(asked.kinds),
    );
    assert.equal(shown.uncovered, asked.uncovered.length > 0, `${name}@${version}`);
    assert.equal(shown.denials[0]?.id ?? null, asked.denial?.id ?? null);
    assert.deepEqual(
      shown.exceptions.map(({ id }) => id),
      asked.exceptions.map(({ id }) => id),
    );
  }
});

test("trust show says that a version is uncovered, that a mirror may serve it, and what depends on the version", async () => {
  const trust = sample();
  delete trust.registries.other;
  const store = await storeOf(trust);
  assert.match(showLines(showPackage(store, npm("@acme/lib", "1.0.0"), NOW), asIs).join("\n"), /POLICY_UNCOVERED/);
  assert.deepEqual(showPackage(store, npm("left-pad", null), NOW).servedBy, ["npmjs", "acme"]);
  const shown = showPackage(store, npm("@acme/lib", null), NOW);
  assert.deepEqual([shown.uncovered, shown.rules[0]?.covers], [false, "some"]);
  assert.deepEqual(
    shown.mustShow.map(({ kind }) => kind),
    ["integrity"],
  );
});

test("trust check tells what is weak, what ends, what is unused and what nothing can satisfy", async () => {
  const trust = sample();
  trust.registries.npmjs.require = ["integrity"];
  trust.registries.idle = { url: "https://idle.example/" };
  trust.registries.keyless = { url: "https://keyless.example/", home: ["x"], require: ["registry-signature"] };
  trust.rules[0].publishers.of = ["lib-author"];
  trust.rules[0].expires = "2026-12-01T00:00:00Z";
  const exceptions = sampleExceptions();
  exceptions.exceptions.push({ ...exceptions.exceptions[0], expires: "2026-11-01T00:00:00Z" });
  const store = await storeOf(trust, exceptions);
  const places = (remarks: readonly { place: string }[]): string[] => remarks.map(({ place }) => place);
  const summary = summarize(store, NOW);
  assert.deepEqual(places(summary.weak), ["registries.npmjs", "registries.keyless", "exceptions[0]"]);
  assert.deepEqual(places(weakenings(store, NOW)), places(summary.weak));
  assert.deepEqual(places(summary.endsSoon), ["rules[0]"]);
  assert.deepEqual(places(summary.ended), ["exceptions[1]"]);
  assert.deepEqual(places(summary.unmeetable), ["registries.keyless"]);
  assert.deepEqual(places(summary.unused), ["publishers.acme-ci", "registries.idle"]);
  assert.deepEqual([summary.counts.publishers, summary.counts.certificates], [3, 2]);
  assert.match(
    summaryLines(summary, asIs).join("\n"),
    /Weaker than the built-in floor\n {2}registries\.npmjs +registries\.npmjs asks/,
  );
});

test("a certificate that nobody has is called unused", async () => {
  const store = await storeOf({ format: 1 });
  assert.deepEqual(
    summarize(store, NOW).unused.map(({ place }) => place),
    [V4, V6].sort().map((fingerprint) => `keys/${fingerprint}.asc`),
  );
});

test("nothing from the files reaches a line without having been escaped", async () => {
  const store = await hostile();
  const lines = [
    ...listLines(listTrust(store, NOW), escaped),
    ...["@acme/lib", "left-pad", "event-stream", "esbuild", "internal-tool"].flatMap((name) =>
      showLines(showPackage(store, npm(name, null), NOW), escaped),
    ),
    ...summaryLines(summarize(store, NOW), escaped),
  ];
  assert.ok(lines.some((line) => line.includes("?[2J?why")));
  for (const line of lines) assert.doesNotMatch(line, /[\p{Cc}\p{Cf}]/u);
});
