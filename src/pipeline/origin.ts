/** Where an artifact comes from, whose name it is, and who is asked for its proofs. Nothing is fetched here. */
import { tarballAddress } from "../ecosystem/npm.js";
import type { NpmSettings } from "../ecosystem/npmrc.js";
import { shown } from "../fetch/address.js";
import type { Artifact } from "../model/artifact.js";
import { type Finding, finding } from "../model/finding.js";
import { scopeOf } from "../model/names.js";
import type { Registry, SourcePin, TrustStore } from "../model/policy.js";
import { homeOf, mayServe, registryAt, sourcePin } from "../trust/lookup.js";
import type { River } from "./river.js";

/** From a registry that may serve this name. */
export interface RegistryOrigin {
  readonly type: "registry";
  readonly home: Registry;
  readonly from: Registry;
  /** Who is asked for manifest and signatures: `from`, unless it names another. */
  readonly evidence: Registry;
  /** The tarball's address. */
  readonly tarball: string;
  /** The lockfile names no address, so this one is made by npm's convention; the registry may know another. */
  readonly derived: boolean;
}

/** From a source that trust.json pins: a URL, a file in the project, or a git commit. */
export interface PinnedOrigin {
  readonly type: "pinned";
  readonly pin: SourcePin;
}

export type Origin =
  | { readonly ok: true; readonly origin: RegistryOrigin | PinnedOrigin }
  | { readonly ok: false; readonly finding: Finding };

/**
 * Finds the origin of a registry package, or of a pinned source. The findings that the lockfile's reader has for
 * unsupported sources are answered here: `settled` says which no longer count.
 */
export function originOf(artifact: Artifact, { trust, npm, masked }: Pick<River, "trust" | "npm" | "masked">): Origin {
  const { source } = artifact;
  if (source.type === "registry")
    return fromRegistry(artifact, trust, addressOf(artifact, source.url, trust, npm), masked);
  if (source.type === "url" && registryAt(trust, source.url) !== null)
    return fromRegistry(artifact, trust, source.url, masked);
  const pin = pinOf(artifact, trust);
  if (pin !== null) return { ok: true, origin: { type: "pinned", pin } };
  const unsupported = artifact.findings.find((item) => item.code === "LOCKFILE_SOURCE_UNSUPPORTED");
  return {
    ok: false,
    finding: unsupported ?? finding("LOCKFILE_SOURCE_UNSUPPORTED", { says: "no registry serves it" }),
  };
}

/** The artifact without the findings that its origin has answered. */
export function settled(artifact: Artifact): Artifact {
  return { ...artifact, findings: artifact.findings.filter((item) => item.code !== "LOCKFILE_SOURCE_UNSUPPORTED") };
}

/** The source as trust.json spells it: `git+https://…#<commit>`, a URL, or `file:…`. */
export function sourceText(artifact: Artifact): string | null {
  const { source } = artifact;
  if (source.type === "git" || source.type === "url") return source.url;
  return source.type === "file" ? `file:${source.path}` : null;
}

function pinOf(artifact: Artifact, trust: TrustStore): SourcePin | null {
  const text = sourceText(artifact);
  // A git source that names no full commit is whatever the branch is tomorrow: it can't be pinned.
  if (text === null || (artifact.source.type === "git" && artifact.source.commit === null)) return null;
  return sourcePin(trust, artifact, text);
}

function fromRegistry(artifact: Artifact, trust: TrustStore, address: string, masked: readonly string[]): Origin {
  const { name, ecosystem, source } = artifact;
  const derived = source.type === "registry" && source.url === null;
  const home = homeOf(trust, ecosystem, name);
  const from = registryAt(trust, address);
  if (from === null) return { ok: false, finding: unknownRegistry(artifact, address, masked) };
  if (from.ecosystem !== ecosystem || !mayServe(trust, from, home)) {
    const says = `${name} is at home in the registry "${home.id}", and would come from "${from.id}"`;
    return { ok: false, finding: finding("REGISTRY_NOT_HOME", { says, expected: home.url, got: from.url }) };
  }
  const evidence = evidenceFor(trust, from, home);
  return { ok: true, origin: { type: "registry", home, from, evidence, tarball: address, derived } };
}

