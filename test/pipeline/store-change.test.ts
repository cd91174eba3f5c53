import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { generateKey } from "openpgp";
import { realWorld } from "../../src/cli/world.js";
import type { Observation } from "../../src/model/observation.js";
import type { Files, World } from "../../src/model/world.js";
import { changeStore, type StoreChange } from "../../src/pipeline/store-change.js";
import { editJson } from "../../src/trust/edit.js";
import { readStoreFiles } from "../../src/trust/load.js";
import { withObservations } from "../../src/trust/observed.js";
import { readStore, type StoreFiles } from "../../src/trust/store.js";
import { readCertificate } from "../../src/verify/openpgp-certificate.js";
import { NOW, SHA512, stoppedLater } from "../trust/samples.js";

const posix = process.platform !== "win32";
const isRoot = posix && process.getuid?.() === 0;
const TRUST = '{\n  "format": 1,\n  "rules": [\n    { "select": "npm:first", "reason": "it was there" }\n  ]\n}\n';

let folder = "";
let world: World;
before(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "changes-")));
  const real = realWorld();
  const cache = join(folder, "cache");
  const environment = { ...real.environment, variables: { XDG_CACHE_HOME: cache, LOCALAPPDATA: cache } };
  world = { ...real, environment, terminal: { ...real.terminal, err: () => {} } };
});
after(() => rm(folder, { recursive: true, force: true }));

let projects = 0;

/** A project with a store of these files. */
function project(files: Readonly<Record<string, string>> = { "trust.json": TRUST }) {
  const directory = join(folder, `project-${projects++}`);
  const store = join(directory, ".secure-install");
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(store, name)), { recursive: true });
    writeFileSync(join(store, name), text);
  }
  const place = { project: directory, directory: null, builtinOnly: false };
  const read = (name: string): string => readFileSync(join(store, name), "utf8");
  const names = (): string[] => readdirSync(store, { recursive: true, encoding: "utf8" }).sort();
  return { directory, store, place, read, names };
}

const textOf = (files: StoreFiles, name: string): string => Buffer.from(files.get(name) ?? "").toString("utf8");
const withText = (files: StoreFiles, name: string, text: string): StoreFiles =>
  new Map([...files, [name, Buffer.from(text)]]);
const withRule =
  (name: string): StoreChange =>
  (files) =>
    withText(
      files,
      "trust.json",
      editJson(
        textOf(files, "trust.json"),
        [{ op: "append", path: ["rules"], value: { select: `npm:${name}`, reason: name } }],
        "trust.json",
      ),
    );
const denial = (name: string): string => JSON.stringify({ format: 1, deny: [{ select: `npm:${name}`, reason: "no" }] });
const rulesIn = (text: string): string[] =>
  JSON.parse(text).rules.map((rule: { select: string }) => rule.select.slice(4));

/** A world whose disk does something else now and then. */
function withFiles(changes: Partial<Files>): World {
  return { ...world, files: { ...world.files, ...changes } };
}

const sight = (version: string): Observation => ({
  ecosystem: "npm",
  name: "lib",
  version,
  digest: { algorithm: "sha512", hex: Buffer.from(SHA512.slice(7), "base64").toString("hex") },
  registry: "npmjs",
  evidence: [],
  signers: [],
  publisher: null,
  source: null,
  published: null,
  seen: NOW,
  reviewed: false,
});
const observed =
  (version: string): StoreChange =>
  (files) =>
    withText(files, "observed.lock", withObservations(files.get("observed.lock") ?? null, [sight(version)]));

test("a change that would leave a store nobody can read is not written, and the error says what would be wrong", async () => {
  const { place, read, names } = project();
  for (const [change, at] of [
    [(files: StoreFiles) => withText(files, "trust.json", '{"format": 2}'), "trust.json:1:12"],
    [(files: StoreFiles) => withText(files, "deny.json", "{"), "deny.json:1:1"],
    [(files: StoreFiles) => withText(files, "other.json", "{}"), "other.json"],
    [(files: StoreFiles) => withText(files, "../outside", "{}"), "../outside"],
    [(files: StoreFiles) => withText(files, ".hidden", "x"), ".hidden"],
  ] as const) {
    const error = await stoppedLater(changeStore(world, place, change));
    assert.deepEqual([error.code, error.at], ["TRUST_MALFORMED", at]);
    assert.match(error.message, /^Nothing was written, since the store would be wrong: /);
  }
  assert.deepEqual([read("trust.json"), names()], [TRUST, ["trust.json"]]);
});

