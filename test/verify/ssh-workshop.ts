/** SSH keys and signatures of every sound and unsound kind, made at test time. */
import assert from "node:assert/strict";
import { createHash, type KeyObject, sign } from "node:crypto";
import { readSshKey, type SshKey, sshString } from "../../src/model/ssh-key.js";

export const NAMESPACE = "secure-install-trust";
export const MESSAGE = Buffer.from("one line\nanother line\n");

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export const armored = (blob: Uint8Array): Buffer => {
  const lines =
    Buffer.from(blob)
      .toString("base64")
      .match(/.{1,70}/g) ?? [];
  return Buffer.from(["-----BEGIN SSH SIGNATURE-----", ...lines, "-----END SSH SIGNATURE-----", ""].join("\n"));
};
export const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
export const integer = (bytes: Uint8Array): Buffer => {
  const start = bytes.findIndex((byte) => byte !== 0);
  const body = Buffer.from(bytes.subarray(start));
  return sshString((body[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.of(0), body]) : body);
};

/** A signature made by ourselves, with any of its parts as ssh-keygen would never write them. */
export interface Craft {
  readonly version?: number;
  readonly publicKey?: Uint8Array;
  readonly namespace?: string;
  readonly signedNamespace?: string;
  readonly reserved?: string;
  readonly hash?: string;
  readonly algorithm?: string;
  readonly raw?: Uint8Array;
  readonly behind?: Uint8Array;
  readonly message?: Uint8Array;
}

export function keyOf(publicKey: KeyObject): SshKey {
  const { x = "" } = publicKey.export({ format: "jwk" });
  const read = readSshKey(Buffer.concat([sshString("ssh-ed25519"), sshString(Buffer.from(x, "base64url"))]));
  assert.ok(read.ok);
  return read.key;
}

/** Signs with an Ed25519 key: to the letter, but for what is said to be otherwise. */
export function craftWith(
  pair: KeyPair,
  { hash = "sha512", reserved = "", algorithm = "ssh-ed25519", ...how }: Craft = {},
): Buffer {
  const namespace = how.namespace ?? NAMESPACE;
  const digest = createHash(hash === "md5" ? "md5" : hash)
    .update(how.message ?? MESSAGE)
    .digest();
  const fields = [how.signedNamespace ?? namespace, reserved, hash, digest].map(sshString);
  const raw = how.raw ?? sign(null, Buffer.concat([Buffer.from("SSHSIG"), ...fields]), pair.privateKey);
  return armored(
    Buffer.concat([
      Buffer.from("SSHSIG"),
      uint32(how.version ?? 1),
      ...[how.publicKey ?? keyOf(pair.publicKey).blob, namespace, reserved, hash].map(sshString),
      sshString(Buffer.concat([sshString(algorithm), sshString(raw)])),
      how.behind ?? Buffer.of(),
    ]),
  );
}
