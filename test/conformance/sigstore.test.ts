/**
 * Bundles of the Sigstore conformance suite (registry-fixtures/vectors/sigstore-conformance): a folder whose name ends
 * in _fail must be refused, any other must verify. Those that carry a signature over a file have it beside them.
 */
import assert from "node:assert/strict";
import { createPublicKey, type KeyObject } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { vectorPath } from "../../registry-fixtures/fixture-files.js";
import { openBundle, type Sound, verifyBundle } from "../../src/verify/sigstore.js";
import type { Unsound } from "../../src/verify/sigstore-witnesses.js";
import { terms } from "../verify/sigstore-terms.js";

const ROOT = vectorPath("sigstore-conformance", "bundle-verify");
const BEACON =
  "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
const GITHUB = "https://token.actions.githubusercontent.com";

const folders = readdirSync(ROOT, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

function optional(folder: string, file: string): string | null {
  const path = join(ROOT, folder, file);
  return existsSync(path) ? readFileSync(path, "utf8") : null;
}

/** Null for a file that holds no key: then nobody's is pinned. */
function keyIn(pem: string): KeyObject | null {
  try {
    return createPublicKey(pem);
  } catch {
    return null;
  }
}

async function judged(folder: string): Promise<Sound | Unsound> {
  const root = optional(folder, "trusted_root.json");
  const pem = optional(folder, "key.pub");
  const key = pem === null ? null : keyIn(pem);
  const given = await terms(root === null ? null : (JSON.parse(root) as object), { keyFor: () => key });
  const opened = openBundle(JSON.parse(readFileSync(join(ROOT, folder, "bundle.sigstore.json"), "utf8")));
  if (!opened.ok) return opened;
  const own = join(ROOT, folder, "artifact");
  const artifact = readFileSync(existsSync(own) ? own : join(ROOT, "a.txt"));
  const result = verifyBundle(opened, given, artifact);
  if (!result.ok || result.by.type !== "certificate") return result;
  const [identity, issuer] = [
    optional(folder, "identity")?.trim() ?? BEACON,
    optional(folder, "issuer")?.trim() ?? GITHUB,
  ];
  const { facts } = result.by;
  const isThem = facts.san === identity && facts.issuer === issuer;
  return isThem ? result : { ok: false, stranger: false, why: `${facts.san} signed it (${facts.issuer})` };
}

describe("bundles of the conformance suite", () => {
  it("are all here", () => assert.equal(folders.length, 36));

  for (const folder of folders) {
    it(folder, async () => {
      const result = await judged(folder);
      assert.equal(result.ok, !folder.endsWith("_fail"), result.ok ? "it verified" : result.why);
    });
  }
});

describe("bundles of sigstore-js' own tests", () => {
  const own = vectorPath("sigstore-conformance", "sigstore-js-bundles");
  for (const file of readdirSync(own)) {
    it(file, async () => {
      const opened = openBundle(JSON.parse(readFileSync(join(own, file), "utf8")));
      assert.ok(opened.ok, opened.ok ? "" : opened.why);
      const result = verifyBundle(opened, await terms(null));
      assert.ok(result.ok, result.ok ? "" : result.why);
    });
  }
});
