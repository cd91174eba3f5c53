/** observed.lock: one spelling for each line, any order, merges without conflict; nothing else is read. */
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { StopError } from "../../src/model/finding.js";
import type { Observation, Observations } from "../../src/model/observation.js";
import { observationLine, observedName, readObservations, withObservations } from "../../src/trust/observed.js";
import { ANNA, DAY, GITHUB, OTHER_HEX, observation, openpgp, SEEN, SOURCE } from "./sights.js";

const FULL = observation("1.0.0", {
  evidence: ["registry-signature", "openpgp-signature", "provenance"],
  signers: [
    openpgp("A".repeat(40), "C".repeat(40)),
    openpgp("B".repeat(64)),
    { type: "registry-key", registry: "npmjs", keyid: "SHA256:k" },
    { type: "sigstore", san: `${SOURCE.repository}/${SOURCE.workflow}@refs/tags/v1`, issuer: SOURCE.issuer },
  ],
  publisher: GITHUB,
  source: { ...SOURCE, ownerId: null },
  reviewed: true,
});
const BARE = observation("1.0.0-rc.1", {
  name: "@acme/lib",
  evidence: [],
  signers: [],
  publisher: null,
  published: null,
});
const ODD = observation("2.0.0", { publisher: { name: '"\\\u2028\u202e\ud800', trusted: false } });
const LINES = [FULL, BARE, ODD].map(observationLine);

const bytesOf = (...lines: readonly string[]): Uint8Array => Buffer.from(lines.map((line) => `${line}\n`).join(""));
const all = (index: Observations): readonly Observation[] => [...index.values()].flat();

/** What is read, or null where it is refused; anything but a StopError that names a line is a crash. */
function readOrStop(content: Uint8Array): Observations | null {
  try {
    return readObservations(content);
  } catch (error) {
    assert.ok(error instanceof StopError, String(error));
    assert.equal(error.code, "TRUST_MALFORMED");
    assert.match(error.at ?? "", /^observed\.lock(:[1-9]\d*:1)?$/);
    return null;
  }
}

function refused(content: Uint8Array | string, says: RegExp): StopError {
  try {
    readObservations(Buffer.from(content));
  } catch (error) {
    assert.ok(error instanceof StopError, String(error));
    assert.match(error.message, says);
    return error;
  }
  return assert.fail("it was read");
}

test("what was written is read again, by name", () => {
  const index = readObservations(bytesOf(...LINES));
  assert.deepEqual([...index.keys()], ["npm:lib", "npm:@acme/lib"]);
  assert.deepEqual(all(index).map(observationLine), [LINES[0], LINES[2], LINES[1]]);
  assert.deepEqual(index.get(observedName(BARE)), [BARE]);
  assert.equal(readObservations(new Uint8Array()).size, 0);
});

test("every prefix is refused, or holds whole lines and nothing else", () => {
  const whole = Buffer.from(bytesOf(...LINES));
  for (let end = 0; end < whole.length; end++) {
    const read = readOrStop(whole.subarray(0, end));
    const complete = whole
      .subarray(0, end)
      .toString("utf8")
      .split("\n")
      .filter((line) => LINES.includes(line));
    if (read !== null) assert.deepEqual(all(read).map(observationLine).sort(), complete.sort());
  }
});

test("every flipped byte is refused, or is an observation that says what the line says", () => {
  for (const line of LINES) {
    const whole = Buffer.from(`${line}\n`);
    for (let at = 0; at < whole.length; at++) {
      for (const bit of [1, 32, 128]) {
        const flipped = Buffer.from(whole);
        flipped[at] = (flipped[at] ?? 0) ^ bit;
        const read = readOrStop(flipped);
        if (read !== null) assert.equal(bytesOf(...all(read).map(observationLine)).toString(), flipped.toString());
      }
    }
  }
});

test("generated text is refused or read, and never more than that", () => {
  const pieces = fc.constantFrom(...LINES, "", "{}", "[]", "null", "\r", "\n", '{"__proto__":{}}', "<<<<<<< ours");
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.array(pieces).map((some) => some.join("\n")),
      ),
      (text) => {
        readOrStop(Buffer.from(text));
      },
    ),
  );
});

test("a conflict's marks are named as such, with what to do", () => {
  for (const mark of ["<<<<<<< HEAD", "=======", ">>>>>>> theirs", "||||||| base"]) {
    const error = refused(bytesOf(LINES[0] ?? "", mark, LINES[1] ?? ""), /marks a conflict of a merge/);
    assert.equal(error.at, "observed.lock:2:1");
    assert.match(error.help, /^Keep the lines of both sides/);
  }
});

