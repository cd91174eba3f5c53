/** An honest npm registry in memory: publishes, signs, and answers as npm's does. `simulator.ts` teaches it to lie. */
import type { IncomingHttpHeaders } from "node:http";
import { type Attestation, attestationsPath, shownAttestations } from "./attestations.js";
import { type Answer, jsonAnswer } from "./delivery.js";
import { packageArchives } from "./fixture-files.js";
import { abbreviatedPackument, distTags, fullPackument, shownManifest } from "./packument.js";
import {
  filesOf,
  idOf,
  makeRelease,
  type RecordedManifest,
  type Release,
  recordedRelease,
  signed,
  tarballPath,
} from "./release.js";
import { mintSigningKey, type PublicKey, type SigningKey } from "./signing-key.js";
import { Site } from "./site.js";
import type { Files, Hooks } from "./tarball.js";
import type { TextArchive } from "./text-archive.js";

export interface RegistryOptions {
  /** What trust.json calls it. */
  readonly name: string;
  /** False for a registry, or a mirror, that signs nothing and has no keys of its own. */
  readonly signs?: boolean;
  /** Other registries' keys to show beside its own: those that recorded manifests were signed with. */
  readonly foreignKeys?: readonly PublicKey[];
}

export interface PublishOptions {
  /** ISO time. By default each publication comes an hour after the one before, from 2026-01-01 on. */
  readonly publishTime?: string;
  /** Signed with this key (an older one, say), and not with the current one. */
  readonly keyid?: string;
  /** The message that installers show. */
  readonly deprecated?: string;
  /** Who put it there, as the registry's manifest says: an account, or a system that publishes without a token. */
  readonly publisher?: { readonly name: string; readonly trusted?: boolean };
  /** Makes a tarball that npm would not make. Digests and signature are over what came out. */
  readonly tarball?: Hooks;
  /** Replaces a version that is there already, which no honest registry does. */
  readonly replace?: boolean;
}

const FIRST_PUBLICATION = Date.parse("2026-01-01T00:00:00.000Z");
const HOUR_MS = 3_600_000;
const ABBREVIATED_TYPE = "application/vnd.npm.install-v1+json";
const INTEGRITY_OF = /\{\{integrity of (.+?)@([^@}]+)\}\}/g;
const NOT_FOUND = jsonAnswer({ error: "Not found" }, 404);

export class Registry extends Site {
  readonly name: string;
  readonly #keys: { readonly signer: SigningKey; expires: string | null }[] = [];
  readonly #foreignKeys: readonly PublicKey[];
  readonly #releases = new Map<string, Release>();
  readonly #attestations = new Map<string, readonly Attestation[]>();

  constructor({ name, signs = true, foreignKeys = [] }: RegistryOptions) {
    super();
    this.name = name;
    this.#foreignKeys = foreignKeys;
    if (signs) this.#keys.push({ signer: mintSigningKey(), expires: null });
  }

  /** Publishes everything under `packages/`. Throws where a file's name is not its package's name@version. */
  loadPackages(archives = packageArchives()): this {
    for (const { id, archive } of archives) {
      const inside = idOf(this.publish(archive));
      if (inside !== id) throw new Error(`${id}: the package.json inside says ${inside}`);
    }
    return this;
  }

