/**
 * The registries that are known without a trust store, and the floor of what they must show. The only file of
 * the program that names a registry's host.
 *
 * npm's keys are those of `registry.npmjs.org/keys.json` in Sigstore's TUF repository (also the seed of the npm
 * package `@sigstore/tuf` 5.0.1). The windows are consistency, not proof: a publish time is unsigned.
 */
import type { SigstoreInstance } from "../model/build.js";
import type { Registry, RegistryKey } from "../model/policy.js";

/** Since when the newest of what is built in here holds: the day on which npm's current key begins. */
export const BUILTIN_SINCE = "2025-01-13";

export const BUILTIN: readonly Registry[] = [
  {
    id: "npmjs",
    url: "https://registry.npmjs.org/",
    ecosystem: "npm",
    home: ["*"],
    require: ["integrity", "registry-signature"],
    floor: ["integrity", "registry-signature"],
    keys: [
      {
        // Nearly all of npm's past is signed with this one, so it stays although its time is over.
        keyid: "SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA",
        spki: "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1Olb3zMAFFxXKHiIkQO5cJ3Yhl5i6UPp+IhuteBJbuHcA5UogKo0EWtlWwW6KSaKoTNEYL7JlCQiVnkhBktUgg==",
        notBefore: null,
        expires: Date.UTC(2025, 0, 29),
      },
      {
        keyid: "SHA256:DhQ8wR5APBvFHLF/+Tc+AYvPOdTpcIDqOhxsBHRwC7U",
        spki: "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEY6Ya7W++7aUPzvMTrezH6Ycx3c+HOKYCcNGybJZSCJq/fd7Qa8uuAKtdIkUQtQiEKERhAmE5lMMJhP8OkDOa2g==",
        notBefore: Date.UTC(2025, 0, 13),
        expires: null,
      },
    ],
    serves: null,
    evidenceFrom: null,
    redirects: [],
  },
  {
    id: "pypi",
    url: "https://pypi.org/",
    ecosystem: "pypi",
    home: ["*"],
    require: ["integrity"],
    floor: ["integrity"],
    keys: [],
    serves: null,
    evidenceFrom: null,
    redirects: [],
  },
];

/**
 * Sigstore's public instance, of which everybody's builds may come: those of GitHub and of GitLab, and of issuers that
 * trust.json adds. Its trusted root is shipped (`trusted-root.json` beside this file: the target of that name in
 * Sigstore's TUF repository at 60cf2ce8b2e45d600dc17c4421e8c751e75772be), until a refresh has brought a newer one.
 */
export const PUBLIC_SIGSTORE: SigstoreInstance = {
  id: "public-good",
  root: null,
  select: null,
  issuers: ["https://token.actions.githubusercontent.com", "https://gitlab.com"],
  logEntries: 1,
  scts: 1,
};

/** Where npm's own keys and Sigstore's roots are renewed from, and which of its files are those. */
export interface RootsRepository {
  /** With a slash at the end, as `targets`. */
  readonly metadata: string;
  readonly targets: string;
  /** Paths of two targets. */
  readonly npmKeys: string;
  readonly trustedRoot: string;
}

/**
 * Sigstore's public-good repository of The Update Framework, in which npm has a delegation of its own. What is believed
 * of it begins with `tuf-root.json` beside this file: its root metadata of version 15, as it stands in
 * `sigstore/root-signing` at 60cf2ce8b2e45d600dc17c4421e8c751e75772be (2026-08-21). Trust stores keep the roots that
 * came after that one, so it stays what it is.
 */
export const ROOTS_REPOSITORY: RootsRepository = {
  metadata: "https://tuf-repo-cdn.sigstore.dev/",
  targets: "https://tuf-repo-cdn.sigstore.dev/targets/",
  npmKeys: "registry.npmjs.org/keys.json",
  trustedRoot: "trusted_root.json",
};

/** The registry whose keys `npmKeys` holds. */
export const RENEWED_REGISTRY = "npmjs";

/**
 * Whether a key stands as it is built in, or came by a refresh, proven. Of the beginning of such a key no publication
 * is asked for: npm tells the time in full packuments only (70 MB for 244 packages, against 0.4 MB of manifests), and
 * signs it nowhere.
 */
export function isBuiltinKey(key: RegistryKey): boolean {
  const same = (own: RegistryKey): boolean =>
    own.spki === key.spki && own.notBefore === key.notBefore && own.expires === key.expires;
  return key.renewed === true || BUILTIN.some(({ keys }) => keys.some(same));
}

/** The keys, without the beginnings of those of which no publication is asked for. */
export function withoutBeginnings(keys: readonly RegistryKey[]): readonly RegistryKey[] {
  return keys.map((key) => (isBuiltinKey(key) ? { ...key, notBefore: null } : key));
}

/** The built-in registry where every name of an ecosystem is at home that no other registry claims. */
export function builtinHome(registries: readonly Registry[], ecosystem: Registry["ecosystem"]): Registry {
  const id = ecosystem === "npm" ? "npmjs" : "pypi";
  const found = [...registries, ...BUILTIN].find((registry) => registry.id === id);
  if (found === undefined) throw new Error(`no built-in registry ${id}`);
  return found;
}
