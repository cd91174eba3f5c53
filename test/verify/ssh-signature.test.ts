import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import fc from "fast-check";
import { parseSshKey, readSshKey, sshKeyText, sshString } from "../../src/model/ssh-key.js";
import { signerOfSsh, verifySsh } from "../../src/verify/ssh-signature.js";
import { armored, type Craft, craftWith, integer, keyOf, MESSAGE, NAMESPACE, uint32 } from "./ssh-workshop.js";

const ed = generateKeyPairSync("ed25519");
const edKey = keyOf(ed.publicKey);
const craft = (how: Craft = {}): Buffer => craftWith(ed, how);

const verdict = (signature: Uint8Array, key = edKey, message: Uint8Array = MESSAGE): string => {
  const outcome = verifySsh({ message, signature, namespace: NAMESPACE, key });
  return outcome.ok ? "holds" : outcome.why;
};

describe("signatures in OpenSSH's form", () => {
  test("one made to the letter holds", () => {
    assert.equal(verdict(craft()), "holds");
    assert.equal(verdict(craft({ hash: "sha256" })), "holds");
    assert.equal(verdict(Buffer.from(craft().toString().replaceAll("\n", "\r\n"))), "holds");
  });

  const refused: Readonly<Record<string, readonly [Uint8Array, RegExp]>> = {
    "for another namespace": [craft({ namespace: "git" }), /for "git"/],
    "for another namespace, renamed": [craft({ signedNamespace: "git" }), /does not hold/],
    "for no namespace": [craft({ namespace: "" }), /for ""/],
    "over another message": [craft({ message: Buffer.from("one line\n") }), /does not hold/],
    "by another key": [craft({ publicKey: keyOf(generateKeyPairSync("ed25519").publicKey).blob }), /another key/],
    "over a message hashed by MD5": [craft({ hash: "md5" }), /hashed by "md5"/],
    "over a message hashed by SHA-1": [craft({ hash: "sha1" }), /hashed by "sha1"/],
    "over a message hashed by SHA-384": [craft({ hash: "sha384" }), /hashed by "sha384"/],
    "of a version of the future": [craft({ version: 2 }), /version 2/],
    "with something in the reserved field": [craft({ reserved: "x" }), /reserved/],
    "with something behind it": [craft({ behind: sshString("x") }), /follows/],
    "made in another key's way": [craft({ algorithm: "ssh-rsa" }), /not a way/],
    "of no bytes": [craft({ raw: Buffer.of() }), /malformed/],
    "of 64 zero bytes": [craft({ raw: Buffer.alloc(64) }), /does not hold/],
    "without its armor": [Buffer.from(craft().toString().split("\n").slice(1, -2).join("\n")), /not one armored/],
    "behind a text": [Buffer.concat([Buffer.from("x\n"), craft()]), /not one armored/],
    "before a text": [Buffer.concat([craft(), Buffer.from("x\n")]), /not one armored/],
    "twice in one file": [Buffer.concat([craft(), craft()]), /not one armored/],
    "in an empty file": [Buffer.of(), /not one armored/],
    "in a file of a megabyte": [Buffer.alloc(1024 * 1024, "x"), /not one armored/],
    "as OpenPGP": [
      Buffer.from("-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n"),
      /not one armored/,
    ],
  };
  for (const [name, [signature, why]] of Object.entries(refused)) {
    test(`refused: ${name}`, () => assert.match(verdict(signature), why));
  }

  test("every prefix, and every byte with any of its bits changed, is refused", () => {
    const honest = craft();
    // The line break at the end is nobody's.
    for (let end = 0; end < honest.length - 1; end += 1)
      assert.notEqual(verdict(honest.subarray(0, end)), "holds", `${end}`);
    for (let at = 0; at < honest.length; at += 1) {
      for (const mask of [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff]) {
        const changed = Buffer.from(honest);
        changed[at] = (changed[at] ?? 0) ^ mask;
        assert.notEqual(verdict(changed), "holds", `byte ${at} ^ ${mask}`);
      }
    }
  });

  test("whatever the file holds, it is refused and nothing is thrown", () => {
    const any = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300 }).map(armored));
    const wrapped = fc
      .uint8Array({ maxLength: 200 })
      .map((rest) => armored(Buffer.concat([Buffer.from("SSHSIG"), uint32(1), rest])));
    fc.assert(
      fc.property(fc.oneof(any, wrapped), (file) => {
        assert.notEqual(verdict(file), "holds");
        assert.equal(signerOfSsh(file), null);
      }),
      { numRuns: 500 },
    );
  });

  test("a malleated signature over a curve, and integers not in their shortest form", () => {
    const pair = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    const { x = "", y = "" } = pair.publicKey.export({ format: "jwk" });
    const point = Buffer.concat([Buffer.of(4), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
    const type = "ecdsa-sha2-nistp256";
    const read = readSshKey(Buffer.concat([type, "nistp256", point].map(sshString)));
    assert.ok(read.ok);
    const digest = createHash("sha512").update(MESSAGE).digest();
    const signed = Buffer.concat([Buffer.from("SSHSIG"), ...[NAMESPACE, "", "sha512", digest].map(sshString)]);
    const raw = sign("sha256", signed, { key: pair.privateKey, dsaEncoding: "ieee-p1363" });
    const [r, s] = [raw.subarray(0, 32), raw.subarray(32)];
    const file = (body: Uint8Array) => craft({ publicKey: read.key.blob, algorithm: type, raw: body });
    assert.equal(verdict(file(Buffer.concat([integer(r), integer(s)])), read.key), "holds");
    const long = (bytes: Uint8Array) => sshString(Buffer.concat([Buffer.of(0, 0), bytes]));
    assert.match(verdict(file(Buffer.concat([long(r), integer(s)])), read.key), /malformed/);
    assert.match(verdict(file(Buffer.concat([integer(r), integer(s), integer(s)])), read.key), /malformed/);
    assert.match(verdict(file(Buffer.concat([integer(r)])), read.key), /malformed/);
    assert.match(verdict(file(Buffer.concat([integer(s), integer(r)])), read.key), /does not hold/);
    assert.match(verdict(file(Buffer.concat([sshString(""), sshString("")])), read.key), /malformed/);
  });

  test("a point that lies on no curve", () => {
    const point = Buffer.concat([Buffer.of(4), Buffer.alloc(64, 1)]);
    const read = readSshKey(Buffer.concat(["ecdsa-sha2-nistp256", "nistp256", point].map(sshString)));
    assert.ok(read.ok);
    const raw = Buffer.concat([integer(Buffer.of(1)), integer(Buffer.of(1))]);
    const file = craft({ publicKey: read.key.blob, algorithm: read.key.type, raw });
    assert.match(verdict(file, read.key), /not a key/);
  });
});

