/**
 * Lockfile entries whose digests are honest, and which tell npm something about the package that its tarball does not
 * say: npm would link, nest or leave out by them.
 */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { before, test } from "node:test";
import type { LockEntry } from "../../registry-fixtures/lockfile.js";
import { type Altered, setScene, small } from "./scene.js";
import { codesOf, type ShownReport } from "./shown.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;

type Packages = Altered["packages"];

interface Story {
  readonly what: string;
  /** The package on which it is told, as `name@version`. */
  readonly of: string;
  readonly codes: readonly string[];
  tell(packages: Packages): void;
}

const set = (packages: Packages, name: string, more: LockEntry): void => {
  Object.assign(packages[`node_modules/${name}`] ?? {}, more);
};

const STORIES: readonly Story[] = [
  {
    what: "`bin` added: npm would link it as git",
    of: "linked@1.0.0",
    codes: ["MANIFEST_MISMATCH"],
    tell: (packages) => set(packages, "linked", { bin: { git: "index.js" } }),
  },
  {
    what: "a dependency added",
    of: "needy@1.0.0",
    codes: ["MANIFEST_MISMATCH"],
    tell: (packages) => set(packages, "needy", { dependencies: { linked: "1.0.0" } }),
  },
  {
    what: "`inBundle` on what lies in no bundle, its digest gone",
    of: "loose@1.0.0",
    codes: ["LOCKFILE_INTEGRITY_ABSENT"],
    tell: (packages) => {
      packages["node_modules/loose"] = { version: "1.0.0", inBundle: true };
    },
  },
  {
    what: "`inBundle` below a package whose tarball does not hold it",
    of: "extra@1.0.0",
    codes: ["LOCKFILE_EXTRANEOUS", "MANIFEST_MISMATCH"],
    tell: (packages) => {
      packages["node_modules/picnic-basket/node_modules/extra"] = { version: "1.0.0", inBundle: true };
    },
  },
  {
    what: "`inBundle` for another version than the tarball holds",
    of: "sandwich@1.1.0",
    codes: ["IDENTITY_MISMATCH"],
    tell: (packages) => set(packages, "picnic-basket/node_modules/sandwich", { version: "1.1.0" }),
  },
  {
    what: "`hasShrinkwrap` on a package that brings none",
    of: "wrapped@1.0.0",
    codes: ["MANIFEST_MISMATCH"],
    tell: (packages) => set(packages, "wrapped", { hasShrinkwrap: true }),
  },
  {
    what: "another platform claimed, so that nobody would look at it",
    of: "elsewhere@1.0.0",
    codes: ["MANIFEST_MISMATCH"],
    tell: (packages) => set(packages, "elsewhere", { os: ["none-such"] }),
  },
];

let report: ShownReport;
before(async () => {
  for (const name of ["linked", "needy", "loose", "wrapped", "elsewhere"]) simulator.publish(small(name));
  const wanted = ["linked", "needy", "loose", "wrapped", "elsewhere", "picnic-basket"];
  const project = await scene.forged(Object.fromEntries(wanted.map((name) => [name, "1.0.0"])), ({ packages }) => {
    for (const { tell } of STORIES) tell(packages);
  });
  report = await scene.refused(project, { code: "MANIFEST_MISMATCH", of: "linked@1.0.0" });
});

for (const { what, of, codes } of STORIES) {
  test(what, () => {
    assert.deepEqual(codesOf(report, of).toSorted(), codes);
  });
}

test("as many verdicts as entries", () => {
  assert.equal(report.verdicts.length, report.counts.entries);
  assert.ok(report.verdicts.length >= STORIES.length);
});

test("two lockfiles that versions of npm choose between differently", async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  await project.write("npm-shrinkwrap.json", await project.read("package-lock.json"));
  await scene.refused(project, { code: "LOCKFILE_AMBIGUOUS" });
});

test("a lockfile of another installer beside npm's", async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  await project.write("yarn.lock", "# yarn lockfile v1\n");
  await scene.refused(project, { code: "LOCKFILE_AMBIGUOUS" });
});

const BESIDE: readonly (readonly [args: readonly string[], beside: readonly string[], ofNpm: boolean])[] = [
  [["hummer"], ["pnpm-lock.yaml"], false],
  [["hummer"], ["bun.lock"], true],
  [["npm", "install", "hummer"], ["yarn.lock"], true],
  [["npm", "install"], ["pnpm-lock.yaml"], false],
  [["npm", "update"], ["npm-shrinkwrap.json"], true],
  [["npm", "uninstall", "greeter"], ["npm-shrinkwrap.json", "yarn.lock"], true],
];

for (const [args, beside, ofNpm] of BESIDE) {
  const where = ofNpm ? "beside npm's" : "where npm's is yet to be made";
  test(`a lockfile of another reader, ${beside.join(" and ")}, ${where}: no new one is locked by \`${args.join(" ")}\``, async () => {
    const project = await scene.project({ greeter: "1.0.0" });
    const lockfile = await project.read("package-lock.json");
    for (const name of beside) await project.write(name, name === "npm-shrinkwrap.json" ? lockfile : "# theirs\n");
    if (!ofNpm) await rm(join(project.directory, "package-lock.json"));
    const { findings } = await scene.refused(project, { code: "LOCKFILE_AMBIGUOUS", args });
    for (const name of [...beside, "package-lock.json"])
      assert.ok(
        findings.some(({ says, got }) => `${says} ${got}`.includes(name)),
        `${name} is not named`,
      );
    assert.deepEqual(simulator.log, [], "a registry was asked");
  });
}

test("a lockfile that locks other dependencies than package.json asks for", async () => {
  const project = await scene.project({ greeter: "1.0.0" });
  await project.write("package.json", { name: "project", version: "1.0.0", dependencies: { hummer: "^1.0.0" } });
  await scene.refused(project, { code: "LOCKFILE_OUT_OF_DATE" });
});
