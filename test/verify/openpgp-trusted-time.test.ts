/** Keys that have ended since: what was seen in their life still counts, and what others merely say is told as such. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Outcome } from "../../src/model/evidence.js";
import { verifyOpenPgp } from "../../src/verify/openpgp.js";
import { ago, BYTES, certificateOf, fingerprintOf, makeKey, NOW, sign } from "./openpgp-workshop.js";

const key = await makeKey({ lifeDays: 60 });
const ANOTHER = "0".repeat(40);

/** The outcome of a signature of fifty days ago, by a key that ended ten days later, seen so many days ago. */
async function outcome(
  seenDaysAgo: number | null,
  { by = fingerprintOf(key), created = ago(50) } = {},
): Promise<Outcome> {
  const seen = new Map(seenDaysAgo === null ? [] : [[by, ago(seenDaysAgo).getTime()]]);
  const certificates = new Map([[fingerprintOf(key), certificateOf(key)]]);
  const signature = await sign(key, { created });
  return verifyOpenPgp({ bytes: BYTES, signature, certificates, now: NOW, publishedAt: null, seen });
}

test("seen while the key lived: verified, and its time is proven", async () => {
  const seen = await outcome(45);
  assert.equal(seen.outcome, "verified");
  assert.doesNotMatch(JSON.stringify(seen), /unproven/);
});

for (const [what, given] of [
  ["seen only after its end", await outcome(39)],
  ["never seen", await outcome(null)],
  ["another certificate's signature was seen", await outcome(45, { by: ANOTHER })],
  ["signed after its end, whatever is said to have been seen", await outcome(45, { created: ago(30) })],
] as const) {
  test(`${what}: KEY_EXPIRED`, () => assert.ok(given.outcome === "invalid" && given.code === "KEY_EXPIRED"));
}

test("where only the registry tells the time, the outcome says that it is unproven", async () => {
  const certificates = new Map([[fingerprintOf(key), certificateOf(key)]]);
  const given = { bytes: BYTES, signature: await sign(key), certificates, now: NOW, publishedAt: ago(49).getTime() };
  const told = await verifyOpenPgp(given);
  assert.ok(told.outcome === "verified");
  assert.match(
    told.notes?.[0] ?? "",
    /^time unproven: the key ended on .*, and only the registry says that this was published before$/,
  );
});
