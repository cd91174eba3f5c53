/** Every bound on what comes from outside, by name. Bytes unless the name says otherwise. */
export const LIMITS = {
  lockfileBytes: 64 * 1024 * 1024,
  lockfileEntries: 100_000,
  /** Workspaces and `file:` folders: each is looked for on the disk. */
  projectFolders: 20_000,
  /** Their package.json together. */
  folderManifestsBytes: 64 * 1024 * 1024,
  lockfileDepth: 200,
  /** Packages whose metadata npm's resolver may ask for in one lock step. */
  resolvedNames: 20_000,
  lockMs: 1_800_000,
  trustFileBytes: 4 * 1024 * 1024,
  certificateBytes: 1024 * 1024,
  /** A file of many certificates, of which whole distributions' have some megabytes. */
  keyringBytes: 16 * 1024 * 1024,
  keyringCertificates: 1_000,
  manifestBytes: 8 * 1024 * 1024,
  packumentBytes: 256 * 1024 * 1024,
  signatureBytes: 64 * 1024,
  /** All attestations of one version; honest ones have some 30 kB. */
  attestationsBytes: 1024 * 1024,
  tarballBytes: 512 * 1024 * 1024,
  unpackedBytes: 2 * 1024 * 1024 * 1024,
  archiveEntries: 50_000,
  archivePathBytes: 1024,
  archivePathDepth: 64,
  packageJsonBytes: 4 * 1024 * 1024,
  /** A dependency's own npm-shrinkwrap.json; one with 1,900 entries has 1.5 MB. */
  shrinkwrapBytes: 16 * 1024 * 1024,
  shrinkwrapEntries: 20_000,
  /** Artifacts under way at once, unless --concurrency says otherwise; faster than fewer or more. */
  concurrency: 24,
  redirects: 5,
  attempts: 4,
  connectMs: 15_000,
  /** Longest silence in the middle of an answer. */
  idleMs: 30_000,
  /** Longest time for one answer as a whole. */
  answerMs: 600_000,
} as const;
