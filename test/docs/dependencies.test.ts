/** docs/dependencies.md against package.json and the lockfile: every dependency is named, and there are few of them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { read, rowsOf } from "./pages.js";

const MOST_INSTALLED = 110;

const page = read("docs/dependencies.md");
const manifest: { readonly dependencies: Readonly<Record<string, string>> } = JSON.parse(read("package.json"));
const lockfile: { readonly packages: Readonly<Record<string, LockedPackage>> } = JSON.parse(read("package-lock.json"));
const rows = rowsOf(page).map(([name = "", why = "", where = "", instead = ""]) => ({
  name: name.replaceAll("`", ""),
  why,
  where: [...where.matchAll(/`([^`]+)`/g)].map(([, file = ""]) => file),
  instead,
}));

interface LockedPackage {
  readonly dev?: boolean;
  readonly link?: boolean;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
}

const installed = Object.entries(lockfile.packages).filter(([location, entry]) => location !== "" && !entry.dev);

describe("docs/dependencies.md", () => {
  it("names every runtime dependency, and no other", () => {
    assert.deepEqual(rows.map(({ name }) => name).sort(), Object.keys(manifest.dependencies).sort());
  });

  for (const { name, why, where, instead } of rows) {
    it(`says of ${name} why it is there, where it is used, and what would replace it`, () => {
      assert.ok(why.length > 20 && instead.length > 10);
      assert.ok(where.length > 0);
      for (const file of where) {
        const imports = new RegExp(`(?:from|import\\() ?"${name}(?:/[^"]*)?"`);
        assert.match(read(file), imports, file);
      }
    });
  }

  it("gives the number of installed packages as the lockfile has it, and it is small", () => {
    assert.equal(Number(/\*\*(\d+)\*\* packages/.exec(page)?.[1]), installed.length);
    assert.ok(installed.length <= MOST_INSTALLED, `${installed.length} packages`);
  });

  it("promises exact versions, digests and no install scripts, and that is so", () => {
    for (const version of Object.values(manifest.dependencies)) assert.match(version, /^\d+\.\d+\.\d+$/);
    for (const [location, entry] of installed) {
      assert.match(entry.integrity ?? "", /^sha512-/, location);
      assert.notEqual(entry.hasInstallScript, true, location);
    }
    assert.match(read(".npmrc"), /^ignore-scripts=true$/m);
  });
});
