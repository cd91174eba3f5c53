/** Selectors: anchored, exact, and no wider than they read. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Ecosystem } from "../../src/model/names.js";
import {
  normalizePypi,
  parseSelector,
  patternProblem,
  patternRank,
  type Selector,
  selects,
  selectsName,
} from "../../src/model/selector.js";

function selector(text: string): Selector {
  const result = parseSelector(text);
  assert.ok(result.ok, text);
  return result.selector;
}

describe("parseSelector", () => {
  const read: readonly [text: string, ecosystem: Ecosystem, pattern: string, range: string | null][] = [
    ["npm:lodash", "npm", "lodash", null],
    ["npm:lodash@4.17.21", "npm", "lodash", "4.17.21"],
    ["npm:lodash@>=4 <5 || 6.x", "npm", "lodash", ">=4 <5 || 6.x"],
    ["npm:@acme/lib", "npm", "@acme/lib", null],
    ["npm:@acme/lib@^2.0.0", "npm", "@acme/lib", "^2.0.0"],
    ["npm:@acme/*", "npm", "@acme/*", null],
    ["npm:@acme/*@>=2.0.0", "npm", "@acme/*", ">=2.0.0"],
    ["npm:*", "npm", "*", null],
    ["npm:*@0.x", "npm", "*", "0.x"],
    ["pypi:requests", "pypi", "requests", null],
    ["pypi:Zope.Interface@>=5", "pypi", "zope-interface", ">=5"],
  ];
  for (const [text, ecosystem, pattern, range] of read) {
    it(`reads ${text}`, () => assert.deepEqual(selector(text), { text, ecosystem, pattern, range }));
  }

  const refused = [
    ...["", "lodash", "@acme/lib", "npm:", "npm", "NPM:lodash", "gem:rails", ":lodash", "npm::lodash", " npm:lodash"],
    ...["npm: lodash", "npm:lodash ", "npm:lodash\n", "npm:lo*", "npm:*lodash", "npm:**", "npm:lodash/*", "npm:*/lib"],
    ...["npm:@acme", "npm:@acme/", "npm:@acme/**", "npm:@acme/l*", "npm:@*/lib", "npm:@/*", "npm:@*", "npm:@acme/*/x"],
    ...["npm:@acme/.*", "npm:^lodash$", "npm:(a|b)", "npm:l\u03bfdash", "npm:@\u0430cme/*", "npm:lodash\u200b"],
    ...[
      "npm:lodash@",
      "npm:lodash@ ",
      "npm:lodash@latest",
      "npm:lodash@1.0.0@2.0.0",
      "npm:lodash@>=y",
      "npm:lodash@npm:x@1",
    ],
    ...[
      "npm:../x",
      "npm:node_modules",
      "npm:@acme/node_modules",
      "npm:__proto__",
      "pypi:-x",
      "pypi:@acme/x",
      "pypi:a b",
    ],
  ];
  for (const text of refused) {
    it(`refuses ${JSON.stringify(text)}, and says why`, () => {
      const result = parseSelector(text);
      assert.ok(!result.ok);
      assert.notEqual(result.why, "");
    });
  }

  it("says what to write to one who forgot the ecosystem", () => {
    const result = parseSelector("lodash");
    assert.ok(!result.ok && result.why.includes("npm:lodash"));
  });

  it("never throws, and keeps the text as it was written", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.string({ unit: fc.constantFrom(..."npmy:i@/*.a1x^>=|-~ "), maxLength: 20 }).map((text) => `npm:${text}`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const result = parseSelector(text);
        if (!result.ok) return;
        assert.equal(result.selector.text, text);
        assert.equal(patternProblem(result.selector.ecosystem, result.selector.pattern), null);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("selects", () => {
  const cases: readonly [selector: string, name: string, version: string, is: boolean][] = [
    ["npm:@acme/*", "@acme/lib", "1.0.0", true],
    ["npm:@acme/*", "@acme-evil/lib", "1.0.0", false],
    ["npm:@acme/*", "@acme.evil/lib", "1.0.0", false],
    ["npm:@acme/*", "@Acme/lib", "1.0.0", false],
    ["npm:@acme/*", "@acm/elib", "1.0.0", false],
    ["npm:@acme/*", "acme", "1.0.0", false],
    ["npm:@acme/*", "evil@acme/lib", "1.0.0", false],
    ["npm:@acme/lib", "@acme/lib-evil", "1.0.0", false],
    ["npm:lodash", "lodash", "1.0.0", true],
    ["npm:lodash", "lodash-evil", "1.0.0", false],
    ["npm:lodash", "evil-lodash", "1.0.0", false],
    ["npm:lodash", "Lodash", "1.0.0", false],
    ["npm:lodash.merge", "lodashxmerge", "1.0.0", false],
    ["npm:*", "anything", "1.0.0", true],
    ["npm:*", "@any/thing", "1.0.0", true],
    ["pypi:requests", "requests", "1.0.0", false],
    ["npm:a@1.2.3", "a", "1.2.3", true],
    ["npm:a@1.2.3", "a", "1.2.3+build", true],
    ["npm:a@1.2.3", "a", "1.2.4", false],
    ["npm:a@1.2.3", "a", "1.2.3-rc.1", false],
    ["npm:a@>=1.2.3", "a", "1.2.3-rc.1", false],
    ["npm:a@>=1.2.3", "a", "1.3.0-rc.1", true],
    ["npm:a@>=1.2.3", "a", "2.0.0-alpha", true],
    ["npm:a@^1.2.3", "a", "1.9.0-beta", true],
    ["npm:a@^1.2.3", "a", "2.0.0-beta", false],
    ["npm:a@<2.0.0", "a", "2.0.0-beta", true],
    ["npm:a@1.x", "a", "1.0.0-alpha", true],
    ["npm:a@0.25.x", "a", "0.25.9", true],
    ["npm:a@0.25.x", "a", "0.26.0", false],
    ["npm:a@*", "a", "0.0.0-0", true],
    ["npm:a@1 - 2", "a", "2.9.9", true],
    ["npm:a@1 - 2", "a", "3.0.0", false],
    ["npm:a@1.0.0 || 3.0.0", "a", "3.0.0", true],
    ["npm:a@>=1.0.0", "a", "not a version", false],
    ["npm:a@*", "a", "", false],
    ["npm:a", "a", "not a version", true],
  ];
  for (const [text, name, version, is] of cases) {
    it(`${text} ${is ? "selects" : "leaves out"} ${name}@${version}`, () =>
      assert.equal(selects(selector(text), "npm", name, version), is));
  }

  const word = fc.string({ unit: fc.constantFrom(..."abc-."), minLength: 1, maxLength: 4 }).map((text) => `a${text}`);
  const scoped = fc.tuple(word, word).map(([scope, name]) => `@${scope}/${name}`);
  const name = fc.oneof(word, scoped);

  it("an exact name selects itself and nothing else", () => {
    fc.assert(
      fc.property(name, name, (one, other) =>
        assert.equal(selects(selector(`npm:${one}`), "npm", other, "1.0.0"), one === other),
      ),
    );
  });

  it("a scope selects its own names and nothing else", () => {
    fc.assert(
      fc.property(word, name, (scope, other) =>
        assert.equal(selectsName(selector(`npm:@${scope}/*`), "npm", other), other.split("/")[0] === `@${scope}`),
      ),
    );
  });

  it("a range never selects more than the name alone", () => {
    const ranges = fc.constantFrom("1.x", ">=2", "<1.0.0", "1.0.0", "*", "^0.1.0-rc.1");
    const versions = fc.constantFrom("1.0.0", "2.0.0-rc.1", "0.1.0", "rubbish", "1.0.0+x");
    fc.assert(
      fc.property(name, name, ranges, versions, (one, other, range, version) => {
        const ranged = selects(selector(`npm:${one}@${range}`), "npm", other, version);
        assert.ok(!ranged || selects(selector(`npm:${one}`), "npm", other, version));
      }),
    );
  });
});

describe("patternRank", () => {
  it("puts the exact name before its scope, and the scope before all names", () => {
    const ranks = ["@acme/lib", "@acme/*", "*", "@acme/other", "@acme-evil/*"].map((pattern) =>
      patternRank(pattern, "@acme/lib"),
    );
    assert.deepEqual(ranks, [3, 2, 1, 0, 0]);
  });
});

describe("normalizePypi", () => {
  it("is PEP 503's form, and is its own form again", () => {
    assert.equal(normalizePypi("Zope__.-Interface"), "zope-interface");
    assert.equal(normalizePypi("*"), "*");
    fc.assert(
      fc.property(fc.string(), (text) => assert.equal(normalizePypi(normalizePypi(text)), normalizePypi(text))),
    );
  });
});