describe("keys in OpenSSH's form", () => {
  const key = sshKeyText(edKey);
  const rsa = (bits: number): string => {
    const { n = "", e = "" } = generateKeyPairSync("rsa", { modulusLength: bits }).publicKey.export({ format: "jwk" });
    const numbers = [e, n].map((text) => integer(Buffer.from(text, "base64url")));
    return `ssh-rsa ${Buffer.concat([sshString("ssh-rsa"), ...numbers]).toString("base64")}`;
  };
  const why = (text: string): string => {
    const read = parseSshKey(text);
    return read.ok ? "read" : read.why;
  };
  const typed = (type: string, ...parts: readonly (string | Uint8Array)[]): string =>
    `${type} ${Buffer.concat([type, ...parts].map(sshString)).toString("base64")}`;

  test("read with a comment or without; the comment is nobody's", () => {
    const [one, other] = [parseSshKey(key), parseSshKey(`${key} ann@example.org (work)`)];
    assert.ok(one.ok && other.ok);
    assert.equal(sshKeyText(one.key), sshKeyText(other.key));
    assert.equal(why(rsa(2048)), "read");
  });

  for (const [name, text, expected] of [
    ["a security key", typed("sk-ssh-ed25519@openssh.com", Buffer.alloc(32), "ssh:"), /security key.*without sk-/],
    ["a certificate for logging in", typed("ssh-ed25519-cert-v01@openssh.com", "x"), /name the key itself/],
    ["DSA", typed("ssh-dss", "x"), /prove nothing/],
    ["a short RSA key", rsa(1024), /1024 bits is too short/],
    ["an RSA key with an even exponent", typed("ssh-rsa", Buffer.of(2), Buffer.alloc(257, 0x7f)), /no RSA key/],
    ["another type in front", key.replace("ssh-ed25519", "ssh-rsa"), /calls itself ssh-rsa/],
    ["too short a key", typed("ssh-ed25519", Buffer.alloc(31)), /not of its type/],
    ["something behind the key", typed("ssh-ed25519", Buffer.alloc(32), "x"), /not of its type/],
    ["a compressed point", typed("ecdsa-sha2-nistp256", "nistp256", Buffer.alloc(65, 2)), /in full/],
    ["another curve", typed("ecdsa-sha2-nistp256", "nistp384", Buffer.alloc(65, 4)), /not of its type/],
    ["options of an authorized_keys file", `command="x" ${key}`, /as OpenSSH writes/],
    ["two lines", `${key}\n${key}`, /as OpenSSH writes/],
    ["a private key", "-----BEGIN OPENSSH PRIVATE KEY-----", /as OpenSSH writes/],
    ["base64 with loose bits", key.replace(/.$/, "="), /base64|cut short|as OpenSSH/],
  ] as const) {
    test(`refused: ${name}`, () => assert.match(why(text), expected));
  }

  test("every prefix and every changed byte of a key is another key or none", () => {
    const blob = Buffer.from(edKey.blob);
    for (let end = 0; end < blob.length; end += 1) assert.equal(readSshKey(blob.subarray(0, end)).ok, false);
    for (let at = 0; at < blob.length; at += 1) {
      const changed = Buffer.from(blob);
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      const read = readSshKey(changed);
      assert.ok(!read.ok || sshKeyText(read.key) !== key);
    }
  });
});

