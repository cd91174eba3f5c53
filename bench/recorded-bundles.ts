/**
 * Attestations as npm's public registry really gave them, one bundle each: what a verification is timed with. Those
 * that others have damaged are left to the tests.
 */
import { readFileSync } from "node:fs";
import { vectorPath } from "../registry-fixtures/fixture-files.js";
import { PUBLISH } from "../registry-fixtures/sigstore/npm-statements.js";

export type BundleKind = "provenance" | "publish";

export interface RecordedBundle {
  readonly kind: BundleKind;
  /** Of what it speaks. */
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  /** Hex. */
  readonly sha512: string;
  /** The registry's answer, with this attestation alone. */
  readonly answer: Buffer;
}

/** Lists of attestations, and one bundle that stands alone. */
const ANSWERS = [
  "slsa-verifier/gundam-visor-cli-v1-tag.tgz.json",
  "slsa-verifier/provenance-npm-test-cli-v02-prega.tgz.json",
  "slsa-verifier-unit/npm-attestations.intoto.sigstore",
  "pacote/valid-attestations.json",
  "npm-cli/valid-sigstore-1.0.0-attestations.json",
];
const ALONE = "sigstore-dotnet/playwright-cli-0.1.1-publish.sigstore.json";

interface Shown {
  readonly bundle: { readonly dsseEnvelope: { readonly payload: string } };
}

/** All that are recorded of this kind. */
export function recordedBundles(kind: BundleKind): readonly RecordedBundle[] {
  const listed = ANSWERS.flatMap((file) => (read(file) as { readonly attestations: readonly Shown[] }).attestations);
  const alone: Shown = { bundle: read(ALONE) as Shown["bundle"] };
  return [...listed, alone].map(described).filter((one) => one.kind === kind);
}

/** What it is about is taken from the statement itself: whether that holds is what is timed, and not tested here. */
function described(shown: Shown): RecordedBundle {
  const statement = JSON.parse(Buffer.from(shown.bundle.dsseEnvelope.payload, "base64").toString("utf8")) as {
    readonly predicateType: string;
    readonly subject: readonly { readonly name: string; readonly digest: { readonly sha512: string } }[];
  };
  const [subject] = statement.subject;
  const [, name = "", version = ""] = /^pkg:npm\/(.+)@([^@]+)$/.exec(subject?.name ?? "") ?? [];
  return {
    kind: statement.predicateType === PUBLISH ? "publish" : "provenance",
    name: decodeURIComponent(name),
    version,
    purl: subject?.name ?? "",
    sha512: subject?.digest.sha512 ?? "",
    answer: Buffer.from(JSON.stringify({ attestations: [shown] })),
  };
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(vectorPath("npm-attestations", ...file.split("/")), "utf8"));
}
