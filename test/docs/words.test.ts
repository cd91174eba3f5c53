/** What must not stand in the documentation or in the program: notes to oneself, other people's disks, hosts. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { PAGES, proseOf, ROOT, read } from "./pages.js";

const below = (folder: string, ending: RegExp): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .map((file) => `${folder}/${file.replaceAll("\\", "/")}`)
    .filter((file) => ending.test(file));

const program = [...below("src", /\.ts$/), ...below("bin", /\.js$/), ...below("schemas", /\.json$/), "package.json"];
const everything = [...PAGES, "registry-fixtures/README.md", ...program];

/** The one file of the program that may name a registry's host. */
const HOSTS_LIVE_IN = "src/trust/builtin.ts";

const BANNED: readonly [what: string, pattern: RegExp][] = [
  ["a note to oneself", /\b(?:TODO|FIXME|HACK|XXX)\b/],
  ["the number of an issue", /(?<![\w&#/])#\d+\b|\b(?:issue|ticket|pull request|PR) #?\d+\b/i],
  ["a path of somebody's machine", /(?<![\w.])\/(?:home|Users|root|work|tmp)\/\w|\b[A-Za-z]:\\+Users\\/],
  ["a word about how it came about", /\b(?:this session|helper agent|the brief|prompt|AI-generated|Claude|GPT)\b/i],
];

/** Registries, and the hosts from which they serve files. */
const REGISTRY_HOST =
  /\b(?:registry\.npmjs\.(?:org|com)|registry\.yarnpkg\.com|npm\.pkg\.github\.com|npm\.jsr\.io|(?:test\.)?pypi\.org|files\.pythonhosted\.org|registry\.npmmirror\.com|registry-\d\.docker\.io)\b/;

describe("pages and program", () => {
  for (const [what, pattern] of BANNED) {
    it(`hold no ${what.replace(/^an? |^the /, "")}`, () => {
      for (const file of everything) {
        const found = read(file)
          .split("\n")
          .filter((line) => pattern.test(line));
        assert.deepEqual(found, [], file);
      }
    });
  }

  it(`name no registry's host outside ${HOSTS_LIVE_IN}`, () => {
    for (const file of everything) {
      if (file !== HOSTS_LIVE_IN) assert.doesNotMatch(read(file), REGISTRY_HOST, file);
    }
    assert.match(read(HOSTS_LIVE_IN), REGISTRY_HOST);
  });

  it("would find each of them", () => {
    const samples = [
      "// TODO: later",
      "see #12",
      "in issue 4",
      "/home/ann/project",
      "C:\\Users\\ann",
      "in this session",
    ];
    for (const sample of samples)
      assert.ok(
        BANNED.some(([, pattern]) => pattern.test(sample)),
        sample,
      );
    for (const fine of ["a.#count", "git+https://host/tool#<commit>", "RFC 9110", "#0123456789abcdef", "~/.npmrc"]) {
      assert.ok(!BANNED.some(([, pattern]) => pattern.test(fine)), fine);
    }
  });
});

describe("pages", () => {
  /** Words that promise more, or other things, than are done here. */
  const loose =
    /\b(?:check(?:s|ed|ing|er)?|validat\w*|scan(?:s|ned|ning|ner)?|safe(?:ly|r|ty)?|secure[sd]?|trust score)\b/gi;

  it("verify, and claim no more: nothing is called checked, validated, scanned or safe", () => {
    for (const name of PAGES) {
      const words =
        proseOf(read(name))
          .replace(/secure-install|insecure/g, "")
          .match(loose) ?? [];
      assert.deepEqual(words, [], name);
    }
  });

  it("are plain text: no badges, no HTML, no emoji, no lines of spaces", () => {
    for (const name of PAGES) {
      const text = read(name);
      assert.doesNotMatch(text, /shields\.io|!\[|<(?:img|br|p|div|details|sub)\b/i, name);
      assert.doesNotMatch(text, /\p{Emoji_Presentation}/u, name);
      assert.doesNotMatch(text, /[ \t]+$/m, name);
    }
  });
});
