/** An OpenPGP certificate, shown to whoever has to decide about it. */
import { DAY_MS, day, isoTime } from "../model/day.js";
import { forTerminal } from "../report/escape.js";
import type { CertificateFacts } from "../verify/openpgp-certificate.js";

const MOST_USER_IDS = 10;
const LONGEST_USER_ID = 120;

/** The whole fingerprint in groups of four, as gpg shows it: nobody compares forty digits in one. */
export function grouped(fingerprint: string): string {
  const groups = fingerprint.match(/.{4}/g) ?? [];
  const half = groups.length / 2;
  return `${groups.slice(0, half).join(" ")}  ${groups.slice(half).join(" ")}`;
}

/** `2025-03-01 (8 months ago)`, times in milliseconds. */
export function dated(time: number, now: number): string {
  const days = Math.round(Math.abs(now - time) / DAY_MS);
  const [count, unit] =
    days < 60 ? [days, "day"] : days < 730 ? [Math.round(days / 30.44), "month"] : [Math.round(days / 365.25), "year"];
  const span = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return `${day(time)} (${time > now ? `in ${span}` : `${span} ago`})`;
}

/** Lines of two columns, what and its value: user ids, times, algorithm, the keys in it that sign. */
export function certificateLines(facts: CertificateFacts, now: number): readonly (readonly [string, string])[] {
  const shown = facts.userIds.slice(0, MOST_USER_IDS);
  const more = facts.userIds.length - shown.length;
  const ends = (time: number | null): string => (time === null ? "never ends" : `ends ${dated(time, now)}`);
  const remark = (text: string | null): string => (text === null ? "" : `; ${text}`);
  return [
    ...shown.map((userId): [string, string] => ["user id", forTerminal(userId, LONGEST_USER_ID)]),
    ...(shown.length === 0 ? [["user id", "none that the key itself certifies"] as const] : []),
    ...(more > 0 ? [["", `and ${more} more`] as const] : []),
    ["made", `${dated(facts.created, now)}, ${ends(facts.expires)}`],
    ["algorithm", `${facts.algorithm}${strengthOf(facts.algorithm)}${remark(facts.remark)}`],
    ...facts.signingKeys.map(({ fingerprint, algorithm, created, expires, remark: about }): [string, string] =>
      fingerprint === facts.fingerprint
        ? ["signs", "by its primary key"]
        : [
            "signs",
            `by the subkey ${grouped(fingerprint)}: ${algorithm}${remark(about)}, of ${dated(created, now)}, ${ends(expires)}`,
          ],
    ),
  ];
}

/** NIST SP 800-57 part 1, table 2: as many guesses as a symmetric key of so many bits takes. */
function strengthOf(algorithm: string): string {
  const bits = Number(/^rsa(\d+)$/.exec(algorithm)?.[1] ?? Number.NaN);
  const ofRsa = bits >= 15_360 ? 256 : bits >= 7680 ? 192 : bits >= 3072 ? 128 : bits >= 2048 ? 112 : null;
  const strength = Number.isNaN(bits) ? (OF_CURVES.get(algorithm) ?? null) : ofRsa;
  return strength === null ? "" : ` (strength of ${strength} bits)`;
}

const OF_CURVES: ReadonlyMap<string, number> = new Map([
  ["ed25519", 128],
  ["nistp256", 128],
  ["nistp384", 192],
  ["ed448", 224],
  ["nistp521", 256],
]);

/** For JSON. */
export function certificateJson(facts: CertificateFacts): object {
  const { fingerprint, version, userIds, algorithm, created, expires, revocation, weakness, remark } = facts;
  const signingKeys = facts.signingKeys.map((key) => ({
    ...key,
    created: isoTime(key.created),
    expires: isoTime(key.expires),
  }));
  return {
    ...{ fingerprint, version, userIds, algorithm, created: isoTime(created), expires: isoTime(expires) },
    ...{ revocation, weakness, remark, signingKeys },
  };
}

/** A heading, and rows indented below it. */
export function block(heading: string, rows: readonly (readonly [string, string])[]): string {
  return [heading, ...rows.map(([what, value]) => `    ${what.padEnd(10)}  ${value}`.trimEnd())].join("\n");
}
