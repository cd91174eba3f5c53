import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSize, showSize } from "../../src/report/size.js";

test("sizes as people write them: decimal and binary units, and nothing else", () => {
  const read = ["0", "800000", "5GB", "5 gb", "5G", "1.5 GiB", "1K"].map(parseSize);
  assert.deepEqual(read, [0, 800_000, 5e9, 5e9, 5e9, 1.5 * 1024 ** 3, 1000]);
  for (const text of ["", "GB", "-1", "1e9", "5 XB", "5GBs", " 5GB", "1,000", "0x10", "9".repeat(16), "999999999999TB"])
    assert.equal(parseSize(text), null, text);
});

test("sizes as people read them", () => {
  const shown = [0, 999, 1000, 999_949, 999_950, 5e9, 7.97e14].map(showSize);
  assert.deepEqual(shown, ["0 B", "999 B", "1 kB", "999.9 kB", "1 MB", "5 GB", "797 TB"]);
});
