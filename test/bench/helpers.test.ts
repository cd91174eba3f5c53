/** What the bench counts and tells is right, or its numbers mean nothing. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { alternate, type Measured, median, medianCpu, medianWall, ratio } from "../../bench/alternate.js";
import { isAttested } from "../../bench/attested.js";
import { timed, watched } from "../../bench/command.js";
import { hexOf, packagesOf, withAddresses } from "../../bench/lockfile.js";
import { readOptions, SECTIONS } from "../../bench/options.js";
import { sharedOut } from "../../bench/programs/bare.js";
import { recordedBundles } from "../../bench/recorded-bundles.js";
import { compared, duration, targetsTable } from "../../bench/report.js";
import type { Lockfile } from "../../registry-fixtures/lockfile.js";
import { ROOT } from "../docs/pages.js";

const folder = mkdtempSync(join(tmpdir(), "bench-test-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const committed = JSON.parse(readFileSync(join(ROOT, "bench/project/package-lock.json"), "utf8")) as Lockfile;
const took = (wallMs: number, cpuSeconds: number | null = null): Measured => ({ wallMs, cpuSeconds });

describe("contestants", () => {
  it("run in turns, each prepared before each of its runs", async () => {
    const log: string[] = [];
    const contestant = (name: string, walls: number[]) => ({
      name,
      prepare: async () => void log.push(`prepare ${name}`),
      run: async () => {
        log.push(name);
        return took(walls.shift() ?? Number.NaN);
      },
    });
    const [a, b] = await alternate([contestant("A", [2, 30, 4]), contestant("B", [1, 10, 2])], 3, () => {});
    const round = ["prepare A", "A", "prepare B", "B"];
    assert.deepEqual(log, [...round, ...round, ...round]);
    assert.ok(a && b);
    assert.deepEqual([medianWall(a), medianWall(b), ratio(a, b)], [4, 2, 2]);
  });

  it("are compared round by round: a slow round is slow for both", () => {
    const ours = { name: "A", runs: [took(10), took(1000), took(10)] };
    const other = { name: "B", runs: [took(10), took(1000), took(20)] };
    assert.equal(ratio(ours, other), 1);
    assert.equal(medianCpu(ours), null);
    assert.equal(medianCpu({ name: "C", runs: [took(1, 3), took(1, 5)] }), 4);
  });

  it("have no median without a run", () => {
    assert.deepEqual([median([3, 1, 2]), median([4, 1, 2, 3])], [2, 2.5]);
    assert.throws(() => median([]), RangeError);
  });

  it("meet a target, miss it, or have none", () => {
    const [ours, other] = [
      { name: "A", runs: [took(30)] },
      { name: "B", runs: [took(20)] },
    ];
    const lines = targetsTable([
      compared("met", ours, other, 1.5),
      compared("missed", ours, other, 1.4),
      compared("free", ours, other, Number.POSITIVE_INFINITY),
    ]).split("\n");
    assert.equal(lines[2], "| met | 1.50 × | ≤ 1.50 × | met |");
    assert.equal(lines[3], "| missed | 1.50 × | ≤ 1.40 × | **missed** |");
    assert.equal(lines[4], "| free | 1.50 × | – |  |");
  });
});

describe("what is attested", () => {
  it("is about the share that was asked for, and always the same", () => {
    const names = Array.from({ length: 2000 }, (_, at) => `package-${at}`);
    const chosen = names.filter((name) => isAttested(name, "1.0.0", 0.4));
    assert.ok(chosen.length > 720 && chosen.length < 880, String(chosen.length));
    assert.deepEqual(chosen.slice(0, 3), ["package-0", "package-1", "package-2"]);
    assert.deepEqual([isAttested("a", "1.0.0", 0), isAttested("a", "1.0.0", 1)], [false, true]);
  });

  it("was recorded: bundles of both kinds, each of a package, a version and bytes", () => {
    const [provenance, publish] = [recordedBundles("provenance"), recordedBundles("publish")];
    assert.deepEqual([provenance.length, publish.length], [5, 6]);
    for (const { name, version, purl, sha512 } of [...provenance, ...publish]) {
      assert.equal(purl, `pkg:npm/${name.replace("@", "%40")}@${version}`);
      assert.match(sha512, /^[0-9a-f]{128}$/);
    }
  });

  it("is told in milliseconds with decimals where it takes few of them", () => {
    assert.deepEqual([0.5, 9.994, 10, 999.4, 1000].map(duration), ["0.50 ms", "9.99 ms", "10 ms", "999 ms", "1.00 s"]);
  });
});

describe("a measured program", () => {
  const program = (script: string) => {
    return { line: [process.execPath, "-e", script] as const, cwd: folder, env: { PATH: process.env.PATH ?? "" } };
  };

  it("gives its time and its output, or throws what it said last", async () => {
    const ran = await timed(program("console.log('done')"));
    assert.equal(ran.stdout, "done\n");
    assert.ok(ran.wallMs > 0 && (ran.cpuSeconds === null || ran.cpuSeconds < 60));
    await assert.rejects(timed(program("console.error('no such luck'); process.exit(3)")), /no such luck/);
  });

  it("is told apart from its children by memory", { skip: process.platform !== "linux" }, async () => {
    const child = "const b = Buffer.alloc(2e8, 1); setTimeout(() => b.length, 400)";
    const line = `require("child_process").spawnSync(process.execPath, ["-e", ${JSON.stringify(child)}])`;
    const { own, children } = await watched(program(line));
    assert.ok(own !== null && own < 1.5e8, String(own));
    assert.ok(children !== null && children > 2e8, String(children));
  });
});

describe("the committed lockfile", () => {
  it("has about 2,000 entries, none with an address, all with a sha512 digest", () => {
    const entries = Object.entries(committed.packages ?? {}).filter(([location]) => location !== "");
    assert.ok(entries.length > 1800 && entries.length < 2300, String(entries.length));
    assert.ok(entries.every(([, { resolved }]) => resolved === undefined));
    assert.ok(packagesOf(committed).every(({ integrity }) => hexOf(integrity).length === 128));
  });

  it("is given addresses, aliases by the name of their package", () => {
    const lockfile: Lockfile = {
      ...{ name: "p", lockfileVersion: 3, requires: true },
      packages: {
        "": { name: "p" },
        "node_modules/a": { version: "1.0.0", integrity: "sha512-QQ==" },
        "node_modules/a/node_modules/alias": { name: "@s/b", version: "2.0.0", integrity: "sha512-Qg==" },
      },
    };
    const packages = withAddresses(lockfile, "https://npm.example.net/").packages ?? {};
    assert.equal(packages["node_modules/a"]?.resolved, "https://npm.example.net/a/-/a-1.0.0.tgz");
    const alias = packages["node_modules/a/node_modules/alias"];
    assert.equal(alias?.resolved, "https://npm.example.net/@s/b/-/b-2.0.0.tgz");
    assert.deepEqual(packages[""], { name: "p" });
    assert.throws(() => packagesOf({ ...lockfile, packages: { "node_modules/a": { version: "1.0.0" } } }), /sha512/);
  });
});

describe("the bench's command line", () => {
  it("takes rounds, sections and a generated lockfile, and nothing that it does not know", () => {
    assert.deepEqual(readOptions([])?.only, SECTIONS);
    const given = readOptions(["--pairs=5", "--only", "audit,proof", "--generated=20", "--many=100"]);
    assert.deepEqual([given?.pairs, given?.only, given?.generated, given?.many], [5, ["audit", "proof"], 20, 100]);
    assert.equal(readOptions(["--help"]), null);
    for (const wrong of [["--pairs=0"], ["--only=speed"], ["--fast"], ["--many=1.5"]]) {
      assert.throws(() => readOptions(wrong), wrong.join(" "));
    }
  });
});

describe("bare work", () => {
  it("is shared out evenly by bytes, every file once", () => {
    const sizes = [900_000, 100_000, 300_000, 300_000, 200_000];
    const files = sizes.map((size, at) => {
      const file = join(folder, `f${at}`);
      writeFileSync(file, Buffer.alloc(size));
      return file;
    });
    const shares = sharedOut(files, 2);
    assert.deepEqual(shares.flat().sort(), files);
    assert.ok(shares.some((share) => share.length === 1 && share[0] === files[0]));
  });
});
