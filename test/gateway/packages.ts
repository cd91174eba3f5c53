/** Packages, packed while the test runs, and a server that must never be asked for anything. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { create } from "tar";
import type { AdmittedPackage } from "../../src/gateway/sealed.js";

export type Packed = AdmittedPackage & { readonly bytes: Buffer; readonly sha512: string };

/** Packs `name@version` with these manifest fields and files, as npm would. */
export function pack(
  name: string,
  version: string,
  fields: Readonly<Record<string, unknown>> = {},
  files: Readonly<Record<string, string>> = {},
): Packed {
  const manifest = { name, version, ...fields };
  const contents = { "package.json": JSON.stringify(manifest), "index.js": `module.exports = "${name}";\n`, ...files };
  const folder = write("pack-", Object.fromEntries(Object.entries(contents).map(([k, v]) => [`package/${k}`, v])));
  const file = path.join(folder, "packed.tgz");
  create({ cwd: folder, gzip: true, portable: true, sync: true, file }, ["package"]);
  const bytes = readFileSync(file);
  rmSync(folder, { recursive: true });
  const hash = createHash("sha512").update(bytes).digest();
  return {
    ...{ name, version, manifest, bytes, size: bytes.length, sha512: hash.toString("hex") },
    filename: `${name.slice(name.indexOf("/") + 1)}-${version}.tgz`,
    integrity: `sha512-${hash.toString("base64")}`,
    open: async function* () {
      yield bytes;
    },
  };
}

const made: string[] = [];
process.on("exit", () => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A new folder with these files, removed when the test ends. Values that are neither text nor bytes are written as JSON. */
export function write(prefix: string, files: Readonly<Record<string, unknown>>): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), `secure-install-test-${prefix}`)));
  made.push(folder);
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    const ready = typeof content === "string" || content instanceof Uint8Array;
    writeFileSync(file, ready ? content : JSON.stringify(content, null, 2));
  }
  return folder;
}

/** A server on the loopback that answers nothing useful, and remembers who asked. */
export async function openCanary() {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(500).end();
  });
  server.on("connect", (request, socket) => {
    asked.push(`CONNECT ${request.url}`);
    socket.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url, asked, close };
}
