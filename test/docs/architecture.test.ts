/** What the pages say about the house, held against the house; and every link and file name in them. */
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { PAGES, ROOT, read, rowsOf } from "./pages.js";

const page = read("docs/architecture.md");

describe("docs/architecture.md", () => {
  it("has a row for every room, and no other", () => {
    const rooms = readdirSync(join(ROOT, "src"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== "types")
      .map((entry) => entry.name);
    const rows = rowsOf(page).filter((row) => row.length === 3 && /^`[a-z]+`$/.test(row[0] ?? ""));
    const told = rows.map(([room = ""]) => room.replaceAll("`", "")).filter((room) => !JOBS.includes(room));
    assert.deepEqual(told.sort(), rooms.sort());
  });

  it("has a row for every job of the worker threads", () => {
    const jobs = [...read("src/worker.ts").matchAll(/^ {2}(\w+): (?:async )?\(/gm)].map(([, job = ""]) => job);
    assert.deepEqual(jobs.sort(), JOBS);
  });
});

const JOBS = ["attest", "hash", "holds", "inspect"];

describe("pages", () => {
  for (const name of PAGES) {
    it(`${name} leads nowhere that is not there`, () => {
      const text = read(name);
      const links = [...text.matchAll(/\]\((?!https:)([^)#]+)(#[^)]*)?\)/g)].map(([, target = ""]) => target);
      for (const target of links) assert.ok(existsSync(join(ROOT, dirname(name), target)), target);
      const files = [...text.matchAll(/`((?:src|test|docs|schemas|registry-fixtures)\/[\w./-]*)`/g)];
      for (const [, file = ""] of files) assert.ok(existsSync(join(ROOT, file)), file);
      assert.ok(text.startsWith("# ") && text.endsWith("\n"));
    });
  }
});
