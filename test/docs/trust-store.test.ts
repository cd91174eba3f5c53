/** The examples of trust files in the documentation, read by the real parser and the shipped schemas. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { mintSigstore } from "../../registry-fixtures/sigstore/instance.js";
import type { TrustStore } from "../../src/model/policy.js";
import { readObservations } from "../../src/trust/observed.js";
import { showLines, showPackage } from "../../src/trust/show.js";
import { readStore } from "../../src/trust/store.js";
import { summarize, summaryLines } from "../../src/trust/summary.js";
import { blocksOf, read } from "./pages.js";

const NOW = Date.UTC(2026, 10, 21);
const DIRECTORY = "/project/.secure-install";

/** The store that a page shows in its blocks `json <file>`. */
async function storeOf(name: string): Promise<{ files: ReadonlyMap<string, string>; store: TrustStore }> {
  const shown = blocksOf(read(name)).filter(({ info }) => info.startsWith("json "));
  const files = new Map(shown.map(({ info, text }) => [info.slice("json ".length), text]));
  return { files, store: await storeFrom(files) };
}

/** A store of these files, with a certificate for each fingerprint that they name, and a root for each instance. */
async function storeFrom(files: ReadonlyMap<string, string>): Promise<TrustStore> {
  const trust = files.get("trust.json") ?? "";
  const keys = [...trust.matchAll(/"fingerprint": "([0-9A-F]+)"/g)].map(
    ([, one = ""]) => [`keys/${one}.asc`, one] as const,
  );
  const root = JSON.stringify(mintSigstore().trustedRoot());
  const roots = [...trust.matchAll(/"trustedRoot": "([^"]+)"/g)].map(([, one = ""]) => [one, root] as const);
  const bytes = new Map([...files, ...keys, ...roots].map(([file, text]) => [file, Buffer.from(text)]));
  return readStore(bytes, { directory: DIRECTORY, now: NOW }, async (certificate) => ({
    ok: true,
    fingerprint: Buffer.from(certificate).toString(),
  }));
}

const schemaOf = (file: string) => {
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false });
  return ajv.compile(JSON.parse(read(`schemas/${file.replace(".json", "")}.schema.json`)));
};

for (const [name, expected] of [
  ["docs/trust-store.md", ["trust.json", "exceptions.json", "deny.json"]],
  ["README.md", ["trust.json"]],
] as const) {
  describe(name, () => {
    it("shows files that the parser takes, and the schemas too", async () => {
      const { files } = await storeOf(name);
      assert.deepEqual([...files.keys()], expected);
      for (const [file, text] of files) {
        const validate = schemaOf(file);
        assert.ok(validate(JSON.parse(text)), JSON.stringify(validate.errors));
      }
    });
  });
}

describe("docs/provenance.md", () => {
  const shown = blocksOf(read("docs/provenance.md")).filter(({ info }) => info.startsWith("json"));

  for (const { info, text } of shown) {
    it(`shows a whole file that the parser takes, and the schema too: ${/"(?:reason|select)": "?(.*)"/.exec(text)?.[1]}`, async () => {
      assert.equal(info, "json trust.json");
      await storeFrom(new Map([["trust.json", text]]));
      const validate = schemaOf("trust.json");
      assert.ok(validate(JSON.parse(text)), JSON.stringify(validate.errors));
    });
  }

  it("shows an instance of Sigstore, builds of two services, and what can be asked for", () => {
    const all = shown.map(({ text }) => text).join("\n");
    for (const part of [
      '"trustedRoot"',
      '"github-hosted"',
      '"gitlab-hosted"',
      '"trusted-publishing"',
      '"provenance"',
    ]) {
      assert.ok(all.includes(part), part);
    }
  });
});

describe("docs/trust-store.md", () => {
  it("shows a line of observed.lock as the program writes it", () => {
    const [block] = blocksOf(read("docs/trust-store.md")).filter(({ info }) => info === "jsonl observed.lock");
    assert.equal(readObservations(Buffer.from(block?.text ?? "")).size, 1);
  });

  it("fills every section that something acts on", async () => {
    const { store } = await storeOf("docs/trust-store.md");
    for (const part of ["publishers", "rules", "scripts", "sources", "exceptions", "denials"] as const) {
      assert.notEqual(store[part].length, 0, part);
    }
    assert.deepEqual(
      store.registries.map(({ id }) => id),
      ["npmjs", "pypi", "acme", "office-mirror"],
    );
  });

  it("shows what the commands print for them", async () => {
    const { store } = await storeOf("docs/trust-store.md");
    const told = showPackage(store, { ecosystem: "npm", name: "@acme/lib", version: "2.1.0" }, NOW);
    const printable = (text: string): string => text;
    const printed = [
      ["$ secure-install trust check", ...summaryLines(summarize(store, NOW), printable), ""],
      ["$ secure-install trust show @acme/lib@2.1.0", ...showLines(told, printable), ""],
    ];
    const text = printed
      .flat()
      .join("\n")
      .replace(/sha256:[0-9a-f]{64}/, "sha256:…");
    const [block] = blocksOf(read("docs/trust-store.md")).filter(({ info }) => info === "console");
    assert.equal(block?.text, text);
  });
});

describe("the README's trust.json", () => {
  it("is five lines long", () => {
    const [block] = blocksOf(read("README.md")).filter(({ info }) => info === "json trust.json");
    assert.equal(block?.text.trimEnd().split("\n").length, 5);
  });
});