  /**
   * Publishes one version, signed. In a text archive a comment line `deprecated: …` stands for that option, and
   * `{{integrity of name@version}}` for the digest of what was published before, which nobody could write by hand.
   */
  publish(what: TextArchive | Files, options: PublishOptions = {}): Release {
    const files = isTextArchive(what) ? this.#filledIn(filesOf(what)) : what;
    const deprecated = options.deprecated ?? (isTextArchive(what) ? deprecationIn(what.comment) : undefined);
    const time = options.publishTime ?? new Date(FIRST_PUBLICATION + this.#releases.size * HOUR_MS).toISOString();
    const made = makeRelease(files, time, options.tarball);
    const told = { ...registryFields(made, options), ...(deprecated === undefined ? {} : { deprecated }) };
    const release = { ...made, manifest: { ...made.manifest, ...told } };
    return this.#add(this.sign(release, options.keyid), options.replace);
  }

  /** Publishes a manifest that another registry signed, as it was recorded; the bytes are the caller's, if any. */
  publishSigned(recorded: RecordedManifest, tarball: Uint8Array | null = null): Release {
    return this.#add(recordedRelease(recorded, tarball === null ? null : Buffer.from(tarball)));
  }

  /** Shows these attestations of a version from now on; its manifest says where they are. */
  attest(name: string, version: string, attestations: readonly Attestation[]): void {
    const release = this.#published(name, version);
    const { manifest } = release;
    const dist = { ...manifest.dist, attestations: shownAttestations(name, version, attestations) };
    this.#add({ ...release, manifest: { ...manifest, dist } }, true);
    this.#attestations.set(idOf(release), attestations);
  }

  /** The key that it signs with now, or the one named. Throws if it has none. */
  signingKey(keyid?: string): SigningKey {
    const key = this.#keyFor(keyid);
    if (key === null) throw new Error(`${this.name} signs nothing`);
    return key;
  }

  /** Signs with a new key from now on, and shows the old one as ended at `expiresOld` (ISO). Returns the new keyid. */
  rotateKey({ expiresOld }: { readonly expiresOld: string }): string {
    for (const key of this.#keys) key.expires ??= expiresOld;
    const signer = mintSigningKey();
    this.#keys.push({ signer, expires: null });
    return signer.keyid;
  }

  /** The keys as `/-/npm/v1/keys` shows them. */
  keys(): { readonly keys: readonly (PublicKey & { readonly keytype: string; readonly scheme: string })[] } {
    const kind = { keytype: "ecdsa-sha2-nistp256", scheme: "ecdsa-sha2-nistp256" };
    return { keys: this.trustKeys().map(({ expires, keyid, key }) => ({ expires, keyid, ...kind, key })) };
  }

  /** The keys as trust.json has them under "keys" of a registry: foreign ones first, then its own, oldest first. */
  trustKeys(): readonly PublicKey[] {
    const own = this.#keys.map(({ signer, expires }) => ({ keyid: signer.keyid, key: signer.key, expires }));
    return [...this.#foreignKeys, ...own];
  }

  /** What is served now for one version. Throws if it was never published. */
  release(name: string, version: string): Release {
    return this.served(this.#published(name, version));
  }

  /** What is served now for every version of a name, in the order of publication. */
  releasesOf(name: string): readonly Release[] {
    const releases = [...this.#releases.values()].filter((release) => release.name === name);
    return releases.map((release) => this.served(release));
  }

  /** What is shown in the place of a release: itself, as long as the registry is honest. */
  protected served(release: Release): Release {
    return release;
  }

  /** What is shown as attestations of `name@version`; none, where there is no such thing. */
  protected attestationsOf(id: string): readonly Attestation[] {
    return this.#attestations.get(id) ?? [];
  }

  /** Signs with the current key, or the one named; a registry without keys leaves the release as it is. */
  protected sign(release: Release, keyid?: string): Release {
    const key = this.#keyFor(keyid);
    return key === null ? release : signed(release, key);
  }

  protected override answer(path: string, headers: IncomingHttpHeaders): Answer {
    const tarball = this.#tarballAt(path);
    if (tarball !== null) return { status: 200, type: "application/octet-stream", body: tarball };
    if (path === "-/npm/v1/keys" && this.trustKeys().length > 0) return jsonAnswer(this.keys());
    if (path.startsWith(attestationsPath(""))) return this.#attestationsAnswer(path.slice(attestationsPath("").length));
    const [, name = "", wanted] = /^((?:@[^/]+\/)?[^/@]+)(?:\/([^/]+))?$/.exec(path) ?? [];
    const releases = this.releasesOf(name);
    if (releases.length === 0) return NOT_FOUND;
    if (wanted !== undefined) return this.#manifestAnswer(name, wanted);
    if (headers.accept?.includes(ABBREVIATED_TYPE) !== true) return jsonAnswer(fullPackument(releases, this.url));
    return { ...jsonAnswer(abbreviatedPackument(releases, this.url)), type: ABBREVIATED_TYPE };
  }

  #keyFor(keyid: string | undefined): SigningKey | null {
    const key = this.#keys.findLast(({ signer }) => keyid === undefined || signer.keyid === keyid);
    if (key === undefined && keyid !== undefined) throw new Error(`there is no key ${keyid}`);
    return key?.signer ?? null;
  }

  #published(name: string, version: string): Release {
    const release = this.#releases.get(idOf({ name, version }));
    if (release === undefined) throw new Error(`${name}@${version} was never published`);
    return release;
  }

  #manifestAnswer(name: string, wanted: string): Answer {
    const version = distTags(this.releasesOf(name))[wanted] ?? wanted;
    if (!this.#releases.has(idOf({ name, version }))) return jsonAnswer(`version not found: ${wanted}`, 404);
    return jsonAnswer(shownManifest(this.release(name, version), this.url));
  }

  #attestationsAnswer(id: string): Answer {
    const attestations = this.attestationsOf(id);
    return attestations.length === 0 ? NOT_FOUND : jsonAnswer({ attestations });
  }

  #tarballAt(path: string): Buffer | null {
    const releases = [...this.#releases.values()];
    const release = releases.find(({ name, version }) => tarballPath(name, version) === path);
    return release === undefined ? null : this.served(release).tarball;
  }

  #filledIn(files: Readonly<Record<string, string>>): Files {
    const fill = (_placeholder: string, name: string, version: string) =>
      this.release(name, version).manifest.dist.integrity;
    const filled = Object.entries(files).map(([path, text]) => [path, text.replace(INTEGRITY_OF, fill)]);
    return Object.fromEntries(filled);
  }

  #add(release: Release, replace = false): Release {
    const id = idOf(release);
    if (this.#releases.has(id) && !replace) throw new Error(`${id} is published already`);
    this.#releases.set(id, release);
    return release;
  }
}

function deprecationIn(comment: string): string | undefined {
  return /^deprecated: (.+)$/m.exec(comment)?.[1];
}

/**
 * What npm's registry adds of its own: the publisher, and the name of the file that was uploaded, which tells when.
 * Only where a publisher is named: most packages here are of nobody in particular.
 */
function registryFields({ name, version, publishTime }: Release, { publisher }: PublishOptions) {
  if (publisher === undefined) return {};
  const by = { name: publisher.name, email: `${publisher.name}@example.com` };
  const uploaded = `tmp/${name}_${version}_${Date.parse(publishTime ?? "")}_0.5`;
  return {
    _npmUser: publisher.trusted === true ? { ...by, trustedPublisher: { id: publisher.name } } : by,
    _npmOperationalInternal: { host: "s3://npm-registry-packages", tmp: uploaded },
  };
}

function isTextArchive(what: TextArchive | Files): what is TextArchive {
  return Array.isArray(what.files);
}
