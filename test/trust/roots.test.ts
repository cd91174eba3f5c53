/** What lies in roots/ of a trust store: held against its signatures whenever it is read, however old it is. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { TUF_DATES, tufVector } from "../../registry-fixtures/tuf-repository.js";
import { StopError } from "../../src/model/finding.js";
import type { RegistryKey } from "../../src/model/policy.js";
import { BUILTIN, isBuiltinKey } from "../../src/trust/builtin.js";
import { storeFindings } from "../../src/trust/findings.js";
import { withRenewedKeys } from "../../src/trust/renewed-keys.js";
import { type RootFiles, readRoots } from "../../src/trust/roots.js";
import { readStore } from "../../src/trust/store.js";
import { ROOT_FILES, rootFile, shippedRoot } from "../../src/trust/tuf.js";
import { bytes, mintKey, NOW } from "./samples.js";
import { npmKeysJson, renewedOn, TufMaker, withRoots } from "./tuf-maker.js";

const KEYS = BUILTIN.find(({ id }) => id === "npmjs")?.keys ?? [];
const [OLD, CURRENT] = [KEYS[0] ?? assert.fail(), KEYS[1] ?? assert.fail()];
const real = keptAt("2026-08-21");

/** What a refresh on that day leaves. */
function keptAt(date: (typeof TUF_DATES)[number]): RootFiles {
  const trustedRoot = date < "2025-11" ? "trusted_root-2025.json" : "trusted_root.json";
  return new Map([
    [ROOT_FILES.timestamp, tufVector(`snapshots/${date}/timestamp.json`)],
    [ROOT_FILES.snapshot, tufVector(`snapshots/${date}/snapshot.json`)],
    [ROOT_FILES.targets, tufVector(`snapshots/${date}/targets.json`)],
    [ROOT_FILES.npm, tufVector(`snapshots/${date}/registry.npmjs.org.json`)],
    [ROOT_FILES.npmKeys, tufVector("targets/registry.npmjs.org/keys.json")],
    [ROOT_FILES.trustedRoot, tufVector(`targets/${trustedRoot}`)],
    [ROOT_FILES.renewed, renewedOn(`${date}T12:00:00.000Z`)],
  ]);
}

