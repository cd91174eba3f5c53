/** What a transcript shows of a run: everything but what must differ from one run to the next. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { Transcript } from "../../registry-fixtures/transcript.js";

const digest = (text: string, encoding: "hex" | "base64") => createHash("sha512").update(text).digest(encoding);
const ran = (stdout: string, stderr = "", status: number | null = 0) => ({ stdout, stderr, status });

function told(stdout: string): string {
  const transcript = new Transcript([["/tmp/x1/project", "/work/project"]]);
  transcript.add("secure-install ci", ran(stdout));
  return transcript.text;
}

test("a command line, what it printed where, and its exit status", () => {
  const transcript = new Transcript([]);
  transcript.add("secure-install gate", ran("PASSED\n", "", 0));
  transcript.add("secure-install ci", ran("", "no newline", 65));
  assert.equal(
    transcript.text,
    "$ secure-install gate\n[stdout]\nPASSED\n[exit status 0]\n\n" +
      "$ secure-install ci\n[stderr]\nno newline\n[no line break at the end]\n[exit status 65]\n",
  );
});

test("digests are numbered: one digest has one number, in base64 as in hex, and another has another", () => {
  const [one, other] = ["one", "other"];
  const text = `sha512-${digest(one, "base64")} sha512:${digest(one, "hex")} sha512-${digest(other, "base64")}\n`;
  assert.match(told(text), /^sha512-\{digest 1\} sha512:\{digest 1\} sha512-\{digest 2\}$/m);
});

test("a digest that is cut short is shown as it came", () => {
  assert.match(told("sha512-AAAA\n"), /^sha512-AAAA$/m);
});

test("folders, ports, times, durations and versions are replaced; figures that say something are not", () => {
  const lines = [
    "/tmp/x1/project/package.json:1:2",
    "https://localhost:40123/",
    "2026-11-21T20:53:31.000Z",
    "added 3 packages in 265ms",
    "npm 11.19.1",
    "Blobs       3  1.2 kB",
    "Size        3.8 kB of 5 GB, under 1%",
    "Removed 0 files, 0 B; 3.8 kB left of a budget of 5 GB.",
    "3 packages: 3 signed by the registry",
    "left-padder@1.1.1",
  ];
  const shown = [
    "/work/project/package.json:1:2",
    "https://localhost:{port}/",
    "{time 1}",
    "added 3 packages in {time}",
    "npm {version}",
    "Blobs       3  {size}",
    "Size        {size} of 5 GB, under 1%",
    "Removed 0 files, 0 B; {size} left of a budget of 5 GB.",
    "3 packages: 3 signed by the registry",
    "left-padder@1.1.1",
  ];
  const [, , ...rest] = told(`${lines.join("\n")}\n`)
    .trimEnd()
    .split("\n");
  assert.deepEqual(rest.slice(0, -1), shown);
});
