/** Sizes, as people write and read them. */

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB: 1024 ** 3,
  TIB: 1024 ** 4,
};

/** `5GB`, `1.5 GiB`, `800000` in bytes; null for anything else. A unit of one letter (`5G`) is the decimal one. */
export function parseSize(text: string): number | null {
  const [, digits, unit = ""] = /^(\d{1,15}(?:\.\d{1,3})?) ?([a-z]{0,3})$/i.exec(text) ?? [];
  if (digits === undefined) return null;
  const name = unit.toUpperCase();
  const factor = UNITS[name === "" ? "B" : name] ?? UNITS[`${name}B`];
  const bytes = factor === undefined ? Number.NaN : Math.floor(Number(digits) * factor);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** `797.2 MB`: decimal, as disks and networks are sold. */
export function showSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let at = 0;
  while (value >= 999.95 && at < units.length - 1) {
    value /= 1000;
    at += 1;
  }
  return at === 0 ? `${value} B` : `${value.toFixed(1).replace(/\.0$/, "")} ${units[at]}`;
}

/** `1,924`. */
export function showCount(count: number): string {
  return count.toLocaleString("en-US");
}
