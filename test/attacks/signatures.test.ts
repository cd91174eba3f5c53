/** Registry signatures taken off, borrowed or forged: each on a package of its own, all in one lockfile, in one run. */
import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Signature } from "../../registry-fixtures/manifest.js";
import { createSimulator } from "../../registry-fixtures/simulator.js";
import { setScene, small } from "./scene.js";
import { codesOf, type ShownReport } from "./shown.js";

const scene = await setScene(undefined, { inside: true });
const { simulator } = scene;
const stranger = createSimulator({ name: "stranger" });

interface Attack {
  readonly what: string;
  readonly on: string;
  /** Of the verdict; none where it does no harm. */
  readonly codes: readonly string[];
  attack(name: string): void;
}

const OLDER = "0.9.0";
const ATTACKS: readonly Attack[] = [
  {
    what: "stripped signature: a proxy takes it off",
    on: "stripped",
    codes: ["SIGNATURE_ABSENT"],
    attack: (name) => simulator.strip(name, "1.0.0"),
  },
  {
    what: "signature of another package, replayed",
    on: "borrowed",
    codes: ["SIGNATURE_INVALID"],
    attack: (name) => simulator.replay(name, "1.0.0", { name: "honest", version: "1.0.0" }, "signatures"),
  },
  {
    what: "signature of another version, replayed",
    on: "older-signature",
    codes: ["SIGNATURE_INVALID"],
    attack: (name) => simulator.replay(name, "1.0.0", { name, version: OLDER }, "signatures"),
  },
  {
    what: "manifest of another version, replayed as a whole: genuine, and for the wrong thing",
    on: "older-manifest",
    codes: ["CLAIM_NAME_MISMATCH"],
    attack: (name) => simulator.replay(name, "1.0.0", { name, version: OLDER }, "manifest"),
  },
  {
    what: "manifest of another package, replayed as a whole",
    on: "borrowed-manifest",
    codes: ["CLAIM_NAME_MISMATCH"],
    attack: (name) => simulator.replay(name, "1.0.0", { name: "honest", version: "1.0.0" }, "manifest"),
  },
  {
    what: "an older version's bytes, digest and genuine signature under the version that was asked for",
    on: "relabelled",
    // The package.json inside tells on it as well.
    codes: ["SIGNATURE_INVALID", "IDENTITY_MISMATCH"],
    attack: (name) => {
      const { manifest } = simulator.release(name, OLDER);
      simulator.substitute(name, "1.0.0", { name, version: OLDER });
      simulator.alterManifest(name, "1.0.0", (own) => ({
        ...own,
        dist: { ...manifest.dist, tarball: own.dist.tarball },
      }));
    },
  },
  {
    what: "good signature under an unknown keyid only: anyone can make one",
    on: "by-a-stranger",
    codes: ["KEY_UNKNOWN"],
    attack: (name) => simulator.alterSignatures(name, "1.0.0", () => strangersSignature(name)),
  },
  {
    what: "bad signature under a known keyid beside a good one",
    on: "bad-beside-good",
    codes: ["SIGNATURE_INVALID"],
    attack: (name) => simulator.alterSignatures(name, "1.0.0", (good) => [...good, ...signaturesOf("honest")]),
  },
  {
    what: "a stranger's signature beside a good one is reported, and does no harm",
    on: "stranger-beside-good",
    codes: [],
    attack: (name) => simulator.alterSignatures(name, "1.0.0", (good) => [...strangersSignature(name), ...good]),
  },
  {
    what: "a stranger's signature under the registry's own keyid",
    on: "wearing-its-name",
    codes: ["SIGNATURE_INVALID"],
    attack: (name) =>
      simulator.alterSignatures(name, "1.0.0", ([good]) =>
        strangersSignature(name).map(({ sig }) => ({ keyid: good?.keyid ?? "", sig })),
      ),
  },
  {
    what: "a good signature under a keyid that every object has",
    on: "prototype-keyid",
    codes: ["KEY_UNKNOWN"],
    attack: (name) =>
      simulator.alterSignatures(name, "1.0.0", (good) => good.map(({ sig }) => ({ keyid: "__proto__", sig }))),
  },
  {
    what: "two digests of one algorithm in what the registry says that it signed, ours among them",
    on: "two-digests",
    codes: ["DIGEST_MISMATCH"],
    attack: (name) => claimIntegrity(name, (own) => `${own} ${integrityOf("honest")}`),
  },
  {
    what: "only a SHA-1 in what the registry says that it signed",
    on: "weak-digest",
    codes: ["SIGNATURE_MALFORMED"],
    attack: (name) => claimIntegrity(name, () => "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk="),
  },
  {
    what: "another package's digest in what the registry says that it signed, with that one's signature",
    on: "other-digest",
    codes: ["DIGEST_MISMATCH"],
    attack: (name) => {
      claimIntegrity(name, () => integrityOf("honest"));
      simulator.alterSignatures(name, "1.0.0", () => signaturesOf("honest"));
    },
  },
  {
    what: "what is offered as signatures is no list of them",
    on: "no-list",
    codes: ["SIGNATURE_MALFORMED"],
    attack: (name) => simulator.alterSignatures(name, "1.0.0", () => [{ keyid: 1, sig: {} }] as never),
  },
  {
    what: "signatures without end",
    on: "too-many",
    codes: ["SIGNATURE_MALFORMED"],
    attack: (name) => simulator.alterSignatures(name, "1.0.0", (good) => Array(1000).fill(good[0])),
  },
  {
    what: "a signature over no digest at all",
    on: "over-nothing",
    codes: ["SIGNATURE_MALFORMED"],
    attack: (name) =>
      simulator.alterManifest(name, "1.0.0", (own) => ({ ...own, dist: { ...own.dist, integrity: "" } })),
  },
];

