/** A registry of real packages that signs: manifests from memory, tarballs from disk, nothing from the network. */
import { readFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { attestationsPath, shownAttestations } from "../registry-fixtures/attestations.js";
import { type Answer, jsonAnswer } from "../registry-fixtures/delivery.js";
import { abbreviatedPackument, fullPackument, shownManifest } from "../registry-fixtures/packument.js";
import { idOf, type Release, signed, tarballPath } from "../registry-fixtures/release.js";
import { mintSigningKey, type PublicKey, type SigningKey } from "../registry-fixtures/signing-key.js";
import type { Sigstore } from "../registry-fixtures/sigstore/instance.js";
import { Site } from "../registry-fixtures/site.js";
import { attestationsOf, isAttested } from "./attested.js";
import type { Entry } from "./catalogue.js";

const PUBLISHED = "2026-01-01T00:00:00.000Z";
const ABBREVIATED = "application/vnd.npm.install-v1+json";
const KIND = { keytype: "ecdsa-sha2-nistp256", scheme: "ecdsa-sha2-nistp256" };

type Form = "abbreviated" | "full";

export class BenchRegistry extends Site {
  /** The one key, as trust.json and `/-/npm/v1/keys` show it. */
  readonly key: PublicKey;
  readonly #signer: SigningKey;
  readonly #releases = new Map<string, Release[]>();
  readonly #tarballs = new Map<string, string>();
  /** Each answer is put together once, so that clients are measured and not their server. */
  readonly #answers = new Map<string, Answer>();

  constructor(catalogue: readonly Entry[]) {
    super();
    const signer = mintSigningKey();
    this.#signer = signer;
    this.key = { keyid: signer.keyid, key: signer.key, expires: null };
    for (const { manifest, file } of catalogue) {
      const { name, version } = manifest;
      const release = signed({ name, version, manifest, tarball: null, publishTime: PUBLISHED }, signer);
      this.#releases.set(name, [...(this.#releases.get(name) ?? []), release]);
      this.#tarballs.set(tarballPath(name, version), file);
    }
  }

  /** Attests a share of the packages (0 to 1), of which it tells the number. Served before: they speak of its address. */
  attest(share: number, sigstore: Sigstore): number {
    const how = { sigstore, key: this.#signer, registry: this.url };
    let count = 0;
    for (const [name, releases] of this.#releases) {
      const shown = releases.map((release) => {
        const { version, manifest } = release;
        if (!isAttested(name, version, share)) return release;
        count += 1;
        const attestations = attestationsOf(release, how);
        this.#answers.set(answerKey("full", attestationsPath(idOf(release))), jsonAnswer({ attestations }));
        const dist = { ...manifest.dist, attestations: shownAttestations(name, version, attestations) };
        return { ...release, manifest: { ...manifest, dist } };
      });
      this.#releases.set(name, shown);
    }
    return count;
  }

  protected override answer(path: string, headers: IncomingHttpHeaders): Answer {
    // Nobody reads the log of a bench, and it would grow with every round.
    this.log.length = 0;
    const tarball = this.#tarballs.get(path);
    if (tarball !== undefined) return { status: 200, type: "application/octet-stream", body: readFileSync(tarball) };
    const form: Form = headers.accept?.includes(ABBREVIATED) === true ? "abbreviated" : "full";
    const key = answerKey(form, path);
    const answer = this.#answers.get(key) ?? this.#described(path, form);
    this.#answers.set(key, answer);
    return answer;
  }

  #described(path: string, form: Form): Answer {
    if (path === "-/npm/v1/keys") return jsonAnswer({ keys: [{ ...this.key, ...KIND }] });
    const [, name = "", version] = /^((?:@[^/]+\/)?[^/@]+)(?:\/([^/]+))?$/.exec(path) ?? [];
    const releases = this.#releases.get(name) ?? [];
    const release = releases.find((one) => one.version === version);
    if (release !== undefined) return jsonAnswer(shownManifest(release, this.url));
    if (releases.length === 0 || version !== undefined) return jsonAnswer({ error: "Not found" }, 404);
    if (form === "full") return jsonAnswer(fullPackument(releases, this.url));
    return { ...jsonAnswer(abbreviatedPackument(releases, this.url)), type: ABBREVIATED };
  }
}

function answerKey(form: Form, path: string): string {
  return `${form} ${path}`;
}
