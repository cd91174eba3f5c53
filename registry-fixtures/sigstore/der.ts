/**
 * Just enough of DER (X.690) to write certificates and timestamps. A library would do for honest ones; what attacks need
 * (an extension twice, a value that is no string, a leaf that calls itself an authority) it refuses to write.
 */

/** One value: its tag, its length, its content. */
export function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(body.length)]), body]);
}

export function sequence(...members: readonly Uint8Array[]): Buffer {
  return der(0x30, ...members);
}

/** SET OF: DER wants its members in the order of their bytes. */
export function setOf(...members: readonly Uint8Array[]): Buffer {
  return der(0x31, ...[...members].sort(Buffer.compare));
}

/** A context-specific tag around other values. */
export function tagged(number: number, ...members: readonly Uint8Array[]): Buffer {
  return der(0xa0 | number, ...members);
}

/** A context-specific tag in the place of a value's own: IMPLICIT, primitive. */
export function taggedBytes(number: number, content: Uint8Array): Buffer {
  return der(0x80 | number, content);
}

/** Never negative: a zero goes in front of a first bit that is set. */
export function integer(value: number | Uint8Array): Buffer {
  const bytes = typeof value === "number" ? bytesOf(value) : Buffer.from(value);
  return der(0x02, (bytes[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

export function boolean(value: boolean): Buffer {
  return der(0x01, Buffer.from([value ? 0xff : 0]));
}

export function octets(bytes: Uint8Array): Buffer {
  return der(0x04, bytes);
}

/** `unused` bits at the end of the last byte count for nothing. */
export function bits(bytes: Uint8Array, unused = 0): Buffer {
  return der(0x03, Buffer.from([unused]), bytes);
}

export function utf8(text: string): Buffer {
  return der(0x0c, Buffer.from(text));
}

/** In dotted form: `2.5.29.15`. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** To the second; UTCTime, whose years end with 2049. */
export function utcTime(date: Date): Buffer {
  return der(0x17, Buffer.from(digitsOf(date).slice(2)));
}

/** To the second; GeneralizedTime. */
export function generalizedTime(date: Date): Buffer {
  return der(0x18, Buffer.from(digitsOf(date)));
}

/** A distinguished name of an organization and a common name, as Sigstore's authorities have; empty without parts. */
export function distinguishedName(organization?: string, commonName?: string): Buffer {
  const part = (type: string, value: string) => setOf(sequence(oid(type), der(0x13, Buffer.from(value))));
  return sequence(
    ...(organization === undefined ? [] : [part("2.5.4.10", organization)]),
    ...(commonName === undefined ? [] : [part("2.5.4.3", commonName)]),
  );
}

/** The textual form that logs keep: RFC 7468, with a line feed at the end. */
export function pem(label: "CERTIFICATE" | "PUBLIC KEY", bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

function lengthOf(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const bytes = bytesOf(length);
  return [0x80 | bytes.length, ...bytes];
}

function bytesOf(value: number): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
}

function base128(value: number): readonly number[] {
  const low = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) low.unshift(0x80 | (rest % 128));
  return low;
}

function digitsOf(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace(/[-:T]/g, "")}Z`;
}
