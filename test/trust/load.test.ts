import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "node:test";
import { diskFiles } from "../../src/files/disk.js";
import { LIMITS } from "../../src/model/limits.js";
import type { TrustStore } from "../../src/model/policy.js";
import type { Files } from "../../src/model/world.js";
import { BUILTIN } from "../../src/trust/builtin.js";
import { loadTrust } from "../../src/trust/load.js";
import { observationLine } from "../../src/trust/observed.js";
import type { ReadCertificate } from "../../src/trust/store.js";
import {
  ACME_ROOT,
  NOW,
  readByFirstLine,
  sample,
  sampleDenials,
  sampleExceptions,
  sampleRoot,
  stoppedLater,
  V4,
  V6,
} from "./samples.js";

const disk = diskFiles();

/** Runs `use` in a new folder, which is removed afterwards. */
async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "trust-")));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Options {
  readonly root?: string | null;
  readonly directory?: string | null;
  readonly files?: Files;
  readonly read?: ReadCertificate;
}

const load = (project: string, options: Options = {}): Promise<TrustStore> =>
  loadTrust(
    options.files ?? disk,
    { project, repositoryRoot: options.root ?? null, directory: options.directory ?? null, now: NOW },
    options.read ?? readByFirstLine,
  );

async function put(folder: string, files: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), typeof content === "string" ? content : JSON.stringify(content, null, 2));
  }
}

const whole = {
  ".secure-install/trust.json": sample(),
  ".secure-install/exceptions.json": sampleExceptions(),
  ".secure-install/deny.json": sampleDenials(),
  [`.secure-install/keys/${V4}.asc`]: `${V4}\n`,
  [`.secure-install/keys/${V6}.asc`]: `${V6}\n`,
  [`.secure-install/${ACME_ROOT}`]: sampleRoot(),
  ".secure-install/observed.lock": `${observationLine({
    ...{ ecosystem: "npm", name: "left-pad", version: "1.3.0", registry: "npmjs", evidence: [], signers: [] },
    ...{ digest: { algorithm: "sha512", hex: "07".repeat(64) }, publisher: null, source: null, published: null },
    ...{ seen: 0, reviewed: false },
  })}\n`,
};

test("without a store the built-in floor applies", () =>
  inFolder(async (folder) => {
    const store = await load(folder);
    assert.deepEqual([store.directory, store.digest, store.findings], [null, null, []]);
    assert.deepEqual(store.registries, BUILTIN);
  }));

test("a whole store is loaded from the repository's root", () =>
  inFolder(async (folder) => {
    await put(folder, { ...whole, "packages/app/package.json": "{}" });
    const store = await load(join(folder, "packages/app"), { root: folder });
    assert.equal(store.directory, join(folder, ".secure-install"));
    assert.deepEqual([store.rules.length, store.exceptions.length, store.denials.length], [1, 1, 1]);
    assert.deepEqual([...store.certificates.keys()], [V4, V6]);
    assert.match(store.digest ?? "", /^[0-9a-f]{64}$/);
  }));

test("a store below the repository's root is refused, wherever it lies between", () =>
  inFolder(async (folder) => {
    for (const nested of ["packages/app/.secure-install", "packages/.secure-install"]) {
      await put(folder, { [`${nested}/trust.json`]: { format: 1 }, "packages/app/package.json": "{}" });
      const error = await stoppedLater(load(join(folder, "packages/app"), { root: folder }));
      assert.deepEqual([error.code, error.at], ["TRUST_NESTED", join(folder, nested)]);
      await rename(join(folder, nested), join(folder, nested.replace(".secure", "secure")));
    }
    await load(join(folder, "packages/app"), { root: folder });
  }));

test("a nested store is found also when the project is reached through a link", () =>
  inFolder(async (folder) => {
    await put(folder, { "repo/app/.secure-install/trust.json": { format: 1 } });
    await symlink(join(folder, "repo"), join(folder, "door"));
    const error = await stoppedLater(load(join(folder, "door/app"), { root: join(folder, "repo") }));
    assert.equal(error.code, "TRUST_NESTED");
  }));

test("the store that --trust names is used, and must exist", () =>
  inFolder(async (folder) => {
    await put(folder, { "elsewhere/deny.json": sampleDenials(), ".secure-install/trust.json": "broken" });
    const store = await load(folder, { directory: join(folder, "elsewhere") });
    assert.equal(store.denials.length, 1);
    const error = await stoppedLater(load(folder, { directory: join(folder, "nowhere") }));
    assert.deepEqual([error.code, /does not exist/.test(error.message)], ["TRUST_MALFORMED", true]);
  }));

test("a symbolic link in the place of the store, or of anything in it, is refused", () =>
  inFolder(async (folder) => {
    for (const path of ["", "/trust.json", "/deny.json", "/keys", `/keys/${V4}.asc`, "/sigstore", `/${ACME_ROOT}`]) {
      const project = join(folder, `project${path.replaceAll("/", "-")}`);
      await put(project, whole);
      const real = join(project, `.secure-install${path}`);
      await rename(real, join(project, "moved"));
      await symlink(join(project, "moved"), real);
      const error = await stoppedLater(load(project));
      assert.equal(error.code, "TRUST_MALFORMED");
      assert.match(error.message, /symbolic link/, path);
    }
  }));

