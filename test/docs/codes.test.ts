/** docs/codes.md against the catalogue: a paragraph for every code, and nothing that teaches how to look away. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { CATALOGUE, type CodeKind, EXIT, isCode } from "../../src/model/codes.js";
import { LIMITS } from "../../src/model/limits.js";
import { PAGES, ROOT, read, rowsOf, sectionsOf } from "./pages.js";

const page = read("docs/codes.md");
const sections = sectionsOf(page, 3);
const codes = Object.entries(CATALOGUE);

/** What no message may suggest: to verify less. */
const LOOKING_AWAY =
  /\b(?:disabl\w*|skip\w*|ignor\w*|bypass\w*|suppress\w*|silenc\w*|turn(?:ed|ing)? (?:it |this |them )?off|switch(?:ed|ing)? (?:it |this |them )?off|opt out|whitelist\w*)\b|--no-|--force|--insecure|STRICT_SSL=|strict-ssl=false|UNAUTHORIZED=0"/i;

/** The program's own text, by file, without the catalogue. */
const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .map((file) => `src/${file.replaceAll("\\", "/")}`)
  .filter((file) => file.endsWith(".ts") && file !== "src/model/codes.ts")
  .map((file) => read(file));

/** Whether some place in the program raises the code: by its name, or by the beginning of it in a template. */
function isRaised(code: string): boolean {
  return sources.some((text) => {
    const beginnings = [...text.matchAll(/`([A-Z]+_[A-Z_]*)\$\{/g)].map(([, beginning = ""]) => beginning);
    return text.includes(`"${code}"`) || beginnings.some((beginning) => code.startsWith(beginning));
  });
}

describe("docs/codes.md", () => {
  it("has exactly one heading for each code, in the order of the catalogue", () => {
    assert.deepEqual(
      sections.map(({ heading }) => heading),
      codes.map(([code]) => code),
    );
  });

  for (const { heading, body } of sections) {
    it(`says of ${heading} what it says, when it arises, what it may mean and what to do`, () => {
      assert.ok(isCode(heading));
      const { kind, severity } = CATALOGUE[heading];
      const [state = "", paragraph = ""] = body.split("\n\n");
      assert.equal(state, `*Exit status ${EXIT[kind]}, ${severity}.*`);
      assert.match(paragraph, /^.{20,}\*\*When:\*\* .{10,} \*\*May mean:\*\* .{10,} \*\*What to do:\*\* .{10,}\.$/);
      assert.doesNotMatch(paragraph, LOOKING_AWAY);
      assert.equal(/^Reserved: no command raises it yet/.test(paragraph), !isRaised(heading));
    });
  }

  it("gives the bounds as they are", () => {
    const MiB = 1024 * 1024;
    const number = (value: number): string => value.toLocaleString("en-US");
    const told: Readonly<Record<string, readonly string[]>> = {
      LOCKFILE_UNREADABLE: [
        `${LIMITS.lockfileBytes / MiB} MiB`,
        `${LIMITS.lockfileDepth} levels`,
        `${number(LIMITS.lockfileEntries)} entries`,
      ],
      FETCH_TOO_LARGE: [
        `tarball exceeds ${LIMITS.tarballBytes / MiB} MiB`,
        `manifest ${LIMITS.manifestBytes / MiB} MiB`,
        `packument ${LIMITS.packumentBytes / MiB} MiB`,
        `signature ${LIMITS.signatureBytes / 1024} KiB`,
      ],
      FETCH_TIMEOUT: [`${LIMITS.connectMs / 1000} seconds`, `${LIMITS.idleMs / 1000} seconds`],
      ARCHIVE_TOO_LARGE: [
        `${LIMITS.tarballBytes / MiB} MiB packed`,
        `${LIMITS.unpackedBytes / MiB / 1024} GiB unpacked`,
        `${number(LIMITS.archiveEntries)} entries`,
        `${number(LIMITS.archivePathBytes)} bytes`,
        `${LIMITS.archivePathDepth} levels`,
        `${LIMITS.packageJsonBytes / MiB} MiB`,
      ],
    };
    for (const { heading, body } of sections) {
      for (const bound of told[heading] ?? []) assert.ok(body.includes(bound), `${heading}: ${bound}`);
    }
  });

  it("gives the exit statuses as they are", () => {
    const told = rowsOf(page).flatMap(([status = "", , kind = ""]) =>
      /^\d+$/.test(status) ? [[kind, Number(status)]] : [],
    );
    assert.deepEqual(Object.fromEntries(told), EXIT);
  });
});

describe("the catalogue", () => {
  const statuses: Readonly<Record<CodeKind, number>> = {
    refuse: 65,
    undecided: 75,
    config: 78,
    usage: 64,
    bug: 70,
    advice: 0,
  };

  it("keeps to the exit statuses that are promised", () => assert.deepEqual(EXIT, statuses));

  for (const [code, { kind, severity, means, help }] of codes) {
    it(`${code} is of one mind about its kind, and helps on without looking away`, () => {
      assert.match(code, /^[A-Z]+(_[A-Z]+)*$/);
      if (kind === "advice") assert.ok(severity === "warn" || severity === "note");
      else if (kind === "undecided") assert.equal(severity, "undecided");
      else assert.ok(severity === "tamper" || severity === "refuse");
      for (const text of [means, help]) {
        assert.ok(text.endsWith("."), text);
        assert.doesNotMatch(text, LOOKING_AWAY);
      }
    });
  }

  it("is told by no other help in the program how to look away", () => {
    const helps = sources.flatMap((text) =>
      [...text.matchAll(/\bhelp(?::|\s*=)\s*(["'`])((?:(?!\1).)*)\1/gs)].map(([, , help = ""]) => help),
    );
    assert.ok(helps.length > 20);
    for (const help of helps) assert.doesNotMatch(help.replace("--ignore-scripts", ""), LOOKING_AWAY);
  });

  it("has every code that a page names", () => {
    const stages = new Set(codes.map(([code]) => code.split("_")[0]));
    for (const name of PAGES) {
      const named = [...read(name).matchAll(/`([A-Z]+_[A-Z_]+)`/g)].map(([, code = ""]) => code);
      const unknown = named.filter((code) => stages.has(code.split("_")[0]) && !isCode(code));
      assert.deepEqual(unknown, [], name);
    }
  });
});
