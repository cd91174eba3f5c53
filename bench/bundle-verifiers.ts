/**
 * Who verifies an attestation, beginning at the registry's answer: we, the library that we call, and the package
 * `sigstore` by which npm does it, which is taken as npm's own `pacote` has it.
 */
import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { BUILTIN, PUBLIC_SIGSTORE } from "../src/trust/builtin.js";
import { verifyAttestations } from "../src/verify/attestations.js";
import type { RecordedBundle } from "./recorded-bundles.js";
import { TUF_MIRROR } from "./tuf-cache.js";

/** Throws where the bundle does not hold: nobody is to be fast by refusing. */
export type Hold = (recorded: RecordedBundle) => unknown;

export const VERIFIERS = ["ours", "library", "sigstore", "sigstore-each"] as const;
export type VerifierName = (typeof VERIFIERS)[number];

export interface Roots {
  /** File of the trusted root. */
  readonly trustedRoot: string;
  /** A kept TUF repository with that root in it, which is the only way by which `sigstore` takes one. */
  readonly tufCache: string;
  /** Its first root metadata. */
  readonly tufRoot: string;
}

/** The part of `sigstore` that verifies; its version is the one that npm itself would take on this node. */
interface SigstorePackage {
  verify(bundle: unknown, options: object): Promise<unknown>;
  createVerifier(options: object): Promise<{ verify(bundle: unknown): unknown }>;
}

const PEM = { type: "spki", format: "pem" } as const;
const { id, url, keys } = npmjs();
const fromHere = createRequire(import.meta.url);
const fromPacote = createRequire(fromHere.resolve("pacote"));

/** What a contestant is called in a report, with its version. */
export function nameOf(verifier: VerifierName): string {
  switch (verifier) {
    case "ours":
      return "secure-install, `verifyAttestations`";
    case "library":
      return `@sigstore/verify ${versionIn(fromHere, "@sigstore/verify")} alone, one \`Verifier\``;
    case "sigstore":
      return `sigstore ${versionIn(fromPacote, "sigstore")}, one \`createVerifier\``;
    case "sigstore-each":
      return `sigstore ${versionIn(fromPacote, "sigstore")}, \`verify\` each time, as npm calls it`;
  }
}

/** Everything that is done once, done. */
export async function makeVerifier(verifier: VerifierName, roots: Roots): Promise<Hold> {
  if (verifier === "ours") return ours;
  if (verifier === "library") return library(roots);
  const sigstore = fromPacote("sigstore") as SigstorePackage;
  const pems = new Map(keys.map(({ keyid }) => [keyid, createPublicKey(keyOf(keyid)).export(PEM)]));
  const options = {
    tufMirrorURL: TUF_MIRROR,
    tufRootPath: roots.tufRoot,
    tufCachePath: roots.tufCache,
    tufForceCache: true,
    keySelector: (hint: string) => pems.get(hint),
  };
  if (verifier === "sigstore-each") return (recorded) => sigstore.verify(bundleIn(recorded), options);
  const once = await sigstore.createVerifier(options);
  return (recorded) => once.verify(bundleIn(recorded));
}

async function ours({ kind, name, version, purl, sha512, answer }: RecordedBundle): Promise<void> {
  const about = { name, version, purl, own: { sha512 }, registry: { id, url }, keys };
  const outcome = (await verifyAttestations({ ...about, instances: [PUBLIC_SIGSTORE], answer }))[kind];
  if (outcome.outcome !== "verified") throw new Error(`${purl}: ${JSON.stringify(outcome)}`);
}

function library({ trustedRoot }: Roots): Hold {
  const known = new Map(keys.map(({ keyid }) => [keyid, createPublicKey(keyOf(keyid))]));
  const root = TrustedRoot.fromJSON(JSON.parse(readFileSync(trustedRoot, "utf8")));
  const verifier = new Verifier(
    toTrustMaterial(root, (hint) => {
      const publicKey = known.get(hint);
      if (publicKey === undefined) throw new Error(`no key is called ${hint}`);
      return { publicKey, validFor: () => true };
    }),
  );
  return (recorded) => verifier.verify(toSignedEntity(bundleFromJSON(bundleIn(recorded))));
}

function bundleIn({ answer }: RecordedBundle): unknown {
  const { attestations } = JSON.parse(answer.toString("utf8")) as { readonly attestations: { bundle: unknown }[] };
  return attestations[0]?.bundle;
}

function keyOf(keyid: string) {
  const spki = keys.find((key) => key.keyid === keyid)?.spki ?? "";
  return { key: Buffer.from(spki, "base64"), format: "der", type: "spki" } as const;
}

function npmjs() {
  const found = BUILTIN.find((registry) => registry.id === "npmjs");
  if (found === undefined) throw new Error("npm's registry is not built in");
  return found;
}

function versionIn(from: NodeJS.Require, name: string): string {
  return (from(`${name}/package.json`) as { readonly version: string }).version;
}
