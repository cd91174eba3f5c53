/**
 * docs/trust.md and docs/provenance.md show what the program prints, docs/drift.md has a section for each kind of drift. A
 * console block names the transcript that it is from; with UPDATE_TRANSCRIPTS=1 (`node scripts/test.mjs test/docs --update`) its output is
 * taken from there.
 */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { commandTree, everyCommand } from "../../src/cli/command-tree.js";
import { build } from "../../src/cli/parse.js";
import { realWorld } from "../../src/cli/world.js";
import { CATALOGUE } from "../../src/model/codes.js";
import { blocksOf, ROOT, read, sectionsOf } from "./pages.js";

const SHOWING = ["docs/trust.md", "docs/provenance.md"];
const UPDATES = process.env.UPDATE_TRANSCRIPTS === "1";
const nothing = (): void => {};
const HOW = "write it with: node scripts/test.mjs test/docs --update";

interface Told {
  readonly command: string;
  /** As a terminal shows it: what is told on stderr comes first. */
  readonly output: string;
}

/** The command lines of a transcript of test/transcripts, in order. */
function toldIn(name: string): Told[] {
  return read(`test/transcripts/${name}.txt`)
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [, command = "", rest = ""] = /^(.*)\n([\s\S]*?)\[exit status \d+\]\n/.exec(part) ?? [];
      const [, out = "", err = ""] = /^(?:\[stdout\]\n([\s\S]*?))?(?:\[stderr\]\n([\s\S]*))?$/.exec(rest) ?? [];
      return { command, output: `${err}${out}` };
    });
}

/** A block as it must be: its commands, one behind the other in what is left of the transcript, each with its output. */
function expected(text: string, left: Told[]): string {
  const parts: string[] = [];
  for (const [, command] of text.matchAll(/^\$ (.*)$/gm)) {
    const at = left.findIndex((one) => one.command === command);
    const [found] = left.splice(0, at + 1).slice(-1);
    assert.ok(at >= 0 && found !== undefined, `"${command}" is not typed there, or not in this order`);
    parts.push(`$ ${command}\n${found.output}`);
  }
  return parts.join("\n");
}

for (const page of SHOWING) {
  describe(page, () => {
    const shown = blocksOf(read(page)).filter(({ info }) => info.startsWith("console"));
    // A transcript is shown from its beginning, in as many blocks as it needs.
    const names = new Set(shown.map(({ info }) => info.slice("console ".length)));
    const left = new Map([...names].map((name) => [name, toldIn(name)]));

    for (const { info, text } of shown) {
      const [first = ""] = text.split("\n");
      it(`${info}: ${first}`, () => {
        const right = expected(text, left.get(info.slice("console ".length)) ?? []);
        if (UPDATES) {
          const block = (content: string) => `\`\`\`${info}\n${content}\`\`\`\n`;
          writeFileSync(
            join(ROOT, page),
            read(page).replace(block(text), () => block(right)),
          );
        } else assert.equal(text, right, HOW);
      });
    }
  });
}

describe("docs/trust.md", () => {
  it("names every command below trust", () => {
    const tree = commandTree(build(realWorld(), [], nothing, nothing));
    const names = everyCommand(tree).map(({ path }) => path.join(" "));
    const below = names.filter((name) => name.startsWith("trust ") && !name.endsWith(" help"));
    assert.ok(below.length > 15);
    const page = read("docs/trust.md");
    const missing = below.filter((name) => !page.includes(`secure-install ${name}`));
    assert.deepEqual(missing, []);
  });
});

describe("docs/drift.md", () => {
  it("has a section for each kind of drift, and for no other code", () => {
    const codes = Object.keys(CATALOGUE).filter((code) => code.startsWith("DRIFT_"));
    const headings = sectionsOf(read("docs/drift.md"), 2).map(({ heading }) => heading);
    assert.deepEqual(
      headings.filter((heading) => /^[A-Z_]+$/.test(heading)),
      codes,
    );
  });
});
