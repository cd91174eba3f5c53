import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { describe, it } from "node:test";
import type { RegistryKey } from "../../src/model/policy.js";
import {
  needsPublication,
  type RegistrySignatureInput,
  type SignedSibling,
  verifyRegistrySignature,
} from "../../src/verify/registry-signature.js";

const HEX = "ab".repeat(64);
const PUBLISHED = `sha512-${Buffer.from(HEX, "hex").toString("base64")}`;
const NOW = Date.parse("2026-06-01T00:00:00Z");
const ENDED = Date.parse("2025-01-29T00:00:00Z");

interface Pair {
  readonly key: RegistryKey;
  readonly secret: KeyObject;
}

function mint(keyid: string, expires: number | null): Pair {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" }).toString("base64");
  return { key: { keyid, spki, notBefore: null, expires }, secret: privateKey };
}

const old = mint("SHA256:old", ENDED);
const current = mint("SHA256:new", null);

function signed(pair: Pair, message = `lib@1.2.3:${PUBLISHED}`) {
  return { keyid: pair.key.keyid, sig: sign("sha256", Buffer.from(message), pair.secret).toString("base64") };
}

function sibling(version: string, pair: Pair): SignedSibling {
  return { version, integrity: PUBLISHED, signatures: [signed(pair, `lib@${version}:${PUBLISHED}`)] };
}

const good: RegistrySignatureInput = {
  name: "lib",
  version: "1.2.3",
  registry: "npmjs",
  now: NOW,
  keys: [old.key, current.key],
  own: { sha512: HEX },
  published: PUBLISHED,
  signatures: [signed(current)],
  publication: null,
};

function codeOf(input: Partial<RegistrySignatureInput>): string {
  const outcome = verifyRegistrySignature({ ...good, ...input });
  return outcome.outcome === "invalid" ? outcome.code : outcome.outcome;
}

