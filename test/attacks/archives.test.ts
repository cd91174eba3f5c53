/**
 * Archive tricks end to end: each tarball is locked by its digest and properly signed, so that only what is inside
 * speaks against it. The full list of tricks is held against the reader itself in test/conformance/archives.test.ts.
 */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type Hooks, seal } from "../../registry-fixtures/tarball.js";
import { repack, setScene, small } from "./scene.js";
import { codesOf, type ShownReport } from "./shown.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;
const manifest = (name: string): string => JSON.stringify({ name, version: "1.0.0", license: "MIT" });

/** By package: how its tarball is made, and the code of its verdict. */
const TRICKS: Readonly<Record<string, { readonly code: string; readonly hooks: Hooks }>> = {
  "climbs-out": { code: "ARCHIVE_PATH_ESCAPE", hooks: { after: [{ path: "package/../../evil.js", data: "evil" }] } },
  "absolute-path": { code: "ARCHIVE_PATH_ESCAPE", hooks: { after: [{ path: "/tmp/evil.js", data: "evil" }] } },
  "drive-letter": { code: "ARCHIVE_PATH_ESCAPE", hooks: { after: [{ path: "package/C:\\evil.js", data: "evil" }] } },
  "symbolic-link": {
    code: "ARCHIVE_LINK_ESCAPE",
    hooks: { after: [{ path: "package/link", type: "SymbolicLink", linkpath: "../../.." }] },
  },
  "hard-link": {
    code: "ARCHIVE_LINK_ESCAPE",
    hooks: { after: [{ path: "package/link", type: "Link", linkpath: "/etc/passwd" }] },
  },
  "link-inside": {
    code: "ARCHIVE_LINK",
    hooks: { after: [{ path: "package/link", type: "SymbolicLink", linkpath: "index.js" }] },
  },
  "two-manifests": {
    code: "ARCHIVE_DUPLICATE",
    hooks: { after: [{ path: "package/package.json", data: manifest("two-manifests") }] },
  },
  "two-cases": { code: "ARCHIVE_DUPLICATE", hooks: { after: [{ path: "package/INDEX.js", data: "evil" }] } },
  "two-roots": { code: "ARCHIVE_MALFORMED", hooks: { after: [{ path: "other/index.js", data: "evil" }] } },
  device: { code: "ARCHIVE_MALFORMED", hooks: { after: [{ path: "package/null", type: "CharacterDevice" }] } },
  fifo: { code: "ARCHIVE_MALFORMED", hooks: { after: [{ path: "package/pipe", type: "FIFO" }] } },
  setuid: { code: "ARCHIVE_MALFORMED", hooks: { after: [{ path: "package/tool", data: "x", mode: 0o4755 }] } },
  "control-characters": {
    code: "ARCHIVE_MALFORMED",
    hooks: { after: [{ path: "package/\u001b[31mred.js", data: "x" }] },
  },
  "pax-renames": {
    code: "ARCHIVE_DUPLICATE",
    hooks: { after: [{ path: "package/notes.txt", data: "evil", pax: { path: "package/index.js" } }] },
  },
  "wrong-checksum": { code: "ARCHIVE_MALFORMED", hooks: { header: (header) => header.write("9", 0) } },
  "second-member": {
    code: "ARCHIVE_MALFORMED",
    hooks: { secondMember: [{ path: "package/extra.js", data: "evil" }] },
  },
  "trailing-bytes": { code: "ARCHIVE_MALFORMED", hooks: { trailing: Buffer.from("something behind the end") } },
  "cut-in-half": { code: "ARCHIVE_MALFORMED", hooks: { truncateTo: 150 } },
  "size-lies": {
    code: "ARCHIVE_TOO_LARGE",
    hooks: {
      header: (header) => {
        header.write("77777777777\0", 124, "latin1");
        seal(header);
      },
    },
  },
};

let report: ShownReport;
before(async () => {
  for (const name of [...Object.keys(TRICKS), "honest"]) simulator.publish(small(name));
  const wanted = [...Object.keys(TRICKS), "honest"].map((name) => [name, "1.0.0"] as const);
  const project = await scene.forged(Object.fromEntries(wanted), ({ packages }) => {
    for (const [name, { hooks }] of Object.entries(TRICKS)) repack(simulator, packages, name, hooks);
  });
  report = await scene.refused(project, { code: "ARCHIVE_PATH_ESCAPE", of: "climbs-out@1.0.0" });
});

for (const [name, { code }] of Object.entries(TRICKS)) {
  test(`archive: ${name}`, () => {
    assert.deepEqual(codesOf(report, `${name}@1.0.0`), [code]);
    const [verdict] = report.verdicts.filter(({ location }) => location === `node_modules/${name}`);
    const outcomes = verdict?.evidence.map(({ kind, outcome }) => [kind, outcome]) ?? [];
    assert.deepEqual(Object.fromEntries(outcomes)["registry-signature"], "verified", "the signature itself is sound");
  });
}

test("what is honest beside all that still passes", () => {
  assert.deepEqual([report.counts.passed, report.counts.failed], [1, Object.keys(TRICKS).length]);
});
