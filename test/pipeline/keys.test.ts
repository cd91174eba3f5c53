/** The parts from which `trust find`, `add` and `import` are made: key directories, keyrings, copies put together, gpg. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Answer, Client, Fetched } from "../../src/fetch/settings.js";
import { LIMITS } from "../../src/model/limits.js";
import { addressesIn, keysAddress } from "../../src/pipeline/keys-find.js";
import { fingerprintIn } from "../../src/pipeline/keys-source.js";
import { addressIn, askWkd, plainAddress, wkdAddresses } from "../../src/pipeline/keys-wkd.js";
import { readCertificate } from "../../src/verify/openpgp-certificate.js";
import { armored, readEntry, readRing } from "../../src/verify/openpgp-keyring.js";
import { mergeCertificates } from "../../src/verify/openpgp-merge.js";
import { splitPackets } from "../../src/verify/openpgp-packets.js";
import { keyOf } from "../cli/keys-bench.js";
import * as shop from "../verify/openpgp-workshop.js";

const ann = await keyOf("Ann", "ann@example.org");
const bob = await keyOf("Bob", "bob@example.org");
const text = (value: string): Uint8Array => Buffer.from(value);
const certificate = shop.certificateOf;

describe("Web Key Directory", () => {
  test("the draft's own example, both methods", () => {
    const { advanced, direct } = wkdAddresses("Joe.Doe@example.org");
    const name = "iy9q119eutrkn8s1mk4r39qejnbu3n5q?l=Joe.Doe";
    assert.equal(advanced, `https://openpgpkey.example.org/.well-known/openpgpkey/example.org/hu/${name}`);
    assert.equal(direct, `https://example.org/.well-known/openpgpkey/hu/${name}`);
  });

  test("only addresses of a domain are asked for", () => {
    assert.equal(plainAddress("Joe.Doe@Example.ORG"), "Joe.Doe@example.org");
    const refused = [
      "ann@localhost",
      "ann@127.0.0.1",
      "ann@[::1]",
      "ann@example.org:8443",
      "a b@example.org",
      "@example.org",
    ];
    const more = [
      "ann@example.org/x",
      "ann@exa\u0000mple.org",
      "ann@-example.org",
      "ann@example..org",
      `${"a".repeat(65)}@example.org`,
    ];
    for (const address of [...refused, ...more]) assert.equal(plainAddress(address), null, address);
    assert.equal(addressIn("Ann <ann@example.org>"), "ann@example.org");
    assert.equal(addressIn("ann@example.org"), "ann@example.org");
    assert.equal(addressIn("ann@example.org <eve@example.net>"), "eve@example.net");
  });

  const answering = (answers: Record<string, Fetched<Answer>>): { client: Client; asked: string[] } => {
    const asked: string[] = [];
    const get = async (address: string) => {
      const { host } = new URL(address);
      asked.push(host);
      return (
        answers[host] ?? ({ ok: false, code: "FETCH_FAILED", says: `${host} is not there`, status: null } as const)
      );
    };
    return { client: { get, stream: async () => assert.fail(), close: async () => {} }, asked };
  };
  const ok = (body: Uint8Array): Fetched<Answer> => ({
    ok: true,
    value: { status: 200, body: Buffer.from(body), headers: {} },
  });
  const not = (status: number | null, code: "FETCH_FAILED" | "FETCH_TLS" = "FETCH_FAILED"): Fetched<Answer> => ({
    ok: false,
    code,
    says: "no",
    status,
  });

  test("the direct method is for domains without a host of the advanced one, and for no other", async () => {
    const ring = certificate(ann);
    const direct = answering({ "example.org": ok(ring) });
    const found = await askWkd(direct.client, "ann@example.org");
    assert.ok(found.ok && found.value.entries.length === 1);
    assert.deepEqual(direct.asked, ["openpgpkey.example.org", "example.org"]);
    for (const answer of [not(404), not(503), not(null, "FETCH_TLS")]) {
      const { client, asked } = answering({ "openpgpkey.example.org": answer, "example.org": ok(ring) });
      const none = await askWkd(client, "ann@example.org");
      assert.ok(!none.ok || none.value.entries.length === 0);
      assert.deepEqual(asked, ["openpgpkey.example.org"]);
    }
  });

  test("keys without the address are left out, and counted", async () => {
    const both = Buffer.concat([certificate(ann), certificate(bob)]);
    const { client } = answering({ "openpgpkey.example.org": ok(both) });
    const found = await askWkd(client, "Ann@example.org");
    assert.ok(found.ok);
    assert.deepEqual(
      [found.value.entries.map(({ fingerprint }) => fingerprint), found.value.strangers],
      [[shop.fingerprintOf(ann)], 1],
    );
    const page = await askWkd(answering({ "openpgpkey.example.org": ok(text("<html>")) }).client, "ann@example.org");
    assert.ok(!page.ok);
  });
});

describe("what a manifest says", () => {
  test("addresses of author and maintainers, each once, ten at most", () => {
    const many = Array.from({ length: 1000 }, (_, at) => ({ email: `m${at}@example.org` }));
    assert.equal(addressesIn({ maintainers: many }).length, 10);
    const author = "Ann <ann@example.org> (https://example.org)";
    const maintainers = [{ name: "ann", email: "ann@example.org" }, "Bob <bob@example.org>", null, 7, { email: ["x"] }];
    assert.deepEqual(addressesIn({ author, maintainers }), ["ann@example.org", "bob@example.org"]);
    for (const odd of [null, {}, { author: 1, maintainers: { length: 3 } }]) assert.deepEqual(addressesIn(odd), []);
  });

  test("KEYS below the homepage, over https only", () => {
    assert.equal(keysAddress("https://example.org/lib/#readme"), "https://example.org/lib/KEYS");
    assert.equal(keysAddress("https://example.org?x=1"), "https://example.org/KEYS");
    for (const odd of [
      "http://example.org",
      "https://a:b@example.org/",
      "https://127.0.0.1/",
      "javascript:1",
      1,
      null,
      "",
    ]) {
      assert.equal(keysAddress(odd), null, String(odd));
    }
  });
});

describe("a key by its name", () => {
  test("full fingerprints in any spelling, short ids refused, all else a file", () => {
    const fingerprint = shop.fingerprintOf(ann);
    const spaced = (fingerprint.match(/.{4}/g) ?? []).join(" ");
    for (const one of [fingerprint, fingerprint.toLowerCase(), `0x${fingerprint}`, spaced])
      assert.equal(fingerprintIn(one), fingerprint);
    for (const short of [fingerprint.slice(-8), `0x${fingerprint.slice(-16)}`, fingerprint.slice(0, 39)]) {
      assert.throws(() => fingerprintIn(short), { code: "USAGE" }, short);
    }
    for (const file of ["KEYS", "./deadbeef", "ann.asc", "beef"]) assert.equal(fingerprintIn(file), null);
  });
});

describe("a keyring", () => {
  test("armored or not, prose between the blocks, several in one block, duplicates as one", () => {
    const [one, two] = [certificate(ann), certificate(bob)];
    const prose = `This file holds keys.\n\npub ed25519\n${armored([one])}\nand another\n${armored([two, one])}`;
    for (const file of [
      Buffer.concat([one, two, one]),
      text(armored([one, two])),
      text(prose),
      text(ann.toPublic().armor() + bob.toPublic().armor()),
    ]) {
      const ring = readRing(file);
      assert.ok(ring.ok, ring.ok ? "" : ring.why);
      assert.deepEqual(
        ring.value.entries.map(({ fingerprint }) => fingerprint),
        [shop.fingerprintOf(ann), shop.fingerprintOf(bob)],
      );
    }
  });

  test("a secret key anywhere refuses the file, and so do databases, text and what has no end", () => {
    const secret = Buffer.concat([certificate(ann), bob.write()]);
    for (const file of [secret, text(armored([certificate(ann)]) + bob.armor()), text(armored([secret]))]) {
      const ring = readRing(file);
      assert.ok(!ring.ok && /secret key/.test(ring.why));
    }
    const kbx = Buffer.concat([Buffer.alloc(8), Buffer.from("KBXf"), Buffer.alloc(40)]);
    const cut = text(armored([certificate(ann)]).slice(0, -20));
    for (const file of [kbx, text("no key here"), text(""), cut, Buffer.alloc(LIMITS.keyringBytes + 1)])
      assert.ok(!readRing(file).ok);
  });

  test("a block that is damaged is left out; the others are there", () => {
    const whole = armored([certificate(ann)]);
    const files = [
      `\u00dc prose\n${whole}`,
      `\ufeff${whole}`,
      `${armored([certificate(bob)]).replace(/\n[A-Za-z0-9+/]{10}/, "\n?")}${whole}`,
    ];
    for (const [at, file] of [...files, `${whole}\n${whole.slice(0, 200)}`].entries()) {
      const ring = readRing(text(file));
      assert.ok(
        ring.ok && ring.value.entries.length === 1 && ring.value.leftOut.length === (at < 2 ? 0 : 1),
        String(at),
      );
      assert.equal(ring.value.entries[0]?.fingerprint, shop.fingerprintOf(ann));
    }
  });

  test("a certificate that can't be read is left out; the others are there", () => {
    const old = Buffer.from([0xc6, 8, 3, 0, 0, 0, 0, 0, 0, 1]);
    const ring = readRing(Buffer.concat([certificate(ann), old, certificate(bob)]));
    assert.ok(ring.ok && ring.value.entries.length === 2 && ring.value.leftOut.length === 1);
  });

  test("every prefix and flipped byte is read or refused, and never as another key's file", () => {
    const file = certificate(ann);
    const own = shop.fingerprintOf(ann);
    for (let at = 0; at < file.length; at++) {
      readRing(file.subarray(0, at));
      const ring = readRing(shop.flipped(file, at));
      for (const entry of ring.ok ? ring.value.entries : []) {
        const read = readEntry(entry.packets);
        assert.ok(read.ok && read.value.fingerprint === entry.fingerprint);
        if (entry.fingerprint === own) assert.ok(!Buffer.from(entry.packets).equals(file));
      }
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void readRing(bytes)),
      { numRuns: 300 },
    );
  });
});

describe("two copies of a certificate", () => {
  test("together hold what either holds, the first's bytes where nothing is added", async () => {
    const copy = await shop.copyOf(ann);
    copy.revocationSignatures = [await shop.revoke(copy)];
    const [plain, revoked] = [certificate(ann), certificate(copy)];
    for (const [first, second] of [
      [plain, revoked],
      [revoked, plain],
    ] as const) {
      const merged = mergeCertificates([first, second]);
      assert.ok(merged.ok);
      const read = await readCertificate(merged.value);
      assert.ok(read.ok && read.revoked);
    }
    const same = mergeCertificates([revoked, plain]);
    assert.ok(same.ok && same.value === revoked);
  });

  test("whatever is taken out of the second copy, nothing is lost; order of the first is kept", () => {
    const whole = certificate(ann);
    const packets = splitPackets(whole, 100);
    assert.ok(packets.ok);
    const [primary, ...rest] = packets.value.map(({ raw }) => raw);
    fc.assert(
      fc.property(fc.subarray(rest), fc.subarray(rest), (some, others) => {
        const [one, two] = [some, others].map((kept) => Buffer.concat([primary ?? Buffer.alloc(0), ...kept]));
        const merged = mergeCertificates([one ?? whole, two ?? whole]);
        assert.ok(merged.ok);
        const held = splitPackets(merged.value, 100);
        assert.ok(held.ok);
        const all = new Set(held.value.map(({ raw }) => Buffer.from(raw).toString("hex")));
        for (const raw of some) assert.ok(all.has(Buffer.from(raw).toString("hex")));
      }),
      { numRuns: 50 },
    );
  });

  test("of two keys are refused", () => {
    assert.ok(!mergeCertificates([certificate(ann), certificate(bob)]).ok);
  });
});