test("a store that can't be read already is for a person to correct, not for a program", async () => {
  const { place, read } = project({ "trust.json": '{"format": 1,}' });
  const error = await stoppedLater(changeStore(world, place, () => new Map([["trust.json", Buffer.from(TRUST)]])));
  assert.deepEqual([error.code, error.message.includes("Nothing was written")], ["TRUST_MALFORMED", false]);
  assert.equal(read("trust.json"), '{"format": 1,}');
});

test("symbolic links are refused, in the store and in its place", { skip: !posix }, async () => {
  for (const link of ["trust.json", "deny.json", "keys", "observed.lock", "."]) {
    const { store, place, directory } = project(link === "." ? {} : { "exceptions.json": '{"format":1}' });
    const target = join(directory, "elsewhere");
    if (link === "keys" || link === ".") mkdirSync(target);
    else writeFileSync(target, link === "observed.lock" ? "" : TRUST);
    symlinkSync(target, join(store, link));
    const error = await stoppedLater(changeStore(world, place, (files) => withText(files, "deny.json", denial("x"))));
    assert.deepEqual([error.code, /symbolic link/.test(error.message)], ["TRUST_MALFORMED", true], link);
    if (link !== "keys" && link !== ".")
      assert.equal(readFileSync(target, "utf8"), link === "observed.lock" ? "" : TRUST);
    else assert.deepEqual(readdirSync(target), []);
  }
});

test("a link that takes a file's place in between is not written through", { skip: !posix }, async () => {
  const { store, place, directory } = project();
  const target = join(directory, "elsewhere");
  writeFileSync(target, TRUST);
  const change: StoreChange = (files) => {
    if (!files.has("deny.json")) symlinkSync(target, join(store, "deny.json"));
    return withText(files, "deny.json", denial("x"));
  };
  assert.equal((await stoppedLater(changeStore(world, place, change))).code, "TRUST_MALFORMED");
  assert.equal(readFileSync(target, "utf8"), TRUST);
});

test("only what differs is written, and nothing where nothing does", async () => {
  const { place, store, read, names } = project({ "trust.json": TRUST, "deny.json": denial("a") });
  const times = new Map<string, string[]>([["written", []]]);
  const rename: Files["rename"] = async (from, to) => {
    times.get("written")?.push(to);
    return world.files.rename(from, to);
  };
  const same = await changeStore(withFiles({ rename }), place, (files) => new Map(files));
  assert.deepEqual([same.changed, same.directory, times.get("written")], [[], store, []]);
  const other = await changeStore(withFiles({ rename }), place, withRule("new"));
  assert.deepEqual([other.changed, times.get("written")], [["trust.json"], [join(store, "trust.json")]]);
  assert.deepEqual(
    [rulesIn(read("trust.json")), names()],
    [
      ["first", "new"],
      ["deny.json", "trust.json"],
    ],
  );
  assert.deepEqual([other.before.rules.length, other.after.rules.length], [1, 2]);
});

test("a file keeps its permissions", { skip: !posix }, async () => {
  const { place, store } = project();
  chmodSync(join(store, "trust.json"), 0o640);
  await changeStore(world, place, withRule("new"));
  assert.equal((await world.files.status(join(store, "trust.json")))?.mode, 0o640);
});

test("a store is made where there is none: at the repository's root, else in the project", async () => {
  const make: StoreChange = () => new Map([["trust.json", Buffer.from(TRUST)]]);
  const { directory, store } = project({});
  mkdirSync(join(directory, ".git"));
  mkdirSync(join(directory, "packages/app"), { recursive: true });
  const below = { project: join(directory, "packages/app"), directory: null, builtinOnly: false };
  assert.deepEqual((await changeStore(world, below, make)).directory, store);
  const alone = project({});
  assert.deepEqual((await changeStore(world, alone.place, make)).directory, alone.store);
  assert.equal(alone.read("trust.json"), TRUST);
});

