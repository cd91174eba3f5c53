import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import * as openpgp from "openpgp";
import type { Outcome } from "../../src/model/evidence.js";
import { StopError } from "../../src/model/finding.js";
import { verifyOpenPgp } from "../../src/verify/openpgp.js";
import { attackCases } from "./openpgp-cases-attack.js";
import { boundCases } from "./openpgp-cases-bound.js";
import { fileCases } from "./openpgp-cases-file.js";
import { revokedCases } from "./openpgp-cases-revoked.js";
import { soundCases } from "./openpgp-cases-sound.js";
import { timeCases } from "./openpgp-cases-time.js";
import { ROOT } from "./openpgp-files.js";
import { type Attempt, against, asItIs, plain, rsa, stranger, subkeyAgainst, withSubkey } from "./openpgp-keys.js";
import { BYTES, certificateOf, concat, fingerprintOf, NOW, sign, subkeyOf } from "./openpgp-workshop.js";

const CASES = [...soundCases, ...attackCases, ...fileCases, ...revokedCases, ...timeCases, ...boundCases];
const MINUTE = 60 * 1000;

async function verify(attempt: Attempt): Promise<Outcome> {
  const { bytes = BYTES, signature, publishedAt = null } = attempt;
  const certificates = new Map<string, Uint8Array>();
  for (const binaryKey of attempt.certificates) {
    certificates.set(fingerprintOf(await openpgp.readKey({ binaryKey })), binaryKey);
  }
  return await verifyOpenPgp({ bytes, signature, certificates, now: NOW, publishedAt });
}

describe("each attack on a detached signature has its outcome, and none passes that sqv refuses", () => {
  const hasSqv = spawnSync("sqv", ["--version"]).status === 0;
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "openpgp-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function sqvAccepts({ bytes = BYTES, signature, certificates }: Attempt): boolean {
    const write = (name: string, content: Uint8Array): string => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    const ring = write("ring", concat(...certificates));
    return spawnSync("sqv", ["--keyring", ring, write("sig", signature), write("data", bytes)]).status === 0;
  }

  test("sqv is asked as well", { skip: hasSqv ? false : "SKIPPED: sqv is not installed" }, () => {});

  for (const { name, due, attempt, unknownToSqv } of CASES) {
    test(`${name}: ${due}`, async () => {
      const made = await attempt();
      const outcome = await verify(made);
      const got = outcome.outcome === "invalid" ? outcome.code : outcome.outcome;
      assert.equal(got, due, JSON.stringify(outcome));
      if (!hasSqv || got !== "verified") return;
      assert.equal(sqvAccepts(made), unknownToSqv === undefined, "verified, but sqv refuses");
    });
  }
});

