/**
 * Pinned publishers whose key, or the file that is said to be their signature, is not as it must be: each on a package
 * of its own, with a publisher of its own, all in one lockfile, in one run. That every one of these is told apart from
 * its honest neighbours is held in test/verify/openpgp.test.ts; here that none of them gets a package installed.
 */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as openpgp from "openpgp";
import { type Project, registryEntry } from "../../registry-fixtures/project.js";
import { readVector } from "../verify/openpgp-files.js";
import * as shop from "../verify/openpgp-workshop.js";
import { ago, FLAGS, HASH, TYPE } from "../verify/openpgp-workshop.js";
import { setScene, small } from "./scene.js";
import { codesOf, findingsOf, type ShownReport } from "./shown.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;

interface Attack {
  readonly what: string;
  readonly on: string;
  /** Of the verdict; none where it passes. */
  readonly codes: readonly string[];
  /** A plain one unless given. */
  readonly key?: () => Promise<openpgp.PrivateKey>;
  /** Changes the certificate that the trust store holds. */
  readonly pinned?: (copy: openpgp.PrivateKey) => Promise<unknown> | unknown;
  /** The file that lies at the signature's address: by the key, over the bytes, armored, unless given. */
  readonly file?: (key: openpgp.PrivateKey, bytes: Uint8Array) => Promise<string | Uint8Array>;
  readonly publishedAt?: Date;
}

const rsa = (): Promise<openpgp.PrivateKey> => shop.makeKey({ rsaBits: 2048 });
/** Of a hundred days ago, for sixty days. What it signs is dated fifty days ago. */
const ended = (): Promise<openpgp.PrivateKey> => shop.makeKey({ lifeDays: 60 });
const withSubkey = (): Promise<openpgp.PrivateKey> =>
  shop.makeKey({ subkeys: [{ type: "ecc", curve: "ed25519Legacy", sign: true }] });
const revokedBy = (options: Parameters<typeof shop.revoke>[1]) => async (copy: openpgp.PrivateKey) => {
  copy.revocationSignatures = [await shop.revoke(copy, options)];
};
const around =
  (change: (block: string) => string): NonNullable<Attack["file"]> =>
  async (key, bytes) =>
    change(await shop.armor(await shop.sign(key, { bytes })));

const KEYS: readonly Attack[] = [
  { what: "as it should be", on: "honest", codes: [] },
  {
    what: "a key revoked as compromised (hard), after it had signed",
    on: "revoked-hard",
    codes: ["KEY_REVOKED"],
    pinned: revokedBy({ reason: 2, created: ago(1) }),
  },
  {
    what: "a key revoked as retired (soft), after it had signed",
    on: "revoked-soft",
    codes: ["KEY_REVOKED"],
    pinned: revokedBy({ reason: 3, created: ago(1) }),
  },
  {
    what: "a key whose revocation is signed over SHA-1, which some libraries then pass over",
    on: "revoked-over-sha1",
    codes: ["KEY_REVOKED"],
    key: rsa,
    pinned: revokedBy({ reason: 2, hash: HASH.sha1 }),
  },
  {
    what: "a key that ended before the package was published",
    on: "ended",
    codes: ["KEY_EXPIRED"],
    key: ended,
    publishedAt: ago(30),
  },
  {
    what: "an ended key, the signature dated back to before the package was published",
    on: "dated-back",
    codes: ["KEY_EXPIRED"],
    key: ended,
    publishedAt: ago(42),
  },
  {
    what: "what an ended key signed, and was published, in its time",
    on: "in-its-time",
    codes: [],
    key: ended,
    publishedAt: ago(49),
  },
  {
    what: "a key whose self-signature is over SHA-1",
    on: "self-signed-over-sha1",
    codes: ["KEY_WEAK"],
    key: rsa,
    pinned: async (copy) => {
      shop.userOf(copy).selfCertifications = [await shop.certify(copy, { hash: HASH.sha1 })];
    },
  },
  {
    what: "a subkey without a back-signature: anyone may adopt another's",
    on: "adopted-subkey",
    codes: ["KEY_WEAK"],
    key: withSubkey,
    pinned: async (copy) => {
      shop.subkeyOf(copy).bindingSignatures = [await shop.bind(copy, { back: null })];
    },
    file: async (key, bytes) => shop.armor(await shop.sign(shop.subkeyOf(key), { bytes })),
  },
  {
    what: "a subkey that is not marked as signing",
    on: "encrypting-subkey",
    codes: ["KEY_WEAK"],
    key: withSubkey,
    pinned: async (copy) => {
      const tweak = shop.having({ keyFlags: Uint8Array.of(FLAGS.encrypt) });
      shop.subkeyOf(copy).bindingSignatures = [await shop.bind(copy, { tweak })];
    },
    file: async (key, bytes) => shop.armor(await shop.sign(shop.subkeyOf(key), { bytes })),
  },
];

