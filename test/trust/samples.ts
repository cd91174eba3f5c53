/** What the tests of the trust store share: a sample store, keys minted at every start, and short ways to read. */
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { StopError } from "../../src/model/finding.js";
import type { TrustStore } from "../../src/model/policy.js";
import { readStore } from "../../src/trust/store.js";

export const NOW = Date.UTC(2026, 10, 21);
export const V4 = "0123456789ABCDEF0123456789ABCDEF01234567";
export const V6 = `${V4.slice(0, 32)}${V4.slice(0, 32)}`;
export const SHA512 = `sha512-${Buffer.alloc(64, 7).toString("base64")}`;
/** Of 32 zero bytes: it is read, and nobody can sign with it. */
export const SSH_KEY = `ssh-ed25519 ${Buffer.concat([
  ...[11, "ssh-ed25519", 32].map((part) => (typeof part === "number" ? Buffer.of(0, 0, 0, part) : Buffer.from(part))),
  Buffer.alloc(32),
]).toString("base64")}`;
/** Where the sample's private instance of Sigstore has its root. */
export const ACME_ROOT = "sigstore/acme.json";
export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

/** The repository's root, from wherever the tests were built to. */
export function root(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
  return folder;
}

/** A new P-256 key as trust.json has it, with its id over the SubjectPublicKeyInfo. */
export function mintKey(curve = "prime256v1"): { keyid: string; key: string } {
  const der = generateKeyPairSync("ec", { namedCurve: curve }).publicKey.export({ type: "spki", format: "der" });
  return {
    keyid: `SHA256:${createHash("sha256").update(der).digest("base64").replace(/=+$/, "")}`,
    key: der.toString("base64"),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: the sample is taken apart and broken in many ways.
export type Loose = any;

/** The store that the design shows, with every section filled. */
export function sample(): Loose {
  return {
    $schema: "../node_modules/secure-install/schemas/trust.schema.json",
    format: 1,
    registries: {
      npmjs: { require: ["integrity", "registry-signature"] },
      pypi: { require: ["integrity"] },
      acme: {
        url: "https://npm.acme.dev/",
        ecosystem: "npm",
        home: ["@acme/*"],
        require: ["integrity"],
        serves: "npmjs",
        evidenceFrom: "npmjs",
      },
      other: {
        url: "https://npm.example.net/",
        ecosystem: "npm",
        home: ["*"],
        keys: [{ ...mintKey(), expires: null }],
        require: ["integrity", "registry-signature"],
        redirects: ["files.example.net", "files.example.net:8443"],
      },
    },
    publishers: {
      "lib-author": { identities: [{ type: "openpgp", fingerprint: V4, signatureUrl: "{url}.asc" }] },
      "acme-ci": {
        identities: [
          {
            type: "built-by",
            issuer: "https://token.actions.githubusercontent.com",
            repository: "https://github.com/acme/lib",
            repositoryId: "1234",
            ownerId: "5678",
            workflow: ".github/workflows/release.yml",
            ref: "refs/tags/*",
            runner: "github-hosted",
          },
        ],
      },
      "former-author": {
        identities: [{ type: "openpgp", fingerprint: V6 }],
        status: "compromised",
        since: "2026-08-17T00:00:00Z",
        reason: "the laptop was stolen",
      },
    },
    rules: [
      {
        select: "npm:@acme/*@>=2.0.0",
        except: ["npm:@acme/legacy"],
        require: ["provenance"],
        publishers: { atLeast: 1, of: ["lib-author", "acme-ci"] },
        expires: "2028-01-01T00:00:00+02:00",
        reason: "we publish these ourselves",
      },
    ],
    scripts: [{ allow: "npm:esbuild@0.25.x", reason: "places its binary" }],
    sources: [
      {
        allow: "npm:internal-tool",
        from: `git+https://git.example.net/tool#${COMMIT}`,
        reason: "was never published",
      },
    ],
    sdists: [{ allow: "pypi:legacy@1.2", reason: "has no wheel" }],
    owners: { atLeast: 1, identities: [{ type: "openpgp", fingerprint: V4 }] },
    sigstore: {
      "public-good": { issuers: ["https://gitlab.acme.dev"], logEntries: 2, scts: 1 },
      acme: {
        trustedRoot: ACME_ROOT,
        select: ["npm:@acme/*"],
        issuers: ["https://gitlab.acme.dev"],
        logEntries: 1,
        scts: 0,
      },
    },
  };
}

/** The trusted root of the sample's private instance: that of Sigstore's own staging instance, as a value. */
export function sampleRoot(): Loose {
  const path = join(root(), "registry-fixtures/vectors/trust-anchors/sigstage_trusted_root.json");
  return JSON.parse(readFileSync(path, "utf8"));
}

export function sampleExceptions(): Loose {
  return {
    format: 1,
    exceptions: [
      {
        select: "npm:left-pad@1.3.0",
        digest: SHA512,
        waive: ["registry-signature"],
        expires: "2027-02-01T00:00:00Z",
        reason: "published before signatures",
      },
    ],
  };
}

export function sampleDenials(): Loose {
  return { format: 1, deny: [{ select: "npm:event-stream@3.3.6", reason: "malware" }] };
}

/** A JSON text's bytes, one line for each value so that positions mean something. */
export function bytes(value: unknown): Uint8Array {
  return Buffer.from(typeof value === "string" ? value : JSON.stringify(value, null, 2));
}

/** Believes every certificate to be the one that its first line names. */
export async function readByFirstLine(content: Uint8Array): Promise<{ ok: true; fingerprint: string }> {
  return { ok: true, fingerprint: Buffer.from(content).toString().split("\n")[0] ?? "" };
}

/** A store made of these parts; certificates for the sample's identities are there, and the root that it names. */
export function storeOf(
  trust: Loose,
  exceptions?: unknown,
  deny?: unknown,
  trustedRoot: unknown = trust.sigstore === undefined ? undefined : sampleRoot(),
): Promise<TrustStore> {
  const files = new Map<string, Uint8Array>([["trust.json", bytes(trust)]]);
  if (exceptions !== undefined) files.set("exceptions.json", bytes(exceptions));
  if (deny !== undefined) files.set("deny.json", bytes(deny));
  if (trustedRoot !== undefined) files.set(ACME_ROOT, bytes(trustedRoot));
  for (const fingerprint of [V4, V6]) files.set(`keys/${fingerprint}.asc`, bytes(`${fingerprint}\n`));
  return readStore(files, { directory: "/project/.secure-install", now: NOW }, readByFirstLine);
}

/** The StopError that `run` throws; anything else fails the test. */
export function stopped(run: () => unknown): StopError {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof StopError, String(error));
    return error;
  }
  return assert.fail("nothing was refused");
}

/** The StopError with which `promise` ends; anything else fails the test. */
export async function stoppedLater(promise: Promise<unknown>): Promise<StopError> {
  const error = await promise.then(
    () => assert.fail("nothing was refused"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof StopError, String(error));
  return error;
}
