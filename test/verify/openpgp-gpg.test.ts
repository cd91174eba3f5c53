import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { Outcome } from "../../src/model/evidence.js";
import { verifyOpenPgp } from "../../src/verify/openpgp.js";
import { readCertificate } from "../../src/verify/openpgp-certificate.js";
import { DAY } from "./openpgp-workshop.js";

const has = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;
const hasGpg = has("gpg") && process.platform !== "win32";
const hasSqv = has("sqv");

interface Key {
  readonly fingerprint: string;
  readonly certificate: Uint8Array;
}

describe("signatures by GnuPG", { skip: hasGpg ? false : "SKIPPED: gpg is not installed" }, () => {
  let home = "";
  let data = "";
  const keys = new Map<string, Key>();

  function gpg(...args: readonly string[]): Buffer {
    const quiet = ["--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""];
    const run = spawnSync("gpg", [...quiet, ...args]);
    assert.equal(run.status, 0, `gpg ${args.join(" ")}: ${run.stderr}`);
    return run.stdout;
  }

  /** Makes a key; the options stand before the command. */
  function generate(name: string, algorithm: string, usage = "cert,sign", end = "0", ...options: string[]): string {
    gpg(...options, "--quick-gen-key", `${name} <${name}@example.org>`, algorithm, usage, end);
    const listing = gpg("--with-colons", "--list-keys", `=${name} <${name}@example.org>`).toString();
    return /^fpr:+([0-9A-F]{40}):/m.exec(listing)?.[1] ?? "";
  }

  function keep(name: string, fingerprint: string): void {
    keys.set(name, { fingerprint, certificate: gpg("--armor", "--export", fingerprint) });
  }

  const key = (name: string): Key => keys.get(name) ?? assert.fail(`no key ${name}`);
  const at = (days: number): string[] => {
    const time = new Date(Date.now() - days * DAY).toISOString();
    return ["--faked-system-time", `${time.slice(0, 19).replace(/[-:]/g, "")}!`];
  };

  function sign(names: readonly string[], ...options: readonly string[]): Uint8Array {
    const signers = names.flatMap((name) => ["--local-user", key(name).fingerprint]);
    return gpg(...signers, ...options, "--output", "-", "--detach-sign", data);
  }

  /** Our outcome. Whatever is verified here must be accepted by sqv, too. */
  async function outcome(
    names: readonly string[],
    signature: Uint8Array,
    more: { readonly bytes?: Uint8Array; readonly publishedAt?: number } = {},
  ): Promise<Outcome> {
    const { bytes = readFileSync(data), publishedAt = null } = more;
    const certificates = new Map(names.map((name) => [key(name).fingerprint, key(name).certificate]));
    const ours = await verifyOpenPgp({ bytes, signature, certificates, now: Date.now(), publishedAt });
    if (hasSqv && ours.outcome === "verified") {
      const files = [...names.map((name) => key(name).certificate), signature, bytes].map((content, i) => {
        writeFileSync(join(home, `file${i}`), content);
        return join(home, `file${i}`);
      });
      const rings = files.slice(0, -2).flatMap((file) => ["--keyring", file]);
      assert.equal(spawnSync("sqv", [...rings, ...files.slice(-2)]).status, 0, "verified, but sqv refuses");
    }
    return ours;
  }

  async function isRefused(names: readonly string[], signature: Uint8Array, code: string): Promise<void> {
    const ours = await outcome(names, signature);
    assert.equal(ours.outcome === "invalid" ? ours.code : ours.outcome, code, JSON.stringify(ours));
  }

  before(() => {
    home = mkdtempSync(join(tmpdir(), "gpg-"));
    data = join(home, "data");
    writeFileSync(data, "one line\nanother line\n");
    keep("rsa", generate("rsa", "rsa3072", "cert,sign", "0", ...at(30)));
    keep("ed", generate("ed", "ed25519", "cert,sign", "0", ...at(30)));
    keep("ended", generate("ended", "ed25519", "cert,sign", "10d", ...at(30)));
    const offline = generate("offline", "ed25519", "cert", "0", ...at(30));
    gpg(...at(30), "--quick-add-key", offline, "ed25519", "sign", "0");
    keep("offline", offline);
  });
  after(() => {
    spawnSync("gpgconf", ["--homedir", home, "--kill", "all"]);
    rmSync(home, { recursive: true, force: true });
  });

  test("sqv is asked as well", { skip: hasSqv ? false : "SKIPPED: sqv is not installed" }, () => {});

  for (const name of ["rsa", "ed", "offline"]) {
    test(`${name}: armored and binary signatures verify, other bytes and text mode do not`, async () => {
      for (const armor of [["--armor"], []]) {
        const signature = sign([name], ...armor);
        const ours = await outcome([name], signature);
        assert.equal(ours.outcome, "verified", JSON.stringify(ours));
        const other = await outcome([name], signature, { bytes: Buffer.from("one line\r\nanother line\r\n") });
        assert.ok(other.outcome === "invalid" && other.code === "SIGNATURE_INVALID");
      }
      await isRefused([name], sign([name], "--textmode"), "SIGNATURE_HASH_WEAK");
    });
  }

  test("the signing subkey is told beside its certificate", async () => {
    const ours = await outcome(["offline"], sign(["offline"]));
    assert.ok(ours.outcome === "verified");
    const [signer] = ours.signers;
    assert.ok(signer?.type === "openpgp" && signer.fingerprint === key("offline").fingerprint);
    assert.notEqual(signer.signingKey, signer.fingerprint);
  });

  test("two signers in one file, and one of them not pinned", async () => {
    const signature = sign(["ed", "rsa"], "--armor");
    const both = await outcome(["ed", "rsa"], signature);
    assert.ok(both.outcome === "verified" && both.signers.length === 2);
    const one = await outcome(["rsa"], signature);
    assert.ok(one.outcome === "verified" && one.signers.length === 1);
    assert.match(one.notes?.join() ?? "", new RegExp(key("ed").fingerprint));
    assert.equal((await outcome(["offline"], signature)).outcome, "unknown-signer");
  });

  test("cleartext and inline messages, SHA-1, critical notations, an ended signature", async () => {
    const user = ["--local-user", key("rsa").fingerprint];
    await isRefused(["rsa"], gpg(...user, "--output", "-", "--clear-sign", data), "SIGNATURE_MALFORMED");
    await isRefused(["rsa"], gpg(...user, "--output", "-", "--sign", data), "SIGNATURE_MALFORMED");
    await isRefused(["rsa"], sign(["rsa"], "--digest-algo", "SHA1"), "SIGNATURE_HASH_WEAK");
    await isRefused(["ed"], sign(["ed"], "--set-notation", "!a@example.org=b"), "SIGNATURE_MALFORMED");
    await isRefused(["ed"], sign(["ed"], "--default-sig-expire", "1d", ...at(5)), "SIGNATURE_TIME");
    const noted = await outcome(["ed"], sign(["ed"], "--set-notation", "a@example.org=b"));
    assert.equal(noted.outcome, "verified");
  });

  test("a signature dated before its key, and one dated next week", async () => {
    await isRefused(["ed"], sign(["ed"], "--ignore-time-conflict", "--ignore-valid-from", ...at(40)), "SIGNATURE_TIME");
    await isRefused(["ed"], sign(["ed"], ...at(-7)), "SIGNATURE_TIME");
  });

  test("an ended key's signature needs a publication of its time", async () => {
    const signature = sign(["ended"], ...at(25));
    await isRefused(["ended"], signature, "KEY_EXPIRED");
    const published = async (days: number): Promise<string> =>
      (await outcome(["ended"], signature, { publishedAt: Date.now() - days * DAY })).outcome;
    assert.equal(await published(24), "verified");
    assert.equal(await published(2), "invalid");
  });

  test("a key revoked with the revocation that GnuPG wrote when it was made", async () => {
    keep("gone", generate("gone", "ed25519", "cert,sign", "0", ...at(30)));
    const signature = sign(["gone"]);
    assert.equal((await outcome(["gone"], signature)).outcome, "verified");
    const { fingerprint } = key("gone");
    const folder = join(home, "openpgp-revocs.d");
    const [file = ""] = readdirSync(folder).filter((name) => name.startsWith(fingerprint));
    writeFileSync(join(home, "revocation"), readFileSync(join(folder, file), "utf8").replace(/^:-----/m, "-----"));
    gpg("--import", join(home, "revocation"));
    keep("gone", fingerprint);
    await isRefused(["gone"], signature, "KEY_REVOKED");
    const facts = await readCertificate(key("gone").certificate);
    assert.ok(facts.ok && facts.revoked);
  });

  test("DSA, curves of no standard policy, and self-signatures over SHA-1", async () => {
    keep("dsa", generate("dsa", "dsa2048", "cert,sign", "0", ...at(30)));
    keep("brainpool", generate("brainpool", "brainpoolP256r1", "cert,sign", "0", ...at(30)));
    keep("old", generate("old", "rsa2048", "cert,sign", "0", ...at(30), "--cert-digest-algo", "SHA1"));
    for (const name of ["dsa", "brainpool", "old"]) {
      await isRefused([name], sign([name], "--digest-algo", "SHA512"), "KEY_WEAK");
      const facts = await readCertificate(key(name).certificate);
      assert.ok(facts.ok && facts.weakness !== null && facts.signingKeys.length === 0);
    }
  });
});
