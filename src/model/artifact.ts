/** What a lockfile asks for. Nothing here has been verified. */
import type { DigestSet } from "./digest.js";
import type { Finding } from "./finding.js";
import type { Ecosystem, Purl } from "./names.js";

/** Where the lockfile says that an artifact comes from. */
export type Source =
  /** A package of a registry. `url` is the tarball's address as the lockfile has it, null where it names none. */
  | { readonly type: "registry"; readonly url: string | null }
  /** A tarball at an address of no registry's form, or asked for by its address. */
  | { readonly type: "url"; readonly url: string }
  | { readonly type: "git"; readonly url: string; readonly commit: string | null }
  /** A tarball inside the project; `path` is relative to the lockfile's folder, with `/`. */
  | { readonly type: "file"; readonly path: string }
  /** A symbolic link to a folder; `target` is relative to the lockfile's folder, with `/`. */
  | { readonly type: "link"; readonly target: string }
  /** The folder of a declared workspace, or of a root `file:` dependency. */
  | { readonly type: "workspace"; readonly path: string }
  /** Inside another package's tarball; `within` is that artifact's `location`. */
  | { readonly type: "bundled"; readonly within: string };

/** The parts of a manifest that decide what is installed, linked and run. */
export interface ManifestFacts {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  /** Other ranges that do for a dependency (npm's `acceptDependencies`). */
  readonly acceptDependencies: Readonly<Record<string, string>>;
  /** Names of the peers that `peerDependenciesMeta` calls optional, sorted. */
  readonly optionalPeers: readonly string[];
  readonly bin: Readonly<Record<string, string>>;
  readonly engines: Readonly<Record<string, string>>;
  readonly os: readonly string[];
  readonly cpu: readonly string[];
  readonly libc: readonly string[];
  readonly bundled: readonly string[] | boolean;
}

/** What a lockfile entry says of an npm package, beyond name and digests. */
export interface NpmEntry {
  /** As written; absent parts are empty. Null where the format (version 1) does not carry them. */
  readonly facts: ManifestFacts | null;
  readonly hasInstallScript: boolean;
  readonly hasShrinkwrap: boolean;
  readonly dev: boolean;
  readonly optional: boolean;
  readonly peer: boolean;
  /** `devOptional`: reached both as a development and as an optional dependency. */
  readonly devOptional: boolean;
  /** What the lockfile itself shows of this: its flags above count only as far as they say no more. */
  readonly only: OnlyFor;
  /** Version 1: what the package asks for, as names and texts. Null where `facts` say it. */
  readonly requires: Requires | null;
}

export interface Requires {
  readonly texts: Readonly<Record<string, string>>;
  /** All names under which the lockfile has an entry, at any place: of others it need not speak. */
  readonly locked: ReadonlySet<string>;
}

/** Which kinds of dependencies alone lead to an entry, so that an installer may leave it out without them. */
export interface OnlyFor {
  readonly dev: boolean;
  readonly optional: boolean;
  readonly peer: boolean;
  /** Development and optional dependencies together. */
  readonly devOptional: boolean;
}

export interface Artifact {
  readonly purl: Purl;
  readonly ecosystem: Ecosystem;
  /** The name that the registry knows, never an alias. */
  readonly name: string;
  readonly version: string;
  /** The tarball's file name, such as `left-pad-1.3.0.tgz`. */
  readonly filename: string;
  readonly source: Source;
  readonly locked: DigestSet;
  /** How the tree reaches it, one chain of names: `express > body-parser > qs`. */
  readonly paths: readonly string[];
  /** The lockfile's own key for it: `node_modules/express/node_modules/qs`. */
  readonly location: string;
  readonly npm: NpmEntry | null;
  /** What was already wrong with the entry as it was read. */
  readonly findings: readonly Finding[];
}