const FILES: readonly Attack[] = [
  {
    what: "a signature over SHA-1",
    on: "over-sha1",
    codes: ["SIGNATURE_HASH_WEAK"],
    key: rsa,
    file: async (key, bytes) => shop.armor(await shop.sign(key, { bytes, hash: HASH.sha1 })),
  },
  {
    what: "a text-mode signature, which covers bytes with other line ends as well",
    on: "text-mode",
    codes: ["SIGNATURE_HASH_WEAK"],
    file: async (key, bytes) => shop.armor(await shop.sign(key, { bytes, type: TYPE.text })),
  },
  {
    what: "junk behind the armor",
    on: "junk-behind",
    codes: ["SIGNATURE_MALFORMED"],
    file: around((block) => `${block}and some more\n`),
  },
  {
    what: "junk before the armor",
    on: "junk-before",
    codes: ["SIGNATURE_MALFORMED"],
    file: around((block) => `Good signature from the author\n\n${block}`),
  },
  {
    what: "two armors",
    on: "two-armors",
    codes: ["SIGNATURE_MALFORMED"],
    file: around((block) => block + block),
  },
  {
    what: "a cleartext message in the signature's place",
    on: "cleartext",
    codes: ["SIGNATURE_MALFORMED"],
    file: async (key) => {
      const message = await openpgp.createCleartextMessage({ text: "all is well" });
      return openpgp.sign({ message, signingKeys: key, date: ago(50) });
    },
  },
  {
    what: "an inline-signed message, armored, over these very bytes",
    on: "inline-armored",
    codes: ["SIGNATURE_MALFORMED"],
    file: async (key, bytes) => {
      const message = await openpgp.createMessage({ binary: bytes });
      return openpgp.sign({ message, signingKeys: key, date: ago(50), format: "armored" });
    },
  },
  {
    what: "an inline-signed message, binary, over these very bytes",
    on: "inline-binary",
    codes: ["SIGNATURE_MALFORMED"],
    file: async (key, bytes) => {
      const message = await openpgp.createMessage({ binary: bytes });
      return openpgp.sign({ message, signingKeys: key, date: ago(50), format: "binary" });
    },
  },
  {
    what: "a good signature beside a bad one by the same key",
    on: "good-beside-bad",
    codes: ["SIGNATURE_INVALID"],
    file: async (key, bytes) =>
      shop.concat(await shop.sign(key, { bytes }), await shop.sign(key, { bytes: Buffer.from("other bytes") })),
  },
  {
    what: "the author's signature over an older version, replayed",
    on: "older-version",
    codes: ["SIGNATURE_INVALID"],
    file: async (key) => {
      const { tarball } = simulator.publish(small("older-version", "0.9.0"));
      return shop.armor(await shop.sign(key, { bytes: tarball ?? Buffer.alloc(0) }));
    },
  },
];
const ATTACKS = [...KEYS, ...FILES];

let report: ShownReport;
before(async () => {
  const pins = await Promise.all(
    ATTACKS.map(async ({ on, key: make = shop.makeKey, pinned, file = around((block) => block), publishedAt }) => {
      const { tarball } = simulator.publish(
        small(on),
        publishedAt === undefined ? {} : { publishTime: publishedAt.toISOString() },
      );
      const key = await make();
      put(on, await file(key, tarball ?? Buffer.alloc(0)));
      const copy = await shop.copyOf(key);
      await pinned?.(copy);
      return [on, copy] as const;
    }),
  );
  const project = await scene.project(Object.fromEntries(pins.map(([name]) => [name, "1.0.0"])));
  await pin(project, pins);
  report = await scene.refused(project, { code: "KEY_REVOKED", of: "revoked-hard@1.0.0" });
});

for (const { what, on, codes } of ATTACKS) {
  test(`${what}: ${codes[0] ?? "passes"}`, () => {
    const [verdict] = report.verdicts.filter(({ location }) => location === `node_modules/${on}`);
    assert.equal(verdict?.result, codes.length === 0 ? "PASSED" : "FAILED");
    assert.deepEqual(codesOf(report, `${on}@1.0.0`), codes);
  });
}