describe("what the outcome tells", () => {
  test("a signer is named by the full fingerprints of the certificate and of the key that signed", async () => {
    const key = await withSubkey();
    const fingerprint = fingerprintOf(key);
    const signingKey = fingerprintOf(subkeyOf(key));
    assert.match(fingerprint, /^[0-9A-F]{40}$/);
    assert.deepEqual(await verify(await subkeyAgainst(key, asItIs)), {
      outcome: "verified",
      signers: [{ type: "openpgp", fingerprint, signingKey }],
      notes: [],
    });
  });

  test("the same signature twice counts once, two keys count twice", async () => {
    const [one, other] = [await plain(), await withSubkey()];
    const signature = concat(await sign(one), await sign(one), await sign(subkeyOf(other)), await sign(other));
    const outcome = await verify({ signature, certificates: [certificateOf(one), certificateOf(other)] });
    assert.ok(outcome.outcome === "verified");
    const named = outcome.signers.map((signer) => (signer.type === "openpgp" ? signer.signingKey : ""));
    assert.deepEqual(named, [one, subkeyOf(other), other].map(fingerprintOf));
  });

  test("an unknown signer is claimed, never told as a signer: its signature could not be verified", async () => {
    const signature = await sign(await stranger());
    const outcome = await verify({ signature, certificates: [certificateOf(await plain())] });
    assert.ok(outcome.outcome === "unknown-signer");
    assert.deepEqual(outcome.signers, []);
    assert.match(outcome.detail ?? "", new RegExp(`${fingerprintOf(await stranger())}.*could not be verified`));
    assert.equal((await verify({ signature, certificates: [] })).outcome, "unknown-signer");
  });

  test("strangers, short keys and ended keys are noted", async () => {
    const signature = concat(await sign(await stranger()), await sign(await rsa()));
    const outcome = await verify({ signature, certificates: [certificateOf(await rsa())] });
    assert.ok(outcome.outcome === "verified");
    assert.match(outcome.notes?.join("\n") ?? "", /not pinned(.|\n)*2048 bits only/);
    const ended = timeCases.find(({ name }) => name === "an expired key's signature, published while it lived");
    assert.ok(ended !== undefined);
    const late = await verify(await ended.attempt());
    assert.ok(late.outcome === "verified");
    assert.match(late.notes?.join("\n") ?? "", /ended on .*published before/);
  });

  test("a signer's clock may be a few minutes ahead, and no more", async () => {
    const dated = async (minutes: number): Promise<string> => {
      const signature = await sign(await plain(), { created: new Date(NOW + minutes * MINUTE) });
      return (await verify(await against(await plain(), asItIs, signature))).outcome;
    };
    assert.equal(await dated(4), "verified");
    assert.equal(await dated(6), "invalid");
  });
});

describe("a trust store that is not one stops the run", () => {
  const stops = (fingerprint: string, bytes: Uint8Array, says: RegExp): Promise<void> =>
    assert.rejects(
      async () => {
        const signature = await sign(await plain());
        const certificates = new Map([[fingerprint, bytes]]);
        return await verifyOpenPgp({ bytes: BYTES, signature, certificates, now: NOW, publishedAt: null });
      },
      (error) => error instanceof StopError && error.code === "TRUST_MALFORMED" && says.test(error.message),
    );

  test("a certificate under another's fingerprint", async () => {
    await stops(fingerprintOf(await plain()), certificateOf(await stranger()), /holds the certificate/);
  });
  test("two certificates in one file", async () => {
    const both = concat(certificateOf(await plain()), certificateOf(await stranger()));
    await stops(fingerprintOf(await plain()), both, /holds 2 certificates/);
  });
  test("a revocation of a version that the library drops in silence", async () => {
    const body = Buffer.from([3, 5, 0x20, 0x60, 0, 0, 0, ...new Uint8Array(8), 1, 8, 0, 0, 0, 8, 0xff]);
    const packet = Buffer.concat([Buffer.from([0xc2, body.length]), body]);
    await stops(fingerprintOf(await plain()), concat(certificateOf(await plain()), packet), /can't be read/);
  });
});

describe("the library stays in its place", () => {
  test("it is loaded when it is first needed, and from one file only", () => {
    const folder = join(ROOT, "src", "verify");
    for (const name of readdirSync(folder).filter((each) => each.startsWith("openpgp"))) {
      const source = readFileSync(join(folder, name), "utf8");
      const imports = source.match(/^import .*from "openpgp";$/gm) ?? [];
      assert.ok(
        imports.every((line) => line.startsWith("import type ")),
        name,
      );
      assert.equal(source.includes('import("openpgp")'), name === "openpgp-library.ts", name);
    }
  });
  test("its own configuration is left as it was", async () => {
    const before = { ...openpgp.config, rejectHashAlgorithms: [...openpgp.config.rejectHashAlgorithms] };
    await verify(await against(await rsa(), asItIs));
    const now = { ...openpgp.config, rejectHashAlgorithms: [...openpgp.config.rejectHashAlgorithms] };
    assert.deepEqual(now, before);
  });
});