let report: ShownReport;
before(async () => {
  const names = [...ATTACKS.map(({ on }) => on), "honest"];
  for (const name of names) {
    for (const registry of [simulator, stranger]) registry.publish(small(name));
    simulator.publish(small(name, OLDER));
  }
  const project = await scene.forged(Object.fromEntries(names.map((name) => [name, "1.0.0"])), ({ packages }) => {
    const { integrity } = simulator.release("relabelled", OLDER).manifest.dist;
    Object.assign(packages["node_modules/relabelled"] ?? {}, { integrity });
  });
  for (const { on, attack } of ATTACKS) attack(on);
  report = await scene.refused(project, { code: "SIGNATURE_ABSENT", of: "stripped@1.0.0" });
});

for (const { what, on, codes } of ATTACKS) {
  test(what, () => {
    const [verdict] = report.verdicts.filter(({ location }) => location === `node_modules/${on}`);
    assert.equal(verdict?.result, codes.length === 0 ? "PASSED" : "FAILED");
    assert.deepEqual([...new Set(codesOf(report, `${on}@1.0.0`))], codes);
  });
}

test("the stranger's signature that was ignored is named", () => {
  const [verdict] = report.verdicts.filter(({ location }) => location === "node_modules/stranger-beside-good");
  const evidence = verdict?.evidence.find(({ kind }) => kind === "registry-signature");
  assert.match(evidence?.notes?.join() ?? "", /unknown key .* was ignored/);
});

test("absent, and by a stranger, is not called tampered with; a bad signature is", async () => {
  for (const [name, code, tampered] of [
    ["stripped", "SIGNATURE_ABSENT", false],
    ["by-a-stranger", "KEY_UNKNOWN", false],
    ["borrowed", "SIGNATURE_INVALID", true],
  ] as const) {
    const project = await scene.project({ [name]: "1.0.0" });
    ATTACKS.find(({ on }) => on === name)?.attack(name);
    const told = await scene.refused(project, { code, of: `${name}@1.0.0` });
    assert.equal(told.tampered, tampered);
  }
});

function claimIntegrity(name: string, change: (own: string) => string): void {
  simulator.alterManifest(name, "1.0.0", ({ dist, ...manifest }) => ({
    ...manifest,
    dist: { ...dist, integrity: change(dist.integrity) },
  }));
}

function integrityOf(name: string): string {
  return simulator.release(name, "1.0.0").manifest.dist.integrity;
}

function signaturesOf(name: string): readonly Signature[] {
  return simulator.release(name, "1.0.0").manifest.dist.signatures ?? [];
}

function strangersSignature(name: string): readonly Signature[] {
  return stranger.release(name, "1.0.0").manifest.dist.signatures ?? [];
}