test("a store that --trust names must be there, and one below the root is refused", async () => {
  const { directory, place } = project();
  const missing = { ...place, directory: join(directory, "no-such-store") };
  assert.equal((await stoppedLater(changeStore(world, missing, withRule("a")))).code, "TRUST_MALFORMED");
  const nested = project({});
  mkdirSync(join(nested.directory, ".git"));
  mkdirSync(join(nested.directory, "app", ".secure-install"), { recursive: true });
  const below = { project: join(nested.directory, "app"), directory: null, builtinOnly: false };
  assert.equal((await stoppedLater(changeStore(world, below, withRule("a")))).code, "TRUST_NESTED");
});

test("the first observations bring the attributes by which two branches merge; one that is there is left alone", async () => {
  const first = project();
  const { changed } = await changeStore(world, first.place, observed("1.0.0"));
  assert.deepEqual(changed, [".gitattributes", "observed.lock"]);
  assert.match(first.read(".gitattributes"), /^observed\.lock merge=union$/m);
  rmSync(join(first.store, ".gitattributes"));
  assert.deepEqual((await changeStore(world, first.place, observed("1.0.1"))).changed, ["observed.lock"]);
  const own = project({ "trust.json": TRUST, ".gitattributes": "* text\n" });
  assert.deepEqual((await changeStore(world, own.place, observed("1.0.0"))).changed, ["observed.lock"]);
  assert.equal(own.read(".gitattributes"), "* text\n");
});

test("twenty writers at once lose nothing", async () => {
  const { place, read, names } = project();
  const all = Array.from({ length: 20 }, (_, at) => `lib-${at}`);
  await Promise.all(all.map((name) => changeStore(world, place, withRule(name))));
  assert.deepEqual(rulesIn(read("trust.json")).sort(), [...all, "first"].sort());
  assert.deepEqual(names(), ["trust.json"], "no draft stays behind");
});

test("writers in processes of their own lose nothing, and a killed one leaves a store that loads", async (t) => {
  const { place, read, store } = project();
  const processes = Array.from({ length: 3 }, (_, at) => writerProcess(t, place.project, `p${at}`));
  await Promise.all(processes.map(({ ended }) => ended));
  assert.equal(rulesIn(read("trust.json")).length, 1 + 3 * 3);
  const killed = writerProcess(t, place.project, "k", 1_000);
  await killed.first;
  killed.child.kill("SIGKILL");
  await killed.ended;
  const files = await readStoreFiles(world.files, store);
  await readStore(files, { directory: store, now: NOW }, readCertificate);
  await changeStore(world, place, withRule("after"));
  assert.ok(rulesIn(read("trust.json")).includes("after"));
});

test("what a person saves between reading and writing survives, and the change is made to that", async () => {
  for (const moment of ["while the change is made", "when the drafts are written", "right before the renaming"]) {
    const { place, read: shown, store } = project();
    const edited = TRUST.replace("it was there", "edited by hand");
    let saved = false;
    const save = (): void => {
      if (!saved) writeFileSync(join(store, "trust.json"), edited);
      saved = true;
    };
    const write: Files["write"] = async (file, bytes, mode) => {
      await world.files.write(file, bytes, mode);
      if (moment.includes("drafts") && file.includes("trust.json")) save();
    };
    // The store is read, and read again when the drafts are there; the third look is the one at this file alone.
    let reads = 0;
    const read: Files["read"] = async (file, most) => {
      const bytes = await world.files.read(file, most);
      if (moment.includes("right before") && file.endsWith("trust.json") && ++reads === 2) save();
      return bytes;
    };
    const change: StoreChange = (files) => {
      if (moment.includes("change")) save();
      return withRule("new")(files);
    };
    const { changed } = await changeStore(withFiles({ write, read }), place, change);
    assert.deepEqual([changed, rulesIn(shown("trust.json"))], [["trust.json"], ["first", "new"]], moment);
    assert.ok(saved && shown("trust.json").includes("edited by hand"), moment);
  }
});