/**
 * Who is asked for manifest and signatures: whom `from` names, or whom that one names, to the end. Whom a registry does
 * not serve under this name, it does not speak for: a private name is not told to the public registry.
 */
function evidenceFor(trust: TrustStore, from: Registry, home: Registry): Registry {
  const named = trust.registries.find((registry) => registry.id === from.evidenceFrom);
  return named !== undefined && mayServe(trust, named, home) ? evidenceFor(trust, named, home) : from;
}

/** Where npm would fetch it: the lockfile's address, its host replaced as npm replaces it, or the configured registry's. */
export function addressOf(artifact: Artifact, locked: string | null, trust: TrustStore, npm: NpmSettings): string {
  const scope = scopeOf(artifact.name);
  const configured = (scope === null ? undefined : npm.scopes.get(scope)) ?? npm.registry;
  if (locked === null) return tarballAddress(configured, artifact.name, artifact.version);
  const from = registryAt(trust, locked);
  const replaced = npm.replaceRegistryHost;
  const isDefault = replaced === "npmjs" && from?.id === "npmjs";
  if (from === null || !(isDefault || replaced === "always" || replaced === hostOf(locked))) return locked;
  return npm.registry === from.url ? locked : `${npm.registry}${locked.slice(from.url.length)}`;
}

function hostOf(address: string): string | null {
  return URL.canParse(address) ? new URL(address).hostname : null;
}

function unknownRegistry(artifact: Artifact, address: string, masked: readonly string[]): Finding {
  const base = /^(.*?\/)(?:@[^/]+(?:\/|%2[fF]))?[^/]+\/-\/[^/]*$/.exec(address)?.[1] ?? address;
  const scope = scopeOf(artifact.name);
  return undeclared(base, scope === null ? artifact.name : `${scope}/*`, masked, address);
}

/** REGISTRY_UNKNOWN for the registry at `base`, with the line of trust.json that would declare it. */
export function undeclared(base: string, home: string, masked: readonly string[], got: string = base): Finding {
  const tell = (address: string): string => mask(shown(address), masked);
  const url = URL.canParse(base) ? new URL(base) : null;
  const place = tell(base);
  if (url?.protocol === "http:") {
    return finding("FETCH_INSECURE_URL", {
      says: `the registry at ${place} would be asked over plain HTTP`,
      got: tell(got),
    });
  }
  const says = `no registry is declared at ${place}`;
  if (url !== null && (url.username !== "" || url.password !== "")) {
    const help = `Take the user name and password out of the address, and give them to npm under //${url.host}/:_auth; then declare the registry in trust.json.`;
    return finding("REGISTRY_UNKNOWN", { says, got: tell(got), help });
  }
  const named = hostOf(base)?.split(".").slice(-2)[0] ?? "private";
  const id = named === "npmjs" || named === "pypi" ? "mirror" : named;
  const begin = `"${id}": { "url": ${JSON.stringify(place)}`;
  const own = `${begin}, "home": [${JSON.stringify(home)}], "require": ["integrity"] }`;
  const mirror = `${begin}, "serves": "npmjs", "evidenceFrom": "npmjs", "require": ["integrity"] }`;
  return finding("REGISTRY_UNKNOWN", {
    says,
    got: tell(got),
    help: `If it is yours, declare it under "registries" in .secure-install/trust.json: ${own}. If it mirrors npm's public registry: ${mirror}.`,
  });
}

function mask(text: string, masked: readonly string[]): string {
  const spellings = masked.flatMap((secret) => [secret, encodeURI(secret), encodeURIComponent(secret)]);
  return spellings.reduce((shownText, secret) => shownText.replaceAll(secret, "***"), text);
}
