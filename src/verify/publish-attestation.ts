/**
 * Evidence `publish-attestation` (https://github.com/npm/attestation/tree/main/specs/publish/v0.1): the registry's own
 * word, by its own key and in a transparency log, that this version was published as these bytes.
 */
import type { Outcome, Signer } from "../model/evidence.js";
import { object } from "../model/json.js";
import type { RegistryKey } from "../model/policy.js";
import {
  type AttestationRequest,
  clipped,
  heldUnder,
  invalid,
  keyidOf,
  MISMATCH,
  refusalOf,
  unknown,
  wrongSubject,
} from "./attested.js";
import { keyCalled } from "./registry-keys.js";
import type { Opened } from "./sigstore.js";
import type { Statement } from "./statement.js";

export const PUBLISH_TYPE = "https://github.com/npm/attestation/tree/main/specs/publish/v0.1";

/** The outcome of one attestation whose statement is of a publication. */
export async function verifyPublication(
  request: AttestationRequest,
  opened: Opened,
  statement: Statement,
): Promise<Outcome> {
  const held = await heldUnder(request, opened);
  if (!held.ok) return refusalOf(held, "publish attestation");
  const { by, times } = held;
  if (by.type !== "key") return unknown(`it is signed by ${by.facts.san}, and not by the registry`);
  if (keyidOf(opened) !== by.hint) {
    const says = "the key that it names is not the one that signed";
    return invalid(says, { expected: by.hint, got: keyidOf(opened) });
  }
  const wrong = wrongSubject(request, statement) ?? wrongPublication(request, statement);
  if (wrong !== null) return wrong;
  const time = Math.max(...times);
  const outside = outsideLife(request.keys, by.hint, times);
  const signer: Signer = { type: "registry-key", registry: request.registry.id, keyid: by.hint, time };
  return outside ?? { outcome: "verified", signers: [signer] };
}

/** The predicate says once more what was published, and where. */
function wrongPublication({ name, version, registry }: AttestationRequest, { predicate }: Statement): Outcome | null {
  const said = object(predicate) ?? {};
  const where = typeof said.registry === "string" ? said.registry.replace(/\/$/, "") : "nowhere";
  const home = registry.url.replace(/\/$/, "");
  if (said.name === name && said.version === version && where === home) return null;
  const says = "its publish attestation is genuine, and of another publication";
  const got = clipped(`${textIn(said.name)}@${textIn(said.version)} at ${where}`);
  return { ...MISMATCH, detail: says, expected: `${name}@${version} at ${home}`, got };
}

function textIn(value: unknown): string {
  return typeof value === "string" ? value : "(no text)";
}

/** A log's time can't be set back, so a key's life can be held exactly. */
function outsideLife(keys: readonly RegistryKey[], keyid: string, times: readonly number[]): Outcome | null {
  const key = keyCalled(keys, keyid);
  if (key === null) return unknown(`it is signed with the key ${keyid}, which is not pinned`);
  const late = times.find((time) => key.expires !== null && time >= key.expires);
  if (late !== undefined) {
    const says = `the key ${keyid} ended on ${iso(key.expires)}; the log saw it sign on ${iso(late)}`;
    return { outcome: "invalid", code: "KEY_EXPIRED", detail: says };
  }
  const early = times.find((time) => key.notBefore !== null && time < key.notBefore);
  if (early === undefined) return null;
  const says = `the key ${keyid} began on ${iso(key.notBefore)}; the log saw it sign on ${iso(early)}`;
  return { outcome: "invalid", code: "SIGNATURE_TIME", detail: says };
}

function iso(time: number | null): string {
  return time === null ? "no day" : new Date(time).toISOString();
}
