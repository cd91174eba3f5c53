/**
 * npm's registry in memory, and everything that can be wrong with it. Each lie is a method named for what an attacker,
 * a proxy or a registry gone bad does to one version; `reset` makes it honest again. How whole answers go wrong (slow,
 * endless, cut off, redirected) is `site.ts`, and publishing is `registry.ts`.
 */
import type { Attestation } from "./attestations.js";
import type { Dist, Manifest, Signature } from "./manifest.js";
import { Registry, type RegistryOptions } from "./registry.js";
import { idOf, packageJsonOf, type Release, repacked } from "./release.js";
import { readTarball } from "./tarball.js";

export interface PackageVersion {
  readonly name: string;
  readonly version: string;
}

/** A registry without packages: `loadPackages` or `publish` next, then `serve`. */
export function createSimulator(options: RegistryOptions): Simulator {
  return new Simulator(options);
}

export class Simulator extends Registry {
  readonly #lies = new Map<string, Release>();
  readonly #attestationLies = new Map<string, readonly Attestation[]>();

  /** The bytes are exchanged on the way or on the server's disk; manifest and signature are as published. */
  tamper(name: string, version: string, change: (tarball: Buffer) => Uint8Array): void {
    const tarball = Buffer.from(change(Buffer.from(this.#bytes({ name, version }))));
    this.#lie(name, version, (release) => ({ ...release, tarball }));
  }

  /** Serves the tarball of another package or version; the manifest is as published. */
  substitute(name: string, version: string, from: PackageVersion): void {
    this.tamper(name, version, () => this.#bytes(from));
  }

  /** A proxy takes the signatures off. */
  strip(name: string, version: string): void {
    this.#alterDist(name, version, ({ signatures: _gone, ...dist }) => dist as Dist);
  }

  /** Other signatures than those published: forged, doubled, beside a stranger's. */
  alterSignatures(
    name: string,
    version: string,
    change: (signatures: readonly Signature[]) => readonly Signature[],
  ): void {
    this.#alterDist(name, version, (dist) => ({ ...dist, signatures: change(dist.signatures ?? []) }));
  }

  /** A registry or proxy that hides them: they are not mentioned, or not there, or (`both`) as if there had been none. */
  stripAttestations(name: string, version: string, from: "manifest" | "endpoint" | "both" = "both"): void {
    if (from !== "endpoint") this.#alterDist(name, version, ({ attestations: _gone, ...dist }) => dist as Dist);
    if (from !== "manifest") this.alterAttestations(name, version, () => []);
  }

  /** Shows other attestations than those published: fewer, of another version, forged. The manifest is as published. */
  alterAttestations(
    name: string,
    version: string,
    change: (attestations: readonly Attestation[]) => readonly Attestation[],
  ): void {
    const id = idOf({ name, version });
    this.#attestationLies.set(id, change(structuredClone(this.attestationsOf(id))));
  }

  /** The manifest tells another story than the tarball. Its signature covers name, version and integrity only. */
  alterManifest(name: string, version: string, change: (manifest: Manifest) => Manifest): void {
    this.#lie(name, version, (release) => ({ ...release, manifest: change(release.manifest) }));
  }

  /** Offers what was genuinely signed for another version or package: its signatures, or its manifest as a whole. */
  replay(name: string, version: string, from: PackageVersion, what: "signatures" | "manifest"): void {
    const { manifest } = this.release(from.name, from.version);
    if (what === "manifest") this.alterManifest(name, version, () => manifest);
    else this.alterSignatures(name, version, () => manifest.dist.signatures ?? []);
  }

  /** The package.json inside the tarball is of another package or version; digests and signature are over that. */
  renameInside(name: string, version: string, as: Partial<PackageVersion>): void {
    const files = readTarball(this.#bytes({ name, version }));
    const content = `${JSON.stringify({ ...packageJsonOf(files), ...as }, null, 2)}\n`;
    this.#lie(name, version, (release) => this.sign(repacked(release, { ...files, "package.json": content })));
  }

  /** Honest again, with everything that was ever published, and all keys. */
  override reset(): void {
    super.reset();
    this.#lies.clear();
    this.#attestationLies.clear();
  }

  protected override attestationsOf(id: string): readonly Attestation[] {
    return this.#attestationLies.get(id) ?? super.attestationsOf(id);
  }

  protected override served(release: Release): Release {
    return this.#lies.get(idOf(release)) ?? release;
  }

  #lie(name: string, version: string, change: (release: Release) => Release): void {
    this.#lies.set(idOf({ name, version }), change(this.release(name, version)));
  }

  #alterDist(name: string, version: string, change: (dist: Dist) => Dist): void {
    this.alterManifest(name, version, (manifest) => ({ ...manifest, dist: change(manifest.dist) }));
  }

  #bytes({ name, version }: PackageVersion): Buffer {
    const { tarball } = this.release(name, version);
    if (tarball === null) throw new Error(`the bytes of ${name}@${version} are not here`);
    return tarball;
  }
}
