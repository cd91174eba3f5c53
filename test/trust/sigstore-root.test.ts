/** Trusted roots: those that are really used are read, and no log or authority without a beginning ever is. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { vectorPath } from "../../registry-fixtures/fixture-files.js";
import { StopError } from "../../src/model/finding.js";
import { PUBLIC_SIGSTORE } from "../../src/trust/builtin.js";
import { unusableLogs } from "../../src/trust/sigstore-remarks.js";
import { readTrustedRoot } from "../../src/trust/sigstore-root.js";
import { materialOf } from "../../src/verify/sigstore-material.js";
import { bytes, type Loose, root, sampleRoot, stopped } from "./samples.js";

const FILE = "sigstore/acme.json";
const NO_BEGINNING = "trust-root-tlog-missing-validity-start_fail";

function refusal(change: (value: Loose) => unknown): StopError {
  const value = sampleRoot();
  const other = change(value);
  return stopped(() => readTrustedRoot(bytes(other ?? value), FILE));
}

/** The roots of Sigstore's conformance suite that are kept here, by the name of their case. */
function conformance(): [string, Buffer][] {
  const folder = vectorPath("sigstore-conformance", "bundle-verify");
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name, "trusted_root.json");
    return existsSync(path) ? [[name, readFileSync(path)] as [string, Buffer]] : [];
  });
}

describe("a trusted root that is really used", () => {
  const genuine: readonly (readonly [string, Buffer])[] = [
    ["as it is shipped", readFileSync(join(root(), "src/trust/trusted-root.json"))],
    ["Sigstore's own", readFileSync(vectorPath("trust-anchors", "trusted_root.json"))],
    ["Sigstore's own of 2025", readFileSync(vectorPath("tuf", "targets", "trusted_root-2025.json"))],
    ["that of Sigstore's staging", readFileSync(vectorPath("trust-anchors", "sigstage_trusted_root.json"))],
    ...conformance().filter(([name]) => name !== NO_BEGINNING),
  ];
  for (const [name, content] of genuine) {
    it(`is read: ${name}`, () => {
      const entries = readTrustedRoot(content, FILE);
      assert.ok(entries.some(({ part }) => part === "certificateAuthorities"));
      for (const { digest, what, start } of entries) {
        assert.match(digest, /^[0-9a-f]{64}$/);
        assert.match(what, /^The .+ \([0-9a-f]{16}…\)$/);
        assert.ok(start > Date.UTC(2015, 0));
      }
    });
  }

  it("names each log by the digest of its key, which is its id", () => {
    const [log] = readTrustedRoot(bytes(sampleRoot()), FILE);
    const { keyId } = sampleRoot().tlogs[0].logId;
    assert.equal(log?.digest, Buffer.from(keyId, "base64").toString("hex"));
    assert.deepEqual([log?.start, log?.end], [Date.UTC(2021, 0, 12, 11, 53, 27), null]);
  });

  it("may be of a later media type, and say what nobody here asks for", () => {
    for (const mediaType of ["v0.1", "v0.2"].map((one) => `application/vnd.dev.sigstore.trustedroot.${one}+json`)) {
      const value = { ...sampleRoot(), mediaType, more: [] };
      value.tlogs[0].operator = "acme.dev";
      assert.equal(readTrustedRoot(bytes(value), FILE).length, readTrustedRoot(bytes(sampleRoot()), FILE).length);
    }
  });
});

