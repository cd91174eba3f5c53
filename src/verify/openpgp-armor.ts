/**
 * ASCII armor, read strictly (RFC 9580, section 6.2). The library skips text around a block and takes the first of two;
 * here a file is exactly one block with nothing but white space around it, or exactly binary packets.
 */

/** What was read, or in one sentence why it was refused. */
export type Reading<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly why: string };

export type ArmorLabel = "SIGNATURE" | "PUBLIC KEY BLOCK";

/** RFC 9580 asks for lines of at most 76 characters; comments are longer now and then. */
const MAX_LINE_LENGTH = 512;
const MAX_HEADERS = 16;

const HEADER = /^[A-Za-z][A-Za-z0-9-]{0,31}:( [^\x00-\x1f\x7f]*)?$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const CHECKSUM = /^=[A-Za-z0-9+/]{4}$/;

/**
 * The packets of a file, armored or binary: binary ones are returned as they are (the first octet of a packet has its
 * highest bit set, which no armor has). The file must be of at most `maxBytes`.
 */
export function dearmor(file: Uint8Array, label: ArmorLabel, maxBytes: number): Reading<Uint8Array> {
  if (file.length === 0) return refuse("the file is empty");
  if (file.length > maxBytes)
    return refuse(`the file has ${file.length} bytes, where at most ${maxBytes} are expected`);
  if (((file[0] ?? 0) & 0x80) !== 0) return { ok: true, value: file };
  const lines = Buffer.from(file).toString("latin1").split("\n");
  if (lines.some((line) => line.length > MAX_LINE_LENGTH)) return refuse("the file is neither armor nor packets");
  return readBlock(
    lines.map((line) => line.replace(/[ \t\r]+$/, "")),
    label,
  );
}

function readBlock(lines: readonly string[], label: ArmorLabel): Reading<Uint8Array> {
  const first = lines.findIndex((line) => line !== "");
  if (lines[first] !== `-----BEGIN PGP ${label}-----`) {
    return refuse(`the file does not begin with an armored PGP ${label}, nor with packets`);
  }
  const blank = lines.indexOf("", first + 1);
  const end = lines.indexOf(`-----END PGP ${label}-----`, first + 1);
  if (end < 0) return refuse("the armor has no end");
  if (blank < 0 || blank > end) return refuse("the armor has no empty line after its headers");
  const headers = lines.slice(first + 1, blank);
  if (headers.length > MAX_HEADERS || !headers.every((line) => HEADER.test(line))) {
    return refuse("the armor's headers are malformed");
  }
  if (lines.slice(end + 1).some((line) => line !== "")) return refuse("something follows the armor");
  return readBody(lines.slice(blank + 1, end));
}

function readBody(all: readonly string[]): Reading<Uint8Array> {
  // Key servers write a second empty line after the headers.
  const lines = all.filter((line) => line !== "");
  const last = lines.at(-1) ?? "";
  const checksum = CHECKSUM.test(last) ? last.slice(1) : null;
  // Padding ends the last line only: anywhere else it leaves the joined text malformed.
  const text = (checksum === null ? lines : lines.slice(0, -1)).join("");
  const bytes = Buffer.from(text, "base64");
  if (!BASE64.test(text) || bytes.toString("base64") !== text) return refuse("the armor's body is not base64");
  // RFC 9580 lets a reader ignore the checksum. One that is there and wrong is a sign of damage all the same.
  if (checksum !== null && checksum !== crc24(bytes)) return refuse("the armor's checksum does not match");
  return { ok: true, value: bytes };
}

/** RFC 9580, section 6.1.1, in base64. */
function crc24(bytes: Uint8Array): string {
  let crc = 0xb704ce;
  for (const octet of bytes) {
    crc ^= octet << 16;
    for (let bit = 0; bit < 8; bit++) {
      crc <<= 1;
      if ((crc & 0x1000000) !== 0) crc ^= 0x1864cfb;
    }
  }
  return Buffer.from([(crc >> 16) & 0xff, (crc >> 8) & 0xff, crc & 0xff]).toString("base64");
}

function refuse(why: string): { readonly ok: false; readonly why: string } {
  return { ok: false, why };
}
