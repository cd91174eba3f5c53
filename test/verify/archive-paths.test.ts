import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { foldName } from "../../src/verify/archive-names.js";
import { ArchiveNotes } from "../../src/verify/archive-notes.js";
import { pathProblem, splitPath } from "../../src/verify/archive-paths.js";
import { ArchiveTree } from "../../src/verify/archive-tree.js";

function treeOf(...paths: readonly string[]): { code: string | null; notes: readonly string[] } {
  const notes = new ArchiveNotes();
  const tree = new ArchiveTree(notes);
  let code: string | null = null;
  for (const path of paths) {
    code ??= (path.endsWith("/") ? tree.addFolder(path.slice(0, -1)) : tree.addFile(path))?.code ?? null;
  }
  return { code: code ?? tree.shortNameProblem()?.code ?? null, notes: notes.findings().map(({ says }) => says) };
}

describe("paths that leave the folder, or mean two things", () => {
  const hostile: readonly [string, string][] = [
    ["../x", "ARCHIVE_PATH_ESCAPE"],
    ["package/../../x", "ARCHIVE_PATH_ESCAPE"],
    ["package/a/..", "ARCHIVE_PATH_ESCAPE"],
    ["/etc/passwd", "ARCHIVE_PATH_ESCAPE"],
    ["//server/share", "ARCHIVE_PATH_ESCAPE"],
    ["\\\\server\\share", "ARCHIVE_PATH_ESCAPE"],
    ["package/..\\..\\x", "ARCHIVE_PATH_ESCAPE"],
    ["package\\index.js", "ARCHIVE_PATH_ESCAPE"],
    ["C:/x", "ARCHIVE_PATH_ESCAPE"],
    ["C:x", "ARCHIVE_PATH_ESCAPE"],
    ["package/C:../../x", "ARCHIVE_PATH_ESCAPE"],
    ["package/lib/z:evil", "ARCHIVE_PATH_ESCAPE"],
    ["package/.. /x", "ARCHIVE_PATH_ESCAPE"],
    ["package/.../x", "ARCHIVE_PATH_ESCAPE"],
    ["package/. /x", "ARCHIVE_PATH_ESCAPE"],
    ["package/ /x", "ARCHIVE_PATH_ESCAPE"],
    ["package//package.json", "ARCHIVE_MALFORMED"],
    ["package/", "ARCHIVE_MALFORMED"],
    ["", "ARCHIVE_MALFORMED"],
    ["package/a\0b", "ARCHIVE_MALFORMED"],
    ["package/a\x1b[2J", "ARCHIVE_MALFORMED"],
    ["package/a\nb", "ARCHIVE_MALFORMED"],
    ["package/a\x7f", "ARCHIVE_MALFORMED"],
    ["package/a\u009b2J", "ARCHIVE_MALFORMED"],
    ["package/a\u2028b", "ARCHIVE_MALFORMED"],
    [`package/${"é".repeat(509)}`, "ARCHIVE_TOO_LARGE"],
    [`package${"/d".repeat(64)}`, "ARCHIVE_TOO_LARGE"],
  ];
  for (const [path, code] of hostile) {
    test(JSON.stringify(path.slice(0, 40)), () => assert.equal(pathProblem(path)?.code, code));
  }

  test("names of real packages pass", () => {
    const real = [
      "package/index.js",
      "package/.eslintrc",
      "package/a b/c.js",
      "package/[id]/(x)/@y.tsx",
      "package/Foo::Bar.3",
    ];
    for (const path of [
      ...real,
      "node/v18/index.d.ts",
      "package/..hidden",
      "package/a..b",
      "package/日本.md",
      "package/x~",
      "./a",
    ]) {
      assert.equal(pathProblem(path), null, path);
    }
  });

  test('"." segments are left out, as npm does', () => {
    assert.deepEqual(splitPath("package/./dist/./index.js"), { root: "package", path: "dist/index.js", dotted: true });
    assert.deepEqual(splitPath("package/dist/index.js"), { root: "package", path: "dist/index.js", dotted: false });
    assert.deepEqual(splitPath("./index.js"), { root: ".", path: "index.js", dotted: true });
    assert.deepEqual(splitPath("package/."), { root: "package", path: "", dotted: true });
  });
});

