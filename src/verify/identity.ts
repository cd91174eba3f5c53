/** Evidence `identity`: the archive's own package.json is of the name and version that was asked for. */
import semver from "semver";
import type { Outcome } from "../model/evidence.js";

/**
 * @param asked what the lockfile asks for
 * @param manifest the parsed package.json of the archive
 */
export function verifyIdentity(
  asked: { readonly name: string; readonly version: string },
  manifest: Readonly<Record<string, unknown>>,
): Outcome {
  const name = typeof manifest.name === "string" ? manifest.name.trim() : null;
  // npm cleans the version when it publishes ("v1.0.0", "1.0.0+build"), so the registry's spelling may be the cleaned one.
  const version = typeof manifest.version === "string" ? manifest.version : null;
  const same = version !== null && (version === asked.version || semver.clean(version, true) === asked.version);
  if (name === asked.name && same) return { outcome: "verified", signers: [] };
  return {
    outcome: "invalid",
    code: "IDENTITY_MISMATCH",
    detail: "the package.json inside the archive is of another package or version",
    expected: `${asked.name}@${asked.version}`,
    got: `${name ?? "(no name)"}@${version ?? "(no version)"}`,
  };
}
