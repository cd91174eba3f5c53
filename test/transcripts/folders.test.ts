/** No transcript lies where no test looks: each folder belongs to the test file of its name. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fixtureFolder } from "../../registry-fixtures/fixture-files.js";

test("each folder of transcripts is told by the test file of its name, and none lies outside of a folder", () => {
  const entries = readdirSync(join(fixtureFolder(), "..", "test", "transcripts"), { withFileTypes: true });
  const tests = entries.map(({ name }) => name).filter((name) => name.endsWith(".test.ts"));
  const unknown = entries.filter((entry) =>
    entry.isDirectory() ? !tests.includes(`${entry.name}.test.ts`) : entry.name.endsWith(".txt"),
  );
  assert.deepEqual(
    unknown.map(({ name }) => name),
    [],
  );
});