test("a link that leads nowhere does not count as a missing store", () =>
  inFolder(async (folder) => {
    await symlink(join(folder, "gone"), join(folder, ".secure-install"));
    assert.match((await stoppedLater(load(folder))).message, /symbolic link/);
  }));

test("a file in the place of the store, and a folder in the place of a file, are refused", () =>
  inFolder(async (folder) => {
    await put(folder, {
      "a/.secure-install": "{}",
      "b/.secure-install/trust.json/x": "{}",
      "c/.secure-install/keys": "",
    });
    for (const project of ["a", "b", "c"]) {
      assert.match((await stoppedLater(load(join(folder, project)))).message, /must be a (folder|file)/);
    }
  }));

test("denials and exceptions count without a trust.json; a misspelled file name does not pass for nothing", () =>
  inFolder(async (folder) => {
    await put(folder, { ".secure-install/deny.json": sampleDenials(), ".secure-install/README.md": "#" });
    const store = await load(folder);
    assert.deepEqual([store.denials.length, store.registries], [1, BUILTIN]);
    await put(folder, { ".secure-install/denied.json": sampleDenials() });
    const error = await stoppedLater(load(folder));
    assert.deepEqual([error.code, error.at], ["TRUST_MALFORMED", "denied.json"]);
    assert.match(error.message, /Did you mean "deny\.json"/);
  }));

test("an identity whose certificate is missing names the path where it must lie", () =>
  inFolder(async (folder) => {
    const { [`.secure-install/keys/${V4}.asc`]: _, ...rest } = whole;
    await put(folder, rest);
    const error = await stoppedLater(load(folder));
    assert.match(error.message, new RegExp(`\\.secure-install/keys/${V4}\\.asc`));
    assert.match(error.at ?? "", /^trust\.json:\d+:\d+$/);
  }));

test("a certificate under another one's name, or that is none, is refused", () =>
  inFolder(async (folder) => {
    await put(folder, whole);
    const cases: [ReadCertificate, RegExp][] = [
      [async () => ({ ok: true, fingerprint: V4 }), /holds the certificate 0123.*not the one/],
      [async () => ({ ok: false, why: "it is a private key" }), /it is a private key/],
    ];
    for (const [read, says] of cases) {
      const error = await stoppedLater(load(folder, { read }));
      assert.match(error.message, says);
      assert.match(error.at ?? "", /^keys\/[0-9A-F]+\.asc$/);
    }
  }));

test("keys are named by their full fingerprint in upper case", () =>
  inFolder(async (folder) => {
    for (const name of [`${V4.toLowerCase()}.asc`, `${V4.slice(-16)}.asc`, `${V4}.gpg`, "author.asc"]) {
      const project = join(folder, name);
      await put(project, { [`.secure-install/keys/${name}`]: V4 });
      assert.match((await stoppedLater(load(project))).message, /not named after a certificate/);
    }
    await put(folder, { ".secure-install/keys/.gitkeep": "" });
    assert.equal((await load(folder)).certificates.size, 0);
  }));

test("what is too large or can't be read stops the run; it does not count as missing", () =>
  inFolder(async (folder) => {
    await put(folder, whole);
    for (const name of ["trust.json", "exceptions.json", "deny.json"]) {
      const forbidden = {
        ...disk,
        async read(path: string, most: number) {
          if (path.endsWith(name)) throw Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
          return disk.read(path, most);
        },
      };
      const error = await stoppedLater(load(folder, { files: forbidden }));
      assert.deepEqual([error.code, error.at], ["TRUST_MALFORMED", name]);
    }
    await put(folder, { ".secure-install/deny.json": " ".repeat(LIMITS.trustFileBytes + 1) });
    assert.match((await stoppedLater(load(folder))).message, /too large/);
  }));

test("the digest covers every file's name and bytes", () =>
  inFolder(async (folder) => {
    await put(folder, whole);
    const seen = new Set([(await load(folder)).digest]);
    for (const name of Object.keys(whole).filter((path) => path.endsWith(".json") || path.endsWith(".lock"))) {
      const path = join(folder, name);
      const before = await readFile(path);
      await writeFile(path, name.endsWith(".lock") ? "" : `${before}\n`);
      seen.add((await load(folder)).digest);
      await writeFile(path, before);
    }
    assert.equal(seen.size, 6);
    assert.ok(seen.has((await load(folder)).digest));
  }));

test("what ends within six weeks and what has ended are said at every load", () =>
  inFolder(async (folder) => {
    const trust = { format: 1, rules: [{ select: "npm:a", expires: "2026-12-01T00:00:00Z", reason: "r" }] };
    const one = sampleExceptions().exceptions[0];
    const exceptions = {
      format: 1,
      exceptions: [
        { ...one, expires: "2027-01-02T00:00:00Z" },
        { ...one, expires: "2027-01-03T00:00:00Z" },
        { ...one, expires: "2026-11-21T00:00:00Z" },
      ],
    };
    await put(folder, { ".secure-install/trust.json": trust, ".secure-install/exceptions.json": exceptions });
    assert.deepEqual(
      (await load(folder)).findings.map(({ code, says }) => [code, says.split(" ")[0]]),
      [
        ["EXCEPTION_EXPIRES", "exceptions[0]"],
        ["EXCEPTION_EXPIRED", "exceptions[2]"],
        ["EXCEPTION_EXPIRES", "rules[0]"],
      ],
    );
  }));
