/** Lockfile entries that would let other bytes in: each on a package of its own, all in one lockfile, in one run. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { before, test } from "node:test";
import type { LockEntry } from "../../registry-fixtures/lockfile.js";
import { setScene, small } from "./scene.js";
import { codesOf, type ShownReport } from "./shown.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;
const digest = (name: string, algorithm: string): string => {
  const { tarball } = simulator.release(name, "1.0.0");
  return `${algorithm}-${createHash(algorithm)
    .update(tarball ?? "")
    .digest("base64")}`;
};
const other = (): string => digest("stranger", "sha512");

interface Attack {
  readonly what: string;
  readonly on: string;
  readonly codes: readonly string[];
  alter(entry: LockEntry): void;
}

const ATTACKS: readonly Attack[] = [
  {
    what: "`resolved` swapped to another package on the same host, with that one's integrity",
    on: "swapped",
    codes: ["LOCKFILE_NAME_MISMATCH"],
    alter: (entry) => Object.assign(entry, { resolved: addressOf("stranger"), integrity: other() }),
  },
  {
    what: "`resolved` swapped to another package on the same host, the integrity removed",
    on: "swapped-bare",
    codes: ["LOCKFILE_INTEGRITY_ABSENT", "LOCKFILE_NAME_MISMATCH"],
    alter: (entry) => {
      entry.resolved = addressOf("stranger");
      delete entry.integrity;
    },
  },
  {
    what: "`resolved` swapped to another version of the same package",
    on: "downgraded",
    codes: ["LOCKFILE_NAME_MISMATCH"],
    alter: (entry) => {
      entry.resolved = addressOf("downgraded", "0.9.0");
    },
  },
  {
    what: "an alias that nobody asked for, in the entry's own name",
    on: "renamed",
    codes: ["LOCKFILE_NAME_MISMATCH"],
    alter: (entry) => Object.assign(entry, { name: "stranger", resolved: addressOf("stranger"), integrity: other() }),
  },
  {
    what: "integrity removed",
    on: "bare",
    codes: ["LOCKFILE_INTEGRITY_ABSENT"],
    alter: (entry) => delete entry.integrity,
  },
  {
    what: "integrity weakened to sha1, and right",
    on: "weak",
    codes: ["LOCKFILE_INTEGRITY_WEAK"],
    alter: (entry) => {
      entry.integrity = digest("weak", "sha1");
    },
  },
  {
    what: "two digests of one algorithm, the first of them right",
    on: "doubled",
    codes: ["LOCKFILE_INTEGRITY_AMBIGUOUS"],
    alter: (entry) => {
      entry.integrity = `${digest("doubled", "sha512")} ${other()}`;
    },
  },
  {
    what: "good weak digest with a bad strong one",
    on: "mixed",
    codes: ["DIGEST_MISMATCH"],
    alter: (entry) => {
      entry.integrity = `${digest("mixed", "sha1")} ${other()}`;
    },
  },
  {
    what: "good strong digest with another strong one that is bad",
    on: "half-right",
    codes: ["DIGEST_MISMATCH"],
    alter: (entry) => {
      entry.integrity = `${digest("half-right", "sha512")} ${digest("stranger", "sha384")}`;
    },
  },
  {
    what: "a digest cut short",
    on: "short",
    codes: ["LOCKFILE_INTEGRITY_AMBIGUOUS"],
    alter: (entry) => {
      entry.integrity = entry.integrity?.slice(0, -8) ?? "";
    },
  },
];

let report: ShownReport;
before(async () => {
  simulator.publish(small("stranger"));
  simulator.publish(small("downgraded", "0.9.0"));
  const names = [...ATTACKS.map(({ on }) => on), "honest"];
  for (const name of names) simulator.publish(small(name));
  const wanted = Object.fromEntries(names.map((name) => [name, "1.0.0"]));
  const project = await scene.forged(wanted, ({ packages }) => {
    for (const { on, alter } of ATTACKS) alter(packages[`node_modules/${on}`] ?? {});
  });
  report = await scene.refused(project, { code: "DIGEST_MISMATCH", of: "mixed@1.0.0" });
});

for (const { what, on, codes } of ATTACKS) {
  test(what, () => {
    const [verdict] = report.verdicts.filter(({ location }) => location === `node_modules/${on}`);
    assert.equal(verdict?.result, "FAILED");
    assert.deepEqual(verdict.findings.map(({ code }) => code).sort(), codes);
  });
}

test("as many verdicts as entries, and what is honest beside all that still passes", () => {
  assert.deepEqual(report.counts.entries, ATTACKS.length + 1);
  assert.deepEqual([report.counts.failed, report.counts.passed], [ATTACKS.length, 1]);
  assert.deepEqual(codesOf(report, "honest@1.0.0"), []);
});

test("substituted tarball: another package's bytes under an honest manifest and lockfile", async () => {
  const project = await scene.project({ honest: "1.0.0" });
  simulator.substitute("honest", "1.0.0", { name: "stranger", version: "1.0.0" });
  const refused = await scene.refused(project, { code: "DIGEST_MISMATCH", of: "honest@1.0.0" });
  assert.equal(refused.tampered, true);
});

test("substituted everywhere: registry, manifest and signature agree with each other, and not with the lockfile", async () => {
  simulator.publish(small("soup"));
  const project = await scene.project({ soup: "1.0.0" });
  simulator.publish(small("soup", "1.0.0", { description: "another" }), { replace: true });
  await scene.refused(project, { code: "DIGEST_MISMATCH", of: "soup@1.0.0" });
});

function addressOf(name: string, version = "1.0.0"): string {
  return `${scene.served.url}${name}/-/${name}-${version}.tgz`;
}
