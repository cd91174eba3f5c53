/**
 * Has one verifier hold the recorded bundles of one kind again and again, on one thread, and prints what one bundle
 * takes when everything is warm. Input: a JSON file with `verifier`, `kind`, `roots`.
 */
import { readFileSync } from "node:fs";
import { makeVerifier, type Roots, type VerifierName } from "../bundle-verifiers.js";
import { type BundleKind, recordedBundles } from "../recorded-bundles.js";

export interface Holding {
  readonly verifier: VerifierName;
  readonly kind: BundleKind;
  readonly roots: Roots;
}

/** Of one bundle, the mean of those that are recorded. */
export interface HeldIn {
  /** CPU time, the collecting of garbage included: what else the machine does meanwhile does not count. */
  readonly cpuMs: number;
}

const WARM_MS = 500;
const MEASURED_MS = 600;
const UNASKED_MS = 20;

const [, , input = ""] = process.argv;
const { verifier, kind, roots } = JSON.parse(readFileSync(input, "utf8")) as Holding;
const bundles = recordedBundles(kind);
const hold = await makeVerifier(verifier, roots);

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Milliseconds for one bundle, over as many passes as there is time for. */
async function meanOver(ms: number): Promise<number> {
  const began = cpuMs();
  let passes = 0;
  while (cpuMs() - began < ms) {
    // To ask for the time takes some of it.
    for (const end = performance.now() + UNASKED_MS; performance.now() < end; passes += 1) {
      for (const bundle of bundles) await hold(bundle);
    }
  }
  return (cpuMs() - began) / (passes * bundles.length);
}

await meanOver(WARM_MS);
process.stdout.write(JSON.stringify({ cpuMs: await meanOver(MEASURED_MS) } satisfies HeldIn));
