/** What worker threads do: the work that keeps the other core busy. An entry of its own, like main. */
import { createHash } from "node:crypto";
import { hashFiles } from "./files/hash.js";
import { piecesOf } from "./files/pieces.js";
import { serveJobs } from "./parallel/serve.js";
import { inspectArchive } from "./verify/archive.js";
import type { AttestationRequest } from "./verify/attested.js";

function hasDigest(chunks: Iterable<Uint8Array>, sha512: string): boolean {
  const hash = createHash("sha512");
  try {
    for (const chunk of chunks) hash.update(chunk);
  } catch {
    return false;
  }
  return hash.digest("hex") === sha512;
}

serveJobs({
  /** Reads one archive of the store to its end. */
  inspect: (path: string) => inspectArchive(piecesOf(path)),
  /** Whether a file of the store still has the digest that it is named for. */
  holds: ({ path, sha512 }: { readonly path: string; readonly sha512: string }) => hasDigest(piecesOf(path), sha512),
  /** Every attestation of one version. Loaded where there are some: the libraries take a tenth of a second. */
  attest: async (request: AttestationRequest) => {
    const { verifyAttestations } = await import("./verify/attestations.js");
    return verifyAttestations(request);
  },
  /** SHA-256 of each file as it lies on disk. */
  hash: (paths: readonly string[]) => hashFiles(paths),
});