test("a file that is not written counts too: what would no longer fit is made anew", async () => {
  const { place, store, read } = project({ "trust.json": TRUST, "deny.json": denial("a") });
  let tries = 0;
  await changeStore(world, place, (files) => {
    if (tries++ === 0) writeFileSync(join(store, "deny.json"), denial("b"));
    return withText(
      files,
      "exceptions.json",
      `{"format":1,"exceptions":[]}${files.get("deny.json")?.length === 0 ? " " : ""}`,
    );
  });
  assert.deepEqual([tries, read("deny.json")], [2, denial("b")]);
});

test("a file that somebody puts there in between is seen before anything is written", async () => {
  const { place, store, read } = project();
  let tries = 0;
  await changeStore(world, place, (files) => {
    if (tries++ === 0) writeFileSync(join(store, "deny.json"), denial("x"));
    return withRule(files.has("deny.json") ? "with" : "without")(files);
  });
  assert.deepEqual([tries, rulesIn(read("trust.json"))], [2, ["first", "with"]]);
});

test("where somebody writes without pause, it ends, and everything is as they left it", async () => {
  const { place, store, read, names } = project();
  let tries = 0;
  const error = await stoppedLater(
    changeStore(world, place, (files) => {
      writeFileSync(join(store, "trust.json"), `${TRUST}${" ".repeat(++tries)}`);
      return withRule("new")(files);
    }),
  );
  assert.deepEqual([error.code, tries <= 10], ["ENVIRONMENT_UNUSABLE", true]);
  assert.deepEqual([read("trust.json"), names()], [`${TRUST}${" ".repeat(tries)}`, ["trust.json"]]);
});

test("of several files, all or none: where the second can't be written, the first is put back", async () => {
  const change: StoreChange = (files) => withText(withRule("new")(files) as StoreFiles, "deny.json", denial("x"));
  for (const [fail, files] of [
    ["rename", { "trust.json": TRUST }],
    ["rename", { "trust.json": TRUST, "deny.json": denial("old") }],
    ["write", { "trust.json": TRUST, "deny.json": denial("old") }],
  ] as const) {
    const { place, read, names } = project(files);
    const found = names();
    let count = 0;
    const full = (): void => {
      if (++count === 2) throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    };
    const disk: Partial<Files> =
      fail === "rename"
        ? {
            rename: async (from, to) => {
              full();
              return world.files.rename(from, to);
            },
          }
        : {
            write: async (file, bytes, mode) => {
              if (file.includes(".tmp")) full();
              return world.files.write(file, bytes, mode);
            },
          };
    const error = await stoppedLater(changeStore(withFiles(disk), place, change));
    assert.deepEqual(
      [error.code, /is as it was: ENOSPC/.test(error.message)],
      ["ENVIRONMENT_UNUSABLE", true],
      error.message,
    );
    assert.deepEqual(names(), found);
    for (const [name, text] of Object.entries(files)) assert.equal(read(name), text);
  }
});

test("a disk that is full from the first byte leaves no folder behind", async () => {
  const { directory, place } = project({});
  const write: Files["write"] = async (file, bytes, mode) => {
    if (file.includes(".tmp")) throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
    return world.files.write(file, bytes, mode);
  };
  const change: StoreChange = () => new Map([["trust.json", Buffer.from(TRUST)]]);
  assert.equal((await stoppedLater(changeStore(withFiles({ write }), place, change))).code, "ENVIRONMENT_UNUSABLE");
  assert.deepEqual(readdirSync(directory), []);
});

test("a folder that can't be written is said so", { skip: !posix || isRoot }, async () => {
  const { place, store, read } = project();
  chmodSync(store, 0o555);
  try {
    const error = await stoppedLater(changeStore(world, place, withRule("new")));
    assert.deepEqual([error.code, error.at, /EACCES/.test(error.message)], ["ENVIRONMENT_UNUSABLE", store, true]);
    assert.equal(read("trust.json"), TRUST);
  } finally {
    chmodSync(store, 0o755);
  }
});