describe("two entries that are one file somewhere", () => {
  const hostile: readonly [string, readonly string[]][] = [
    ["upper and lower case", ["a.js", "A.js"]],
    ["folders in upper and lower case", ["Lib/a.js", "lib/b.js"]],
    ["NFC and NFD", ["caf\u00e9.js", "cafe\u0301.js"]],
    ["NFC and NFD folders", ["caf\u00e9/a.js", "cafe\u0301/b.js"]],
    ["sharp s", ["stra\u00dfe.js", "STRASSE.js"]],
    ["capital sharp s", ["stra\u1e9ee.js", "strasse.js"]],
    ["final sigma", ["\u03bf\u03c2", "\u039f\u03a3"]],
    ["a ligature", ["\ufb01le", "FILE"]],
    ["the Kelvin sign", ["\u212a.js", "k.js"]],
    ["letters that macOS ignores", ["index.js", "ind\u200cex.js"]],
    ["a trailing dot", ["index.js", "index.js."]],
    ["a trailing space", ["index.js ", "index.js"]],
    ["a folder's trailing dot", ["lib./a.js", "lib/b.js"]],
    ["the unnamed stream", ["index.js", "index.js::$DATA"]],
    ["npm's raised letters", ["a:b", "a\uf03ab"]],
    ["a file and a folder", ["index.js", "index.js/"]],
    ["a folder and a file", ["lib/a.js", "lib"]],
    ["a file above a file", ["lib", "lib/a.js"]],
    ["a file and a folder in another case", ["lib/a.js", "LIB"]],
    ["a short name of Windows", ["package.json", "PACKAG~1.JSO"]],
    ["a short name of Windows with a hash", ["package.json", "PA12AB~1.JSO"]],
    ["a short name of a dotfile", [".eslintrc.json", "ESLINT~1.JSO"]],
    ["a short name of a folder", ["long-folder-name/a", "long-f~1/a"]],
  ];
  for (const [what, paths] of hostile) test(what, () => assert.equal(treeOf(...paths).code, "ARCHIVE_DUPLICATE"));

  test("names that npm finds only where case does not count", () => {
    for (const path of [
      "Package.json",
      "Node_Modules/a/index.js",
      "node_modules/a/PACKAGE.JSON",
      "Binding.gyp",
      "npm-shrinkwrap.JSON",
      "binding.gyp.",
    ]) {
      assert.equal(treeOf(path).code, "ARCHIVE_MALFORMED", path);
    }
    assert.equal(treeOf("docs/Package.json", "lib/Binding.gyp").code, null);
  });

  test("real neighbours pass", () => {
    assert.equal(treeOf("a.js", "a.mjs", "b/a.js", "c/a.js", "b/", "b/").code, null);
    assert.equal(treeOf("Foo::Bar.3", "Foo::Baz.3", "file~1", "file.js", "readme~1.md", "README.md").code, null);
  });

  test("what Windows can't hold, or hidden letters, are noted once each", () => {
    const { code, notes } = treeOf(
      "aux.js",
      "lib/NUL",
      "com1",
      "lpt\u00b9.txt",
      "a. ",
      "b\u202etxt.js",
      "auxiliary.js",
    );
    assert.equal(code, null);
    assert.equal(notes.length, 3);
    assert.match(notes[0] ?? "", /"aux\.js" is the name of a device .*and 3 more/);
  });

  test("a tree of endless folders is refused before it fills the memory", () => {
    const tree = new ArchiveTree(new ArchiveNotes());
    const deep = "/d".repeat(60);
    let refused = null;
    for (let index = 0; index < 50_000 && refused === null; index++)
      refused = tree.addFile(`${index}${"x".repeat(800)}${deep}/f`);
    assert.equal(refused?.code, "ARCHIVE_TOO_LARGE");
  });
});

describe("foldName", () => {
  test("takes time in proportion to the name", () => {
    const name = `a${". ".repeat(500_000)}b`;
    assert.equal(foldName(name), name);
    assert.equal(foldName(`a${".::$DATA ".repeat(100_000)}`), "a");
  });

  test("is the same for every spelling of a name", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 8 }), (name) => {
        const folded = foldName(name);
        for (const other of [
          name.toUpperCase(),
          name.toLowerCase(),
          name.normalize("NFC"),
          name.normalize("NFD"),
          `${name}.`,
          folded,
        ]) {
          assert.equal(foldName(other), folded);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("is the same for every letter in upper and lower case", () => {
    for (let point = 0xa0; point < 0x20000; point++) {
      if (point >= 0xd800 && point <= 0xdfff) continue;
      const letter = String.fromCodePoint(point);
      const folded = foldName(letter);
      for (const other of [
        letter.toUpperCase(),
        letter.toLowerCase(),
        letter.normalize("NFC"),
        letter.normalize("NFD"),
      ]) {
        if (foldName(other) !== folded) assert.fail(`U+${point.toString(16)}`);
      }
    }
  });
});
