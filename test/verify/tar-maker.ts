/** Makes tar blocks by hand, so that a test can write what no honest program would. */
import { gzipSync } from "node:zlib";

export interface Block {
  readonly name?: string | Uint8Array;
  readonly type?: string;
  readonly body?: string | Uint8Array;
  readonly mode?: string;
  /** The size field as text, where it is to say another thing than the body's length. */
  readonly size?: string;
  readonly linkname?: string;
  readonly magic?: string;
  readonly prefix?: string;
  /** Last changes to the header, before its checksum is made. */
  readonly patch?: (header: Buffer) => void;
  /** The checksum field, where it is to be wrong. */
  readonly checksum?: string;
}

const BLOCK = 512;
/** Two blocks of zeros. */
export const END = Buffer.alloc(2 * BLOCK);
export const MANIFEST = '{"name":"sample","version":"1.0.0"}';

/** One header block with its body and padding. */
export function block(spec: Block): Buffer {
  const body = Buffer.from(spec.body ?? "");
  const header = Buffer.alloc(BLOCK);
  Buffer.from(spec.name ?? "package/index.js").copy(header, 0, 0, 100);
  header.write(spec.mode ?? "000644 \0", 100, "latin1");
  header.write(spec.size ?? `${body.length.toString(8).padStart(11, "0")}\0`, 124, "latin1");
  header.write(`${"3560116604".padStart(11, "0")}\0`, 136, "latin1");
  header.write(spec.type ?? "0", 156, "latin1");
  header.write(spec.linkname ?? "", 157, 100);
  header.write(spec.magic ?? "ustar\u000000", 257, "latin1");
  header.write(spec.prefix ?? "", 345, 155);
  spec.patch?.(header);
  seal(header, spec.checksum);
  return Buffer.concat([header, body, Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK)]);
}

/** Writes the checksum into a header block. */
export function seal(header: Buffer, checksum?: string): void {
  header.fill(" ", 148, 156);
  const sum = header.subarray(0, BLOCK).reduce((total, byte) => total + byte, 0);
  header.write(checksum ?? `${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
}

/** A pax header (`x`, or `g`) of these records. */
export function pax(records: Readonly<Record<string, string>>, type = "x"): Buffer {
  return block({
    name: "PaxHeader",
    type,
    body: Object.entries(records)
      .map(([key, value]) => record(key, value))
      .join(""),
  });
}

/** One pax record with its own length. */
export function record(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + 1;
  while (length !== rest + String(length).length) length++;
  return `${length} ${key}=${value}\n`;
}

/** A file below the root folder `package`. */
export function file(path: string, body: string | Uint8Array = "x"): Buffer {
  return block({ name: `package/${path}`, body });
}

/** A tarball of these pieces, with a manifest before and the end behind them. */
export function tgz(...pieces: readonly Uint8Array[]): Buffer {
  return gzipSync(tar(...pieces));
}

/** The same, not packed. */
export function tar(...pieces: readonly Uint8Array[]): Buffer {
  return Buffer.concat([file("package.json", MANIFEST), ...pieces, END]);
}