describe("registry-signature", () => {
  it("verifies a genuine signature, and names its key", () => {
    assert.deepEqual(verifyRegistrySignature(good), {
      outcome: "verified",
      signers: [{ type: "registry-key", registry: "npmjs", keyid: "SHA256:new" }],
    });
  });

  it("tells a stripped signature from an invalid one", () => {
    assert.equal(codeOf({ signatures: [] }), "absent");
  });

  it("refuses the signature of another package, and of another version", () => {
    assert.equal(codeOf({ signatures: [signed(current, `other@1.2.3:${PUBLISHED}`)] }), "SIGNATURE_INVALID");
    assert.equal(codeOf({ signatures: [signed(current, `lib@1.2.4:${PUBLISHED}`)] }), "SIGNATURE_INVALID");
  });

  it("refuses a genuine signature over other bytes than ours", () => {
    assert.equal(codeOf({ own: { sha512: "cd".repeat(64) } }), "SIGNATURE_INVALID");
  });

  it("refuses where the published integrity is missing, SHA-1, or holds two digests of one algorithm", () => {
    for (const published of [null, "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=", `${PUBLISHED} ${PUBLISHED}`, "nonsense"]) {
      assert.equal(codeOf({ published }), "SIGNATURE_MALFORMED", String(published));
    }
  });

  it("ignores an unknown keyid beside a good signature, and says so", () => {
    const outcome = verifyRegistrySignature({
      ...good,
      signatures: [{ keyid: "SHA256:who", sig: "AAAA" }, signed(current)],
    });
    assert.equal(outcome.outcome, "verified");
    assert.match(JSON.stringify(outcome), /SHA256:who was ignored/);
  });

  it("refuses a bad signature under a known keyid beside a good one, in either order", () => {
    const bad = { keyid: old.key.keyid, sig: signed(current).sig };
    const publication = { at: 0, siblings: [] };
    assert.equal(codeOf({ signatures: [signed(current), bad], publication }), "SIGNATURE_INVALID");
    assert.equal(codeOf({ signatures: [bad, signed(current)], publication }), "SIGNATURE_INVALID");
  });

  it("calls a good signature under an unknown keyid only what it is: by a stranger", () => {
    assert.equal(codeOf({ signatures: [{ ...signed(current), keyid: "SHA256:who" }] }), "unknown-signer");
  });

  it("refuses trailing bytes, an empty signature, sloppy base64 and absurdly many", () => {
    const { keyid, sig } = signed(current);
    const longer = Buffer.concat([Buffer.from(sig, "base64"), Buffer.alloc(1)]).toString("base64");
    for (const changed of [longer, "", `${sig}\n`, sig.replace(/=*$/, "====")]) {
      assert.equal(codeOf({ signatures: [{ keyid, sig: changed }] }), "SIGNATURE_INVALID", changed);
    }
    assert.equal(codeOf({ signatures: Array(17).fill(signed(current)) }), "SIGNATURE_MALFORMED");
  });

  it("flipping any byte of the signature refuses, or leaves a signature that is just as good", () => {
    const { keyid, sig } = signed(current);
    const bytes = Buffer.from(sig, "base64");
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.equal(
        codeOf({ signatures: [{ keyid, sig: changed.toString("base64") }] }),
        "SIGNATURE_INVALID",
        `byte ${at}`,
      );
    }
  });

  describe("by a key that has a beginning", () => {
    const BEGAN = Date.parse("2026-02-01T00:00:00Z");
    const keys = [{ ...current.key, notBefore: BEGAN }];

    it("asks for the time of publication", () => {
      assert.equal(needsPublication(keys, [signed(current)], NOW), true);
      assert.equal(needsPublication(keys, [signed(old)], NOW), false);
    });

    it("passes what was published since", () => {
      assert.equal(codeOf({ keys, publication: { at: BEGAN, siblings: [] } }), "verified");
    });

    it("refuses what was published before, or at a time that nobody names", () => {
      assert.equal(codeOf({ keys, publication: { at: BEGAN - 1, siblings: [] } }), "SIGNATURE_TIME");
      assert.equal(codeOf({ keys, publication: { at: null, siblings: [] } }), "SIGNATURE_TIME");
    });

    it("refuses a key that begins in the future, without asking anybody", () => {
      assert.equal(codeOf({ keys: [{ ...current.key, notBefore: NOW + 1 }] }), "SIGNATURE_TIME");
    });

    it("refuses it beside a good signature by a key that had begun", () => {
      const both = { keys: [...keys, { ...old.key, expires: null }], signatures: [signed(old), signed(current)] };
      assert.equal(codeOf({ ...both, publication: { at: BEGAN - 1, siblings: [] } }), "SIGNATURE_TIME");
      assert.equal(codeOf({ ...both, publication: { at: BEGAN, siblings: [] } }), "verified");
    });

    it("does not throw on a time that no calendar has", () => {
      assert.equal(codeOf({ keys, publication: { at: -1e18, siblings: [] } }), "SIGNATURE_TIME");
    });
  });

  describe("by a retired key", () => {
    const byOld = { signatures: [signed(old)] };

    it("asks for the time of publication only then", () => {
      assert.equal(needsPublication(good.keys, [signed(current)], NOW), false);
      assert.equal(needsPublication(good.keys, [signed(old)], NOW), true);
    });

    it("passes what was published before its end", () => {
      assert.equal(codeOf({ ...byOld, publication: { at: ENDED - 1, siblings: [] } }), "verified");
    });

    it("refuses what was published after, or at a time that nobody names", () => {
      assert.equal(codeOf({ ...byOld, publication: { at: ENDED, siblings: [] } }), "KEY_EXPIRED");
      assert.equal(codeOf({ ...byOld, publication: { at: null, siblings: [] } }), "KEY_EXPIRED");
      assert.equal(codeOf(byOld), "KEY_EXPIRED");
    });

    it("passes what was seen before its end, whatever the registry says or keeps quiet about", () => {
      const seen = new Map([[old.key.keyid, ENDED - 1]]);
      assert.equal(needsPublication(good.keys, [signed(old)], NOW, seen), false);
      for (const publication of [null, { at: null, siblings: [] }, { at: ENDED, siblings: [] }]) {
        assert.deepEqual(verifyRegistrySignature({ ...good, ...byOld, seen, publication }), {
          outcome: "verified",
          signers: [{ type: "registry-key", registry: "npmjs", keyid: "SHA256:old" }],
        });
      }
    });

    it("takes no sight from after its end for a proof, nor one of another key's signature", () => {
      for (const [keyid, at] of [[old.key.keyid, ENDED] as const, [current.key.keyid, ENDED - 1] as const]) {
        const seen = new Map([[keyid, at]]);
        assert.equal(needsPublication(good.keys, [signed(old)], NOW, seen), true);
        assert.equal(codeOf({ ...byOld, seen }), "KEY_EXPIRED");
      }
    });

    it("says of a time that only the registry tells that it is unproven", () => {
      const publication = { at: ENDED - 1, siblings: [] };
      const outcome = verifyRegistrySignature({ ...good, ...byOld, publication });
      assert.ok(outcome.outcome === "verified");
      assert.match(
        outcome.notes?.[0] ?? "",
        /^time unproven: only the registry says .* before the key SHA256:old ended/,
      );
      const keys = [{ ...old.key, expires: null, notBefore: ENDED - 2 }];
      const begun = verifyRegistrySignature({ ...good, ...byOld, keys, publication });
      assert.ok(begun.outcome === "verified");
      assert.match(begun.notes?.[0] ?? "", /^time unproven: .* after the key SHA256:old began/);
    });

    it("refuses a version above one that the successor signed, whatever time is claimed", () => {
      const at = ENDED - 1;
      assert.equal(codeOf({ ...byOld, publication: { at, siblings: [sibling("1.2.2", current)] } }), "KEY_EXPIRED");
      assert.equal(codeOf({ ...byOld, publication: { at, siblings: [sibling("1.0.9", current)] } }), "KEY_EXPIRED");
    });

    it("refuses it too once the successor has ended in its turn, or has an end planned", () => {
      const publication = { at: ENDED - 1, siblings: [sibling("1.2.2", current)] };
      for (const expires of [NOW - 1, NOW + 1]) {
        const keys = [old.key, { ...current.key, expires }];
        assert.equal(codeOf({ ...byOld, keys, publication }), "KEY_EXPIRED");
      }
    });

    it("does not call a key with a planned end ended", () => {
      const keys = [{ ...old.key, expires: NOW + 1 }, current.key];
      assert.equal(needsPublication(keys, [signed(old)], NOW), false);
      assert.equal(codeOf({ ...byOld, keys }), "verified");
    });

    it("passes where the successor only went back to repair an older minor, or signed another line", () => {
      const at = ENDED - 1;
      const backport = [sibling("1.0.9", current), sibling("1.2.4", current)];
      assert.equal(codeOf({ ...byOld, publication: { at, siblings: backport } }), "verified");
      assert.equal(codeOf({ ...byOld, publication: { at, siblings: [sibling("0.9.0", current)] } }), "verified");
      assert.equal(codeOf({ ...byOld, publication: { at, siblings: [sibling("1.2.2", old)] } }), "verified");
    });

    it("does not let a forged sibling refuse an honest version", () => {
      const forged = { ...sibling("1.2.2", current), integrity: "sha512-AAAA" };
      assert.equal(codeOf({ ...byOld, publication: { at: ENDED - 1, siblings: [forged] } }), "verified");
    });
  });
});
