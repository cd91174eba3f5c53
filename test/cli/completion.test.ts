/** Completion: the scripts are asked in real shells, and know what the program knows. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { type CommandNode, commandTree, everyCommand } from "../../src/cli/command-tree.js";
import { completionScript } from "../../src/cli/completion.js";
import { build } from "../../src/cli/parse.js";
import { realWorld } from "../../src/cli/world.js";
import { CATALOGUE } from "../../src/model/codes.js";
import { type Asked, askBash, askFish, askZsh, isThere } from "./shells.js";

const program = build(
  realWorld(),
  [],
  () => {},
  () => {},
);
const tree = commandTree(program);
const folder = mkdtempSync(join(tmpdir(), "completion-"));
after(() => rmSync(folder, { recursive: true }));
// Windows has neither such names nor, as a rule, such shells.
const posix = process.platform !== "win32";
if (posix) {
  for (const name of ["web app", "$(touch marked)"]) mkdirSync(join(folder, name));
  for (const name of ["web-lock.json", "*"]) writeFileSync(join(folder, name), "");
}

const SHELLS: readonly [name: "bash" | "zsh" | "fish", ask: (asked: Asked) => string[]][] = [
  ["bash", askBash],
  ["zsh", askZsh],
  ["fish", askFish],
];

for (const [shell, ask] of SHELLS) {
  describe(shell, { skip: !(posix && isThere(shell)) && `there is no ${shell} here` }, async () => {
    const script = await completionScript(program, shell);
    const offered = (...words: string[]) => ask({ script, words: ["secure-install", ...words], cwd: folder });

    test("commands, and sub-commands, under all their names", () => {
      assert.deepEqual(
        offered("")
          .filter((word) => !word.startsWith("-"))
          .sort(),
        namesOf(tree),
      );
      assert.deepEqual(offered("au"), ["audit"]);
      for (const command of ["trust", "store", "npm"])
        assert.deepEqual(offered(command, "").sort(), namesOf(child(tree, command)));
      assert.deepEqual(offered("npm", "i", "--workspaces"), ["--workspaces"]);
    });

    test("every flag of every command, and no other's", () => {
      for (const node of everyCommand(tree)) {
        const flags = node.options.flatMap((option) => option.flags).filter((flag) => flag.startsWith("--"));
        assert.deepEqual(
          offered(...node.path, "--")
            .filter((flag) => flag !== "--")
            .sort(),
          flags.sort(),
        );
      }
    });

    test("the choices of a flag, behind a space and behind =", () => {
      assert.deepEqual(offered("audit", "--format", "").sort(), ["human", "json"]);
      assert.deepEqual(offered("ci", "--omit", "d"), ["dev"]);
      const equals = shell === "bash" ? ["--format", "=", "js"] : ["--format=js"];
      assert.deepEqual(
        offered("ci", ...equals).map((word) => word.replace("--format=", "")),
        ["json"],
      );
      assert.deepEqual(offered("completion", "").sort(), ["bash", "fish", "zsh"]);
    });

    test("a word that a flag takes for its value leads nowhere", () => {
      assert.deepEqual(offered("--output", "ci", "trus"), ["trust"]);
      assert.deepEqual(offered("trust", "list", "--trust", "gate", "--form"), []);
    });

    test("the codes that explain knows", () => {
      assert.deepEqual(offered("explain", "").sort(), Object.keys(CATALOGUE).sort());
      assert.deepEqual(offered("explain", "DIGEST_"), ["DIGEST_MISMATCH"]);
    });

    test("files where files are meant, folders where folders are; nothing where nobody knows", () => {
      const plain = (words: readonly string[]) => words.map((word) => word.replace(/\/$|\\/g, ""));
      assert.deepEqual(plain(offered("audit", "web")).sort(), ["web app", "web-lock.json"]);
      assert.ok(plain(offered("gate", "--output", "")).includes("*"));
      assert.deepEqual(plain(offered("gate", "--trust", "web")), ["web app"]);
      assert.deepEqual(offered("trust", "show", "we"), []);
      assert.deepEqual(offered("express", ""), []);
      assert.deepEqual(offered("ci", "--", "--"), []);
    });

    test("nothing that stands on the line, or lies in the folder, is evaluated", () => {
      for (const hostile of [
        "$(touch marked)",
        "`touch marked`",
        "';touch marked;'",
        "a[$(touch marked)]",
        "%(touch)",
      ]) {
        for (const words of [
          ["audit", hostile],
          [hostile, ""],
          ["audit", "--output", hostile],
          ["--trust", hostile, ""],
        ])
          try {
            offered(...words);
          } catch {
            // A shell may say that it can't make sense of it.
          }
        assert.ok(!existsSync(join(folder, "marked")), hostile);
      }
      offered("gate", "--trust", "");
      assert.ok(!existsSync(join(folder, "marked")));
    });
  });
}

test("the scripts hold plain words only: no text of ours could be taken for a command", async () => {
  const words = everyCommand(tree).flatMap((node) => [
    ...node.path,
    ...node.options.flatMap((option) => [
      ...option.flags,
      ...(option.words.type === "words" ? option.words.words : []),
    ]),
    ...node.arguments.flatMap((one) => (one.words.type === "words" ? one.words.words : [])),
  ]);
  for (const word of words) assert.match(word, /^[\w-]+$/);
});

test("a value or an argument is a list, files, folders, or one of those that nobody can list", () => {
  const unlisted = everyCommand(tree).flatMap((node) => [
    ...node.options.flatMap(({ value, words }) => (value !== null && words.type === "anything" ? [value] : [])),
    ...node.arguments.flatMap(({ usage, words }) => (words.type === "anything" ? [usage] : [])),
  ]);
  const known = [
    ...["n", "name", "spec", "level", "size", "days", "package", "command", "args", "installer"],
    ...[
      "ref",
      "rev",
      "repository",
      "path",
      "url",
      "id",
      "template",
      "text",
      "selector",
      "fingerprint",
      "date",
      "since",
    ],
    ...["publisher", "kinds", "kind", "when", "package@version", "what"],
  ];
  const names = unlisted.map((usage) => usage.replace(/[<>[\].]/g, ""));
  assert.deepEqual(
    names.filter((name) => !known.includes(name)),
    [],
  );
});

function namesOf(node: CommandNode): string[] {
  return node.commands.map(({ path }) => path.at(-1) ?? "").sort();
}

function child(node: CommandNode, name: string): CommandNode {
  const found = node.commands.find(({ path }) => path.at(-1) === name);
  assert.ok(found);
  return found;
}