test("two real keys share one 64-bit id: what names the other key is a stranger's, what names only the id is forged", async () => {
  const [one, two] = await Promise.all([collision(1), collision(2)]);
  assert.deepEqual(
    [one.getKeyID().toHex(), one.getFingerprint() === two.getFingerprint()],
    [two.getKeyID().toHex(), false],
  );
  for (const [name, code, names] of [
    ["by-the-twin", "SIGNER_UNTRUSTED", two.getFingerprint()],
    ["by-the-id", "SIGNATURE_INVALID", null],
  ] as const) {
    simulator.publish(small(name));
    put(name, claiming(two.getKeyID().toHex(), names));
    const project = await scene.project({ [name]: "1.0.0" });
    await pin(project, [[name, one]]);
    await scene.refused(project, { code, of: `${name}@1.0.0` });
  }
});

test("a publisher whose key was stolen: what it signs is refused, although every signature holds", async () => {
  const key = await shop.makeKey();
  const { tarball } = simulator.publish(small("stolen"));
  put("stolen", await shop.sign(key, { bytes: tarball ?? Buffer.alloc(0) }));
  const project = await scene.project({ stolen: "1.0.0" });
  await pin(project, [["stolen", key]]);
  await scene.installed(project);
  scene.witness.clear();
  const trust = JSON.parse(await project.read(".secure-install/trust.json"));
  const stolen = { status: "compromised", since: ago(60).toISOString(), reason: "its laptop was lost" };
  Object.assign(trust.publishers.stolen, stolen);
  await project.writeTrust(trust);
  const report = await scene.refused(project, { code: "KEY_COMPROMISED", of: "stolen@1.0.0" });
  assert.equal(report.tampered, true);
});

test("a signature's address that has no end, or leads to another host: undecided or refused, never passed", async () => {
  const key = await shop.makeKey();
  const { tarball } = simulator.publish(small("endless"));
  put("endless", await shop.sign(key, { bytes: tarball ?? Buffer.alloc(0) }));
  const project = await scene.project({ endless: "1.0.0" });
  await pin(project, [["endless", key]]);
  simulator.endless({ on: /\.asc$/ });
  await scene.refused(project, { code: "FETCH_TOO_LARGE", of: "endless@1.0.0", status: 75 });
  simulator.reset();
  simulator.redirect("https://elsewhere.invalid/endless.asc", 302, { on: /\.asc$/ });
  const { status, report: told } = await scene.run(project, ["gate"]);
  assert.deepEqual([status, codesOf(told, "endless@1.0.0")], [65, ["FETCH_REDIRECT"]], findingsOf(told)[0]?.says);
});

function put(name: string, signature: string | Uint8Array): void {
  simulator.put(`${name}/-/${name}-1.0.0.tgz.asc`, signature);
}

/** Trusts the registry, and of each package exactly the key beside it. */
async function pin(project: Project, pins: readonly (readonly [string, openpgp.Key])[]): Promise<void> {
  const identity = (key: openpgp.Key) => ({
    type: "openpgp",
    fingerprint: shop.fingerprintOf(key),
    signatureUrl: "{url}.asc",
  });
  await project.writeTrust({
    registries: { fixture: registryEntry(simulator) },
    publishers: Object.fromEntries(pins.map(([name, key]) => [name, { identities: [identity(key)] }])),
    rules: pins.map(([name]) => ({
      select: `npm:${name}`,
      publishers: { atLeast: 1, of: [name] },
      reason: "its author signs every release",
    })),
  });
  for (const [, key] of pins) {
    await project.write(`.secure-install/keys/${shop.fingerprintOf(key)}.asc`, key.toPublic().armor());
  }
}

function collision(which: 1 | 2): Promise<openpgp.Key> {
  const file = readVector("openpgp", "keys", "keyid-collision", `dda252ebb8ebe1af-${which}.asc`);
  return openpgp.readKey({ armoredKey: file.toString() });
}

/** A signature packet by hand, with an RSA number that is none, for which nobody's secret key is needed. */
function claiming(keyId: string, fingerprint: string | null): Uint8Array {
  const time = Buffer.from([5, 2, 0x60, 0, 0, 0]);
  const named = fingerprint === null ? [] : [Buffer.from([22, 33, 4]), Buffer.from(fingerprint, "hex")];
  const unhashed = Buffer.concat([Buffer.from([9, 16]), Buffer.from(keyId, "hex"), ...named]);
  const body = Buffer.concat([
    Buffer.from([4, TYPE.binary, 1, HASH.sha256, 0, time.length]),
    time,
    Buffer.from([0, unhashed.length]),
    unhashed,
    Buffer.from([0, 0, 0, 8, 0xff]),
  ]);
  return Buffer.concat([Buffer.from([0xc2, body.length]), body]);
}
