/** Names and versions: what no registry can hold is refused wherever it comes from. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isNpmName, isNpmVersion, npmPurl, scopeOf, unscoped } from "../../src/model/names.js";

const NAMES = ["a", "express", "JSONStream", "lodash.merge", "is_odd", "-", "x~y", "a".repeat(214), "0", "con"];
const SCOPED = ["@acme/lib", "@Acme/Lib", "@types/node", "@a-b_c/d.e", "@1/2", "@acme/-", "@acme-evil/lib"];

describe("isNpmName", () => {
  for (const name of [...NAMES, ...SCOPED]) {
    it(`takes ${name.slice(0, 30)}`, () => assert.equal(isNpmName(name), true));
  }

  const refused: readonly [what: string, name: string][] = [
    ["nothing", ""],
    ["a Cyrillic e in express", "\u0435xpress"],
    ["a Greek o in lodash", "l\u03bfdash"],
    ["full-width letters", "\uff45xpress"],
    ["a ligature", "\ufb01le"],
    ["a zero-width space", "lodash\u200b"],
    ["a right-to-left override", "lodash\u202e"],
    ["a soft hyphen", "lo\u00addash"],
    ["an accent", "caf\u00e9"],
    ["a space before", " lodash"],
    ["a space behind", "lodash "],
    ["a line feed behind", "lodash\n"],
    ["a line feed within", "lod\nash"],
    ["a NUL", "lodash\0"],
    ["a tab", "lod\tash"],
    ["a parent folder", ".."],
    ["a path out", "../lodash"],
    ["a path", "a/b"],
    ["a backslash", "a\\b"],
    ["an absolute path", "/etc/passwd"],
    ["a drive", "C:lodash"],
    ["an address", "https://example.com"],
    ["a query", "lodash?x"],
    ["a fragment", "lodash#x"],
    ["an escape", "lodash%2f"],
    ["a version behind", "lodash@4"],
    ["a quotation mark", 'lod"ash'],
    ["a dollar sign", "$lodash"],
    ["an asterisk", "lod*sh"],
    ["a leading dot", ".bin"],
    ["node_modules", "node_modules"],
    ["node_modules in capitals", "Node_Modules"],
    ["favicon.ico", "favicon.ico"],
    ["__proto__", "__proto__"],
    ["one character too many", "a".repeat(215)],
    ["a scope alone", "@acme"],
    ["a scope without a name", "@acme/"],
    ["a name without a scope", "@/lib"],
    ["two names in a scope", "@acme/lib/extra"],
    ["a scope that leads out", "@../lib"],
    ["a parent folder in a scope", "@acme/.."],
    ["a folder in itself in a scope", "@acme/."],
    ["a hidden folder in a scope", "@acme/.bin"],
    ["the folder that the scope's own packages load from", "@acme/node_modules"],
    ["the same in capitals", "@acme/NODE_MODULES"],
    ["__proto__ in a scope", "@acme/__proto__"],
    ["a homoglyph in a scope", "@\u0430cme/lib"],
    ["two scopes", "@acme/@acme"],
    ["a second @", "@@acme/lib"],
  ];
  for (const [what, name] of refused) it(`refuses ${what}`, () => assert.equal(isNpmName(name), false));

  it("takes nothing that is not plain ASCII, or that changes when it is put into an address or a path", () => {
    const texts = fc.oneof(
      fc.string({ unit: "binary", maxLength: 20 }),
      fc.string({ unit: fc.constantFrom(..."ab@/.-_~ \\%?#:\n\u0430"), maxLength: 12 }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        if (!isNpmName(text)) return;
        assert.match(text, /^[\x21-\x7e]+$/);
        const address = new URL(`https://registry.invalid/${text}`);
        assert.equal(address.pathname, `/${text}`);
        assert.ok(!text.split("/").some((part) => part === "" || part.startsWith(".")));
      }),
      { numRuns: 2000 },
    );
  });

  it("takes no name of a Latin package with one letter from elsewhere", () => {
    const places = fc.nat({ max: "express".length - 1 });
    const letters = fc.integer({ min: 0x80, max: 0x10ffff }).filter((code) => code < 0xd800 || code > 0xdfff);
    fc.assert(
      fc.property(places, letters, (at, code) => {
        const name = `${"express".slice(0, at)}${String.fromCodePoint(code)}${"express".slice(at + 1)}`;
        assert.equal(isNpmName(name), false);
      }),
    );
  });
});

describe("isNpmVersion", () => {
  for (const version of ["0.0.0", "1.2.3", "1.0.0-beta.1", "1.0.0--", "1.0.0+build", "1.0.0-rc.1+build.5"]) {
    it(`takes ${version}`, () => assert.equal(isNpmVersion(version), true));
  }
  const refused = [
    ...["", "1", "1.0", "01.0.0", "1.0.0-01", "1.0.0.0", "v1.0.0", "=1.0.0", "^1.0.0", "1.x", "*", "latest", "-1.0.0"],
    ...[" 1.0.0", "1.0.0 ", "1.0.0\n", "\u00a01.0.0", "1.0.0\u00a0", "\ufeff1.0.0", "1.0.0\0", "1.0.0/..", "1.0.0%2f"],
    ...["1.0.0-\u0430", "\uff11.0.0", "99999999999999999999.0.0", `1.0.0-${"a".repeat(300)}`, "1.0.0 || 2.0.0"],
  ];
  for (const version of refused) {
    it(`refuses ${JSON.stringify(version.slice(0, 30))}`, () => assert.equal(isNpmVersion(version), false));
  }

  it("takes only what stands in a file name and an address as it is", () => {
    const texts = fc.string({ unit: fc.constantFrom(..."012.-+av= \n/%"), maxLength: 14 });
    fc.assert(
      fc.property(texts, (text) => {
        if (isNpmVersion(text)) assert.match(text, /^[0-9A-Za-z.+-]+$/);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("npmPurl", () => {
  it("is spelled as npm's attestations name their subjects", () => {
    assert.equal(npmPurl("left-pad", "1.3.0"), "pkg:npm/left-pad@1.3.0");
    assert.equal(npmPurl("@acme/lib", "1.0.0-rc.1"), "pkg:npm/%40acme/lib@1.0.0-rc.1");
    assert.equal(npmPurl("a", "1.0.0+build"), "pkg:npm/a@1.0.0%2Bbuild");
  });

  it("is one for each name and version, and can be read back", () => {
    const names = fc.constantFrom(...NAMES, ...SCOPED);
    const versions = fc.constantFrom("1.0.0", "1.0.0-1", "1.0.0+1", "10.0.0");
    const read = (purl: string): [string, string] => {
      const at = purl.lastIndexOf("@");
      return [purl.slice("pkg:npm/".length, at).replace(/^%40/, "@"), decodeURIComponent(purl.slice(at + 1))];
    };
    fc.assert(
      fc.property(names, versions, (name, version) => assert.deepEqual(read(npmPurl(name, version)), [name, version])),
    );
  });
});

describe("scopeOf and unscoped", () => {
  it("part a name in two, and put together they are the name", () => {
    for (const name of SCOPED) assert.equal(`${scopeOf(name)}/${unscoped(name)}`, name);
    for (const name of NAMES) assert.deepEqual([scopeOf(name), unscoped(name)], [null, name]);
  });
});
