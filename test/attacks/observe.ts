/** Writes down what was seen of packages before the attack, as `trust init` would have. */
import assert from "node:assert/strict";
import type { Project } from "../../registry-fixtures/project.js";
import type { Simulator } from "../../registry-fixtures/simulator.js";
import { parseIntegrity } from "../../src/model/digest.js";
import type { Observation } from "../../src/model/observation.js";
import { withObservations } from "../../src/trust/observed.js";

export const SEEN = Date.parse("2026-02-01T00:00:00.000Z");

/** What an honest run would have seen of a version as it is served now: signed by the registry, by its publisher. */
export function observed(simulator: Simulator, id: string, more: Partial<Observation> = {}): Observation {
  const [, name = "", version = ""] = /^(.+)@(.+)$/.exec(id) ?? [];
  const { manifest, publishTime } = simulator.release(name, version);
  const { sha512 } = parseIntegrity(manifest.dist.integrity).digests;
  assert.ok(sha512);
  const user = manifest._npmUser as { name: string; trustedPublisher?: { id: string } };
  return {
    ecosystem: "npm",
    name,
    version,
    digest: { algorithm: "sha512", hex: sha512 },
    registry: simulator.name,
    evidence: ["registry-signature"],
    signers: (manifest.dist.signatures ?? []).map(({ keyid }) => ({
      type: "registry-key",
      registry: simulator.name,
      keyid,
    })),
    publisher: { name: user.trustedPublisher?.id ?? user.name, trusted: user.trustedPublisher !== undefined },
    source: null,
    published: publishTime === null ? null : Date.parse(publishTime),
    seen: SEEN,
    reviewed: false,
    ...more,
  };
}

/** Writes observed.lock into the project's store, or into another folder of it. */
export async function writeObserved(
  project: Project,
  all: readonly Observation[],
  folder = ".secure-install",
): Promise<void> {
  await project.write(`${folder}/observed.lock`, withObservations(null, all));
}