async function refused(files: RootFiles, at: string, shipped: Uint8Array | null = null): Promise<string> {
  const error = await readRoots(files, shipped).then(
    () => assert.fail(`${at} was read`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof StopError, String(error));
  assert.deepEqual([error.code, error.at?.replace(/:\d+:\d+$/, "")], ["TRUST_MALFORMED", at], error.message);
  return error.message;
}

const changed = (files: RootFiles, name: string, content: Uint8Array | null): RootFiles => {
  const copy = new Map(files);
  if (content === null) copy.delete(name);
  else copy.set(name, content);
  return copy;
};

describe("what a refresh really brought", () => {
  test("Sigstore's roots of that day are the ones by which builds are judged; the shipped ones without a refresh", async () => {
    for (const date of TUF_DATES) {
      const kept = keptAt(date);
      const { sigstore } = await readStore(kept, { directory: "/p", now: NOW }, () => assert.fail());
      assert.deepEqual(
        sigstore.map(({ id, root }) => [id, root]),
        [["public-good", kept.get(ROOT_FILES.trustedRoot)]],
      );
    }
    const { sigstore } = await readStore(new Map(), { directory: "/p", now: NOW }, () => assert.fail());
    assert.deepEqual(
      sigstore.map(({ root }) => root),
      [null],
    );
  });

  test("is read at every date, however long ago its metadata ended", async () => {
    for (const date of TUF_DATES) {
      const roots = await readRoots(keptAt(date));
      assert.equal(roots?.renewed, Date.parse(`${date}T12:00:00Z`));
      assert.deepEqual(
        roots?.npmKeys.map(({ keyid, spki }) => [keyid, spki]),
        KEYS.map(({ keyid, spki }) => [keyid, spki]),
      );
    }
  });

  test("leaves npm's keys as they are built in, and weakens nothing", async () => {
    const store = await readStore(real, { directory: "/store", now: NOW }, async () => assert.fail());
    const npmjs = store.registries.find(({ id }) => id === "npmjs") ?? assert.fail();
    assert.deepEqual(
      npmjs.keys.map(({ renewed: _, ...key }) => key),
      KEYS,
    );
    assert.deepEqual([store.findings, store.renewed], [[], Date.parse("2026-08-21T12:00:00Z")]);
    assert.ok(npmjs.keys.every(isBuiltinKey));
  });

  test("is nothing where the folder is not there", async () => {
    assert.equal(await readRoots(new Map([["trust.json", bytes({ format: 1 })]])), null);
  });

  test("the root that is shipped is the newest of the recorded ones", async () => {
    assert.deepEqual(
      JSON.parse((await shippedRoot()).toString()),
      JSON.parse(tufVector("roots/15.root.json").toString()),
    );
  });
});

describe("nothing that a hand put there is believed", () => {
  for (const name of real.keys()) {
    test(`${name} is missing`, async () => {
      const why = await refused(changed(real, name, null), name);
      assert.match(why, /is missing/);
    });
  }

  test("the attacker's key among npm's", async () => {
    const keys = JSON.parse(tufVector("targets/registry.npmjs.org/keys.json").toString());
    const { keyid, key } = mintKey();
    const added = { keys: [...keys.keys, ...(npmKeysJson({ keyid, key }).keys as unknown[])] };
    const why = await refused(changed(real, ROOT_FILES.npmKeys, bytes(added)), ROOT_FILES.npmKeys);
    assert.match(why, /not what the repository has signed: \d+ bytes came where 2121 are signed for/);
  });

  test("the same length, another key", async () => {
    const text = tufVector("targets/registry.npmjs.org/keys.json").toString().replace("2025-01-29", "2099-01-29");
    assert.match(await refused(changed(real, ROOT_FILES.npmKeys, Buffer.from(text)), ROOT_FILES.npmKeys), /SHA-256/);
  });

  test("metadata of two dates", async () => {
    const older = keptAt("2025-11-23");
    for (const name of [ROOT_FILES.timestamp, ROOT_FILES.snapshot, ROOT_FILES.targets, ROOT_FILES.npm]) {
      const mixed = changed(real, name, older.get(name) ?? null);
      const at = name === ROOT_FILES.timestamp ? ROOT_FILES.snapshot : name;
      assert.match(await refused(mixed, at), /not what the repository has signed/);
    }
  });

  test("a whole repository of the attacker's, with a root of its own", async () => {
    const theirs = new TufMaker();
    const state = withRoots(theirs.state({ npmKeys: npmKeysJson(mintKey()) }), { 16: theirs.root(16) });
    assert.match(await refused(state.kept, rootFile(16)), /root was signed by 0\/3 keys/);
    await refused(changed(state.kept, rootFile(16), null), ROOT_FILES.timestamp);
  });

  test("a link of the chain of roots that is missing, or signed by the newer keys alone", async () => {
    const [first, second] = [new TufMaker(), new TufMaker()];
    const state = second.state({ npmKeys: npmKeysJson(mintKey()) });
    const handed = withRoots(state, { 2: first.root(2), 3: first.root(3, { next: second }) });
    const shipped = first.shipped();
    assert.equal((await readRoots(handed.kept, shipped))?.npmKeys.length, 1);
    await refused(changed(handed.kept, rootFile(2), null), rootFile(3), shipped);
    const alone = withRoots(state, { 2: first.root(2), 3: first.root(3, { next: second, by: [second] }) });
    await refused(alone.kept, rootFile(3), shipped);
    const again = withRoots(state, { 2: first.root(3, { next: second }) });
    await refused(again.kept, rootFile(2), shipped);
  });

  test("a day on which it could not be had, or that is none", async () => {
    await refused(changed(real, ROOT_FILES.renewed, renewedOn("2026-11-01T00:00:00Z")), ROOT_FILES.renewed);
    await refused(changed(real, ROOT_FILES.renewed, renewedOn("yesterday")), ROOT_FILES.renewed);
    const more = bytes({ format: 1, renewed: "2026-08-22T00:00:00Z", until: "2027-01-01T00:00:00Z" });
    await refused(changed(real, ROOT_FILES.renewed, more), ROOT_FILES.renewed);
  });

  test("files that no refresh writes", async () => {
    for (const name of ["roots/npm-key.json", "roots/tuf-root-015.json", "roots/tuf-root-0.json", "roots/pypi.json"]) {
      await refused(changed(real, name, Buffer.from("{}")), name);
    }
  });

  test("a byte of any file: refused, or it means what it meant", async () => {
    const names = [...real.keys()].filter((name) => name !== ROOT_FILES.renewed);
    const expected = await readRoots(real);
    const anywhere = fc.tuple(
      fc.constantFrom(...names),
      fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      fc.integer({ min: 1, max: 255 }),
    );
    await fc.assert(
      fc.asyncProperty(anywhere, async ([name, where, flip]) => {
        const content = Buffer.from(real.get(name) ?? assert.fail());
        const at = Math.floor(where * content.length);
        content[at] = (content[at] ?? 0) ^ flip;
        const read = await readRoots(changed(real, name, content)).catch((error: unknown) => error);
        if (read instanceof StopError) assert.equal(read.code, "TRUST_MALFORMED");
        else assert.deepEqual(read, expected);
        const isTarget = name === ROOT_FILES.npmKeys || name === ROOT_FILES.trustedRoot;
        if (isTarget) assert.ok(read instanceof StopError);
      }),
      { numRuns: 120 },
    );
  });

  test("a file that is cut off anywhere", async () => {
    for (const name of real.keys()) {
      const content = real.get(name) ?? assert.fail();
      const last = Buffer.from(content).toString().trimEnd().length;
      for (let end = 0; end < last; end += Math.ceil(last / 12)) {
        const read = await readRoots(changed(real, name, content.subarray(0, end))).catch((error: unknown) => error);
        assert.ok(read instanceof StopError && read.code === "TRUST_MALFORMED", `${name} up to ${end}`);
      }
    }
  });
});

describe("what npm's own list may change", () => {
  const joined = (...keys: readonly RegistryKey[]): readonly RegistryKey[] =>
    withRenewedKeys(BUILTIN, keys).find(({ id }) => id === "npmjs")?.keys ?? [];
  const { keyid, key: spki } = mintKey();
  const fresh: RegistryKey = { keyid, spki, notBefore: Date.UTC(2027, 0, 1), expires: null };

  test("a new key is added, as good as built in, and is no weakening", () => {
    assert.deepEqual(joined(OLD, CURRENT, fresh).at(-1), { ...fresh, renewed: true });
    const registries = withRenewedKeys(BUILTIN, [OLD, CURRENT, fresh]);
    assert.deepEqual(storeFindings({ registries, rules: [], exceptions: [] }, NOW), []);
    assert.ok(isBuiltinKey({ ...fresh, renewed: true }));
  });

  test("a life is shortened, and never lengthened", () => {
    const ends = Date.UTC(2027, 1, 1);
    const [first, second] = joined({ ...OLD, expires: Date.UTC(2024, 0, 1) }, { ...CURRENT, expires: ends });
    assert.deepEqual([first?.expires, second?.expires], [Date.UTC(2024, 0, 1), ends]);
    const [kept, other] = joined({ ...OLD, expires: null }, { ...CURRENT, notBefore: null });
    assert.deepEqual([kept?.expires, other?.notBefore], [OLD.expires, CURRENT.notBefore]);
  });

  test("a key that it names no longer is npm's no longer; one that trust.json adds stays", () => {
    assert.deepEqual(
      joined(CURRENT).map(({ keyid: id }) => id),
      [CURRENT.keyid],
    );
    const own = BUILTIN.map((registry) =>
      registry.id === "npmjs" ? { ...registry, keys: [...KEYS, fresh] } : registry,
    );
    const keys = withRenewedKeys(own, [CURRENT]).find(({ id }) => id === "npmjs")?.keys;
    assert.deepEqual(
      keys?.map(({ keyid: id }) => id),
      [CURRENT.keyid, fresh.keyid],
    );
  });

  test("other registries are left alone", () => {
    const others = (registries: readonly { id: string }[]) => registries.filter(({ id }) => id !== "npmjs");
    assert.deepEqual(others(withRenewedKeys(BUILTIN, [fresh])), others(BUILTIN));
    assert.equal(withRenewedKeys(BUILTIN, null), BUILTIN);
  });
});

describe("npm's own list, signed but odd", () => {
  const read = async (npmKeys: unknown) => {
    const maker = new TufMaker();
    return readRoots(maker.state({ npmKeys }).kept, maker.shipped());
  };

  test("keys of other uses and kinds are left out", async () => {
    const [one, two, three] = [mintKey(), mintKey(), mintKey()];
    const roots = await read(
      npmKeysJson(one, { ...two, usage: "npm:attestations" }, { ...three, details: "PKIX_ED25519", key: "AAAA" }),
    );
    assert.deepEqual(
      roots?.npmKeys.map(({ keyid }) => keyid),
      [one.keyid],
    );
  });

  test("a beginning before npm itself is none", async () => {
    const roots = await read(npmKeysJson({ ...mintKey(), start: "1999-01-01T00:00:00.000Z" }));
    assert.equal(roots?.npmKeys[0]?.notBefore, null);
  });

  test("without a key, with one twice, with a wrong id, or of another shape, it stops everything", async () => {
    const one = mintKey();
    const lists = [npmKeysJson(), npmKeysJson(one, one), npmKeysJson({ ...one, keyid: mintKey().keyid })];
    for (const list of [...lists, { keys: {} }, { keys: [{}] }, [], { keys: [{ keyUsage: 1 }] }]) {
      await assert.rejects(read(list), { name: "StopError", code: "TRUST_MALFORMED" }, JSON.stringify(list));
    }
  });
});