describe("a trusted root that is refused", () => {
  it("has a log without a beginning: the case of the conformance suite", () => {
    const content = readFileSync(
      vectorPath("sigstore-conformance", "bundle-verify", NO_BEGINNING, "trusted_root.json"),
    );
    const error = stopped(() => readTrustedRoot(content, FILE));
    assert.deepEqual([error.code, error.at], ["TRUST_MALFORMED", `${FILE}:24:21`]);
    assert.match(error.message, /nothing says since when/);
  });

  for (const part of ["tlogs", "ctlogs", "certificateAuthorities", "timestampAuthorities"] as const) {
    const holder = (value: Loose): Loose => value[part][0].publicKey ?? value[part][0];
    const cases: Readonly<Record<string, readonly [(value: Loose) => unknown, RegExp]>> = {
      "without a life": [(value) => void delete holder(value).validFor, /nothing says since when/],
      "without a beginning": [(value) => void delete holder(value).validFor.start, /nothing says since when/],
      "with an empty beginning": [(value) => void Object.assign(holder(value).validFor, { start: "" }), /not be empty/],
      "with a beginning of nothing": [(value) => void Object.assign(holder(value).validFor, { start: null }), /a text/],
      "with a beginning in seconds": [
        (value) => void Object.assign(holder(value), { validFor: { start: { seconds: 1 } } }),
        /"start" must be a text/,
      ],
      "with a bad beginning": [
        (value) => void Object.assign(holder(value).validFor, { start: "2021-02-30T00:00:00Z" }),
        /not a date/,
      ],
      "with a bad end": [(value) => void Object.assign(holder(value).validFor, { end: "never" }), /not a date/],
      "that ends before it begins": [
        (value) => void Object.assign(holder(value).validFor, { end: "2001-01-01T00:00:00Z" }),
        /before "start"/,
      ],
      "that is no object": [(value) => void value[part].push("x"), /must be an object/],
      "of which there are too many": [
        (value) => {
          value[part] = Array.from({ length: 65 }, () => value[part][0]);
        },
        /more than 64/,
      ],
      "that are no list": [
        (value) => {
          value[part] = value[part][0];
        },
        /must be a list/,
      ],
    };
    for (const [what, [change, says]] of Object.entries(cases)) {
      it(`${part}: one ${what}`, () => {
        const error = refusal(change);
        assert.match(error.message, says);
        assert.equal(error.code, "TRUST_MALFORMED");
        assert.match(error.at ?? "", /^sigstore\/acme\.json:\d+:\d+$/);
      });
    }
  }

  const others: Readonly<Record<string, readonly [(value: Loose) => unknown, RegExp]>> = {
    "is a list": [() => [], /must be an object/],
    "is of another media type": [(value) => void Object.assign(value, { mediaType: "text/json" }), /media type/],
    "is of none": [(value) => void delete value.mediaType, /must have "mediaType"/],
    "names no certificate authority": [
      (value) => void Object.assign(value, { certificateAuthorities: [] }),
      /names no certificate authority/,
    ],
    "names no authority at all": [({ mediaType }) => ({ mediaType }), /names no certificate authority/],
    "has a log without a key": [(value) => void delete value.tlogs[0].publicKey, /must have "publicKey"/],
    "has a log with an empty key": [(value) => void delete value.tlogs[0].publicKey.rawBytes, /must have "rawBytes"/],
    "has a log without an id": [(value) => void delete value.tlogs[0].logId, /must have "logId"/],
    "has a log with a bad id": [
      (value) => {
        value.tlogs[0].logId.keyId = "x";
      },
      /not base64/,
    ],
    "has a key that is none": [
      (value) => {
        value.ctlogs[1].publicKey.rawBytes = "AAAA";
      },
      /not a public key/,
    ],
    "has a key in another base64": [
      (value) => {
        value.tlogs[0].publicKey.rawBytes = value.tlogs[0].publicKey.rawBytes.replaceAll("=", "");
      },
      /not base64/,
    ],
    "has an authority without certificates": [
      (value) => {
        value.certificateAuthorities[0].certChain.certificates = [];
      },
      /must hold the certificate/,
    ],
    "has an authority without a chain": [
      (value) => void delete value.timestampAuthorities[0].certChain,
      /must have "certChain"/,
    ],
    "has a certificate that is none": [
      (value) => {
        value.certificateAuthorities[0].certChain.certificates[0].rawBytes = "AAAA";
      },
      /not a certificate/,
    ],
    "has a certificate with something behind it": [
      (value) => {
        const [held] = value.certificateAuthorities[0].certChain.certificates;
        held.rawBytes = Buffer.concat([Buffer.from(held.rawBytes, "base64"), Buffer.alloc(1)]).toString("base64");
      },
      /not a certificate/,
    ],
    "has a chain that is too long": [
      (value) => {
        const { certChain } = value.certificateAuthorities[0];
        certChain.certificates = Array.from({ length: 65 }, () => certChain.certificates[0]);
      },
      /more than 64/,
    ],
  };
  for (const [what, [change, says]] of Object.entries(others)) {
    it(what, () => assert.match(refusal(change).message, says));
  }
});

it("whatever is damaged, it is read or refused with a place", () => {
  const text = Buffer.from(bytes(sampleRoot()));
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const damaged = Buffer.from(text);
      damaged[at] = (damaged[at] ?? 0) ^ flip;
      try {
        readTrustedRoot(damaged, FILE);
      } catch (error) {
        assert.ok(error instanceof StopError && error.code === "TRUST_MALFORMED" && error.at?.startsWith(FILE));
      }
    }),
    { numRuns: 300 },
  );
});

describe("a log of a kind that is newer than this version", () => {
  const newer: Readonly<Record<string, (log: Loose) => unknown>> = {
    "a kind of key": (log) => Object.assign(log.publicKey, { keyDetails: "PKIX_OF_TOMORROW" }),
    "a kind of hash": (log) => Object.assign(log, { hashAlgorithm: "SHA4_512" }),
    "a key that nobody here can read": (log) => Object.assign(log.publicKey, { rawBytes: "dG9tb3Jyb3c=" }),
  };
  for (const [what, change] of Object.entries(newer)) {
    it(`${what}: refused in a root of one's own, told in the public one, and nothing is taken from the others`, async () => {
      const value = sampleRoot();
      const known = value.tlogs.length;
      value.tlogs.push(structuredClone(value.tlogs[0]));
      change(value.tlogs.at(-1));
      const content = bytes(value);
      assert.match(stopped(() => readTrustedRoot(content, FILE)).message, /of a kind by which/);
      const entries = readTrustedRoot(content, FILE, "public").filter(({ part }) => part === "tlogs");
      const unusable = entries.filter(({ usable }) => !usable);
      assert.deepEqual([entries.length, unusable.length], [known + 1, 1]);
      assert.match(unusable[0]?.what ?? "", /of a kind that this version can't verify by/);
      const { tlogs } = await materialOf(content);
      assert.equal(tlogs.length, known);
    });
  }

  it("there is none in the root that is shipped", () => {
    const shipped = readFileSync(join(root(), "src/trust/trusted-root.json"));
    assert.ok(readTrustedRoot(shipped, FILE, "public").every(({ usable }) => usable));
  });

  it("trust check tells that it counts for nothing", () => {
    const value = sampleRoot();
    value.tlogs[0].publicKey.keyDetails = "PKIX_OF_TOMORROW";
    const [remark, ...more] = unusableLogs({ sigstore: [{ ...PUBLIC_SIGSTORE, root: bytes(value) }] });
    assert.deepEqual([remark?.place, more], ["roots/trusted-root.json", []]);
    assert.match(remark?.says ?? "", /counts for nothing/);
    assert.deepEqual(unusableLogs({ sigstore: [PUBLIC_SIGSTORE] }), []);
  });
});