test("whatever moment a run is killed at, the store loads: certificates come first, and go last", async () => {
  const { publicKey } = await generateKey({ userIDs: [{ name: "x" }], format: "object", type: "curve25519" });
  const fingerprint = publicKey.getFingerprint().toUpperCase();
  const trusting = JSON.stringify({ format: 1, publishers: { x: { identities: [{ type: "openpgp", fingerprint }] } } });
  const key = `keys/${fingerprint}.asc`;
  const { place, store, names } = project();
  const states: string[][] = [];
  const look = async (): Promise<void> => {
    const files = await readStoreFiles(world.files, store);
    await readStore(files, { directory: store, now: NOW }, readCertificate);
    states.push([...files.keys()]);
  };
  const disk = withFiles({
    rename: async (from, to) => {
      await look();
      await world.files.rename(from, to);
      await look();
    },
    remove: async (file) => {
      await world.files.remove(file);
      if (file.startsWith(store)) await look();
    },
  });
  const add: StoreChange = (files) => withText(withText(files, key, publicKey.armor()), "trust.json", trusting);
  assert.deepEqual((await changeStore(disk, place, add)).changed, [key, "trust.json"].sort());
  const drop: StoreChange = (files) =>
    new Map(
      [...files]
        .filter(([name]) => name !== key)
        .map(([name, bytes]) => [name, name === "trust.json" ? Buffer.from(TRUST) : bytes]),
    );
  assert.deepEqual((await changeStore(disk, place, drop)).changed, [key, "trust.json"].sort());
  assert.ok(states.length >= 6);
  assert.deepEqual(names(), ["keys", "trust.json"]);
});

test("what a killed run left behind is no part of the store, and goes once it is old enough to be nobody's", async () => {
  const old = `.trust.json.${"0".repeat(18)}.tmp`;
  const fresh = `.trust.json.${"1".repeat(18)}.tmp`;
  const own = ".notes.tmp";
  const { place, store, read, names } = project({ "trust.json": TRUST, [old]: "{", [fresh]: "{", [own]: "{" });
  const longAgo = new Date(Date.now() - 3_600_000);
  for (const name of [old, own]) utimesSync(join(store, name), longAgo, longAgo);
  await changeStore(world, place, withRule("new"));
  assert.deepEqual(
    [rulesIn(read("trust.json")), names()],
    [
      ["first", "new"],
      [own, fresh, "trust.json"],
    ],
  );
});

test("folders that were made for nothing are gone again", async () => {
  const { place, names } = project();
  const rename: Files["rename"] = () => Promise.reject(Object.assign(new Error("EROFS"), { code: "EROFS" }));
  const change: StoreChange = (files) => withText(files, "signatures/someone.asc", "x");
  assert.equal((await stoppedLater(changeStore(withFiles({ rename }), place, change))).code, "ENVIRONMENT_UNUSABLE");
  assert.deepEqual(names(), ["trust.json"]);
});

/** A process that appends rules to the store of a project; `count` of them, named after it. */
function writerProcess(t: TestContext, directory: string, name: string, count = 3) {
  const module = new URL("../../src/pipeline/store-change.js", import.meta.url).href;
  const source = `
    import { realWorld } from ${JSON.stringify(new URL("../../src/cli/world.js", import.meta.url).href)};
    import { changeStore } from ${JSON.stringify(module)};
    import { editJson } from ${JSON.stringify(new URL("../../src/trust/edit.js", import.meta.url).href)};
    const place = { project: ${JSON.stringify(directory)}, directory: null, builtinOnly: false };
    const world = realWorld();
    for (let at = 0; at < ${count}; at++) {
      await changeStore({ ...world, terminal: { ...world.terminal, err() {} } }, place, (files) => {
        const edit = { op: "append", path: ["rules"], value: { select: "npm:${name}-" + at, reason: "x" } };
        const text = editJson(Buffer.from(files.get("trust.json")).toString(), [edit], "trust.json");
        return new Map([...files, ["trust.json", Buffer.from(text)]]);
      });
      console.log(at);
    }
    await world.workers.close();
  `;
  const cache = join(folder, "cache");
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], {
    env: { PATH: process.env.PATH, HOME: folder, XDG_CACHE_HOME: cache, LOCALAPPDATA: cache },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const ended = new Promise<void>((done) => child.on("close", () => done()));
  const first = new Promise<void>((done) => child.stdout.once("data", () => done()));
  return { child, ended, first };
}