const [line = ""] = LINES;
const otherwise: Readonly<Record<string, string>> = {
  "a key twice": line.replace('"reviewed":true', '"reviewed":false,"reviewed":true'),
  "a key twice, the last one as it was": line.replace('{"package":', '{"package":"npm:evil@1.0.0","package":'),
  "an unknown key": line.replace('"reviewed":true', '"reviewed":true,"note":"x"'),
  "a key that is missing": line.replace(',"reviewed":true', ""),
  "another order": line.replace(/"seen":("[^"]+"),"reviewed":true/, '"reviewed":true,"seen":$1'),
  "white space": line.replace('"reviewed":true', '"reviewed": true'),
  "an empty line": "",
  "a comment": `// ${line}`,
  "an escape that needs none": line.replace("npmjs", "npmj\\u0073"),
  "a kind that lasts not": line.replace('"provenance"', '"integrity"'),
  "kinds out of order": line.replace(
    '"registry-signature","openpgp-signature"',
    '"openpgp-signature","registry-signature"',
  ),
  "a kind twice": line.replace('"provenance"', '"provenance","provenance"'),
  "another way to write the time": line.replace(/"seen":"[^"]+"/, '"seen":"2026-01-02"'),
  "a time that cannot be": line.replace(/"seen":"[^"]+"/, '"seen":"2026-02-31T00:00:00.000Z"'),
  "two digests": line.replace(/"digest":"([^"]+)"/, '"digest":"$1 $1"'),
  "a weaker digest": line.replace(/"digest":"[^"]+"/, `"digest":"sha256-${Buffer.alloc(32).toString("base64")}"`),
  "a name that no registry can hold": line.replace("npm:lib@", "npm:../lib@"),
  "a version that is a range": line.replace("@1.0.0", "@^1.0.0"),
  "an ecosystem that is none": line.replace("npm:lib", "gem:lib"),
};
for (const [what, text] of Object.entries(otherwise)) {
  test(`a line with ${what} is refused`, () => {
    assert.notEqual(text, line);
    const error = refused(bytesOf(line, text, LINES[1] ?? ""), /^This line of observed\.lock /);
    assert.equal(error.at, "observed.lock:2:1");
  });
}

test("bytes that are not UTF-8, a mark of byte order, and endless lines are refused", () => {
  refused(Buffer.from([0x7b, 0xff]), /not UTF-8/);
  refused(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytesOf(line)]), /is not JSON/);
  refused(`"${"x".repeat(20_000)}"`, /longer than 16384 characters/);
  refused("\n".repeat(500_002), /more than 500000 lines/);
});

test("two branches that both added lines merge by keeping both, in any order, also twice", () => {
  const base = withObservations(null, [observation("1.0.0")]);
  const ours = withObservations(Buffer.from(base), [observation("1.1.0"), observation("1.2.0")]);
  const theirs = withObservations(Buffer.from(base), [observation("1.1.0"), observation("0.9.0", { publisher: ANNA })]);
  const merged = [ours, theirs].map((first) => first + (first === ours ? theirs : ours));
  for (const text of merged) {
    const versions = new Set(all(readObservations(Buffer.from(text))).map(({ version }) => version));
    assert.deepEqual([...versions].sort(), ["0.9.0", "1.0.0", "1.1.0", "1.2.0"]);
  }
  const [one, other] = merged.map((text) => withObservations(Buffer.from(text), [observation("3.0.0")]));
  assert.equal(one, other);
  assert.equal(one?.trimEnd().split("\n").length, 5);
});

test("lines are only ever added, sorted; where there is nothing new no byte changes, not even an order", () => {
  const before = Buffer.from(bytesOf(...[...LINES].reverse()));
  assert.equal(withObservations(before, [FULL, BARE]), before.toString());
  assert.equal(withObservations(before, []), before.toString());
  const digest = { algorithm: "sha512", hex: OTHER_HEX } as const;
  const added = [observation("1.0.0", { digest }), observation("1.0.0", { seen: SEEN + DAY }), FULL];
  const lines = withObservations(before, added).trimEnd().split("\n");
  assert.deepEqual(lines, [...LINES, ...added.slice(0, 2).map(observationLine)].sort());
});

test("a checkout that made CRLF of the line's ends is read all the same", () => {
  assert.equal(readObservations(Buffer.from(LINES.map((text) => `${text}\r\n`).join(""))).size, 2);
});
