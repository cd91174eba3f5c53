/** A registry of real packages that signs: manifests from memory, tarballs from disk, nothing from the network. */
import { readFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { type Answer, jsonAnswer } from "../registry-fixtures/delivery.js";
import { abbreviatedPackument, fullPackument, shownManifest } from "../registry-fixtures/packument.js";
import { type Release, signed, tarballPath } from "../registry-fixtures/release.js";
import { mintSigningKey, type PublicKey } from "../registry-fixtures/signing-key.js";
import { Site } from "../registry-fixtures/site.js";
import type { Entry } from "./catalogue.js";

const PUBLISHED = "2026-01-01T00:00:00.000Z";
const ABBREVIATED = "application/vnd.npm.install-v1+json";
const KIND = { keytype: "ecdsa-sha2-nistp256", scheme: "ecdsa-sha2-nistp256" };

export class BenchRegistry extends Site {
  /** The one key, as trust.json and `/-/npm/v1/keys` show it. */
  readonly key: PublicKey;
  readonly #releases = new Map<string, Release[]>();
  readonly #tarballs = new Map<string, string>();
  /** Each answer is put together once, so that clients are measured and not their server. */
  readonly #answers = new Map<string, Answer>();

  constructor(catalogue: readonly Entry[]) {
    super();
    const signer = mintSigningKey();
    this.key = { keyid: signer.keyid, key: signer.key, expires: null };
    for (const { manifest, file } of catalogue) {
      const { name, version } = manifest;
      const release = signed({ name, version, manifest, tarball: null, publishTime: PUBLISHED }, signer);
      this.#releases.set(name, [...(this.#releases.get(name) ?? []), release]);
      this.#tarballs.set(tarballPath(name, version), file);
    }
  }

  protected override answer(path: string, headers: IncomingHttpHeaders): Answer {
    // Nobody reads the log of a bench, and it would grow with every round.
    this.log.length = 0;
    const tarball = this.#tarballs.get(path);
    if (tarball !== undefined) return { status: 200, type: "application/octet-stream", body: readFileSync(tarball) };
    const form = headers.accept?.includes(ABBREVIATED) === true ? "abbreviated" : "full";
    const key = `${form} ${path}`;
    const answer = this.#answers.get(key) ?? this.#described(path, form);
    this.#answers.set(key, answer);
    return answer;
  }

  #described(path: string, form: "abbreviated" | "full"): Answer {
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