const hasKeygen = spawnSync("ssh-keygen", ["-?"]).error === undefined;

describe("signatures by ssh-keygen", { skip: hasKeygen ? false : "SKIPPED: ssh-keygen is not installed" }, () => {
  let home = "";
  before(() => {
    home = mkdtempSync(join(tmpdir(), "ssh-"));
    writeFileSync(join(home, "message"), MESSAGE);
  });
  after(() => rmSync(home, { recursive: true, force: true }));

  const keygen = (...args: readonly string[]): void => {
    const run = spawnSync("ssh-keygen", args, { cwd: home });
    assert.equal(run.status, 0, `ssh-keygen ${args.join(" ")}: ${run.stderr}`);
  };
  const made = (name: string, namespace = NAMESPACE, ...options: readonly string[]): Buffer => {
    keygen("-Y", "sign", "-q", "-n", namespace, ...options, "-f", name, "message");
    const signature = readFileSync(join(home, "message.sig"));
    rmSync(join(home, "message.sig"));
    return signature;
  };

  for (const [type, bits] of [
    ["ed25519", "256"],
    ["ecdsa", "256"],
    ["ecdsa", "384"],
    ["ecdsa", "521"],
    ["rsa", "2048"],
    ["rsa", "3072"],
  ] as const) {
    test(`${type} ${bits}: what it signs holds here, and nothing else does`, () => {
      const name = `${type}${bits}`;
      keygen("-q", "-t", type, "-b", bits, "-N", "", "-C", "ann", "-f", name);
      const read = parseSshKey(readFileSync(join(home, `${name}.pub`), "utf8").trimEnd());
      assert.ok(read.ok);
      const signature = made(name);
      assert.equal(verdict(signature, read.key), "holds");
      assert.equal(verdict(made(name, NAMESPACE, "-O", "hashalg=sha256"), read.key), "holds");
      assert.match(verdict(made(name, "git"), read.key), /for "git"/);
      assert.match(verdict(signature, read.key, Buffer.from("other")), /does not hold/);
      assert.match(verdict(signature, edKey), /another key/);
      const signer = signerOfSsh(signature);
      assert.equal(signer && sshKeyText(signer), sshKeyText(read.key));
      for (let at = 40; at < signature.length - 1; at += 7) {
        const changed = Buffer.from(signature);
        changed[at] = (changed[at] ?? 0) ^ 0x01;
        assert.notEqual(verdict(changed, read.key), "holds", `byte ${at}`);
      }
    });
  }

  test("what is made here to the letter, ssh-keygen accepts", () => {
    writeFileSync(join(home, "signers"), `ann ${sshKeyText(edKey)}\n`);
    writeFileSync(join(home, "ours.sig"), craft());
    const args = ["-Y", "verify", "-f", "signers", "-I", "ann", "-n", NAMESPACE, "-s", "ours.sig"];
    assert.equal(spawnSync("ssh-keygen", args, { cwd: home, input: MESSAGE }).status, 0);
  });
});
