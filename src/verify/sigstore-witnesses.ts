/**
 * Who has certified, logged and stamped a bundle: strangers are left out, and what is left is counted. What nobody pinned
 * says proves nothing; it is no forgery either, since nobody here can tell.
 */
import type { KeyObject } from "node:crypto";
import type { RFC3161Timestamp, X509Certificate } from "@sigstore/core";
import type { SignedEntity } from "@sigstore/verify";
import type { RootMaterial } from "./sigstore-material.js";

/** What a bundle must show, and by which roots. */
export interface Terms {
  readonly material: RootMaterial;
  /** Of how many distinct log entries it needs a proof. */
  readonly logEntries: number;
  /** By how many logs a certificate must have been seen. */
  readonly scts: number;
  /** The key to which a hint leads, or null: of a registry that signs with a key. */
  readonly keyFor: (hint: string) => KeyObject | null;
}

export interface Unsound {
  readonly ok: false;
  /**
   * Whoever signed or certified it (`signer`), or logged or stamped it (`witness`), is not pinned: it may be sound, and
   * nobody here can tell.
   */
  readonly stranger: false | "signer" | "witness";
  readonly why: string;
}

/**
 * What was signed, with those log entries and timestamps alone that pinned logs and authorities may have made: as with
 * an unknown key, what a stranger says is left out and proves nothing. Where too little remains, nobody here can tell.
 */
export function withoutStrangers(
  entity: SignedEntity,
  { material, logEntries, keyFor }: Terms,
): SignedEntity | Unsound {
  const { key } = entity;
  if (key.$case === "public-key" && keyFor(key.hint) === null) {
    return stranger("signer", `it is signed with the key ${key.hint}, which is not pinned`);
  }
  if (key.$case === "certificate" && !isIssuedBy(material.certificateAuthorities, key.certificate)) {
    return stranger("signer", "its certificate is by an authority that is not pinned");
  }
  if (promisesIn(entity).some((id) => !material.ctlogs.some(({ logID }) => logID.equals(id)))) {
    return stranger("witness", "its certificate was seen by a log of certificates that is not pinned");
  }
  const isPinned = ({ logId }: SignedEntity["tlogEntries"][number]): boolean =>
    material.tlogs.some(({ logID }) => logId !== undefined && logID.equals(logId.keyId));
  const tlogEntries = entity.tlogEntries.filter(isPinned);
  if (tlogEntries.length < Math.min(1, logEntries) && entity.tlogEntries.length > 0) {
    return stranger("witness", "it is in a transparency log that is not pinned");
  }
  const timestamps = entity.timestamps.filter((item) =>
    item.$case === "transparency-log" ? isPinned(item.tlogEntry) : isStampedBy(material, item.timestamp),
  );
  if (timestamps.length === 0 && entity.timestamps.length > 0) {
    return stranger("witness", "its time is by an authority that is not pinned");
  }
  return { ...entity, tlogEntries, timestamps };
}

/** The ids of the logs that promise to have seen the certificate. With one that nobody knows, the library tells nothing. */
function promisesIn({ key }: SignedEntity): readonly Buffer[] {
  if (key.$case !== "certificate") return [];
  return key.certificate.extSCT?.signedCertificateTimestamps.map(({ logID }) => logID) ?? [];
}

/** Fewer logs than are asked for, each counted once however many entries it has: sound, and not proven enough. */
export function tooFew(entity: SignedEntity, { logEntries, scts }: Terms): Unsound | null {
  const distinct = (ids: readonly (Buffer | undefined)[]): number => new Set(ids.map((id) => id?.toString("hex"))).size;
  const logs = distinct(entity.tlogEntries.map(({ logId }) => logId?.keyId));
  if (logs < logEntries)
    return stranger("witness", `transparency logs that have it: ${logs}; asked for: ${logEntries}`);
  const seenBy = distinct(promisesIn(entity));
  if (entity.key.$case === "public-key" || seenBy >= scts) return null;
  return stranger("witness", `logs of certificates that have seen its certificate: ${seenBy}; asked for: ${scts}`);
}

/** By its name and, where both say it, by its key: an authority may sign with a new one under the same name. */
function isIssuedBy(authorities: RootMaterial["certificateAuthorities"], certificate: X509Certificate): boolean {
  const by = certificate.extAuthorityKeyID?.keyIdentifier;
  return authorities.some(({ certChain }) =>
    certChain.some(({ subject, extSubjectKeyID }) => {
      const key = extSubjectKeyID?.keyIdentifier;
      return subject.equals(certificate.issuer) && (by === undefined || key === undefined || key.equals(by));
    }),
  );
}

function isStampedBy({ timestampAuthorities }: RootMaterial, timestamp: RFC3161Timestamp): boolean {
  return timestampAuthorities.some(({ certChain: [leaf] }) => {
    if (leaf === undefined) return false;
    return leaf.serialNumber.equals(timestamp.signerSerialNumber) && leaf.issuer.equals(timestamp.signerIssuer);
  });
}

/** An entry proven by a checkpoint alone was made in the log's time: the library looks at it for promises only. */
export function outlived(entity: SignedEntity, { tlogs }: RootMaterial): Unsound | null {
  const times = timesOf(entity);
  const isInTime = entity.tlogEntries.every(({ logId }) =>
    tlogs.some(
      ({ logID, validFor: { start, end } }) =>
        logId !== undefined &&
        logID.equals(logId.keyId) &&
        times.every((time) => time >= start.getTime() && time <= end.getTime()),
    ),
  );
  return isInTime ? null : unsound("its transparency log was not in use when it was signed");
}

/** All that the library has verified: of the log only where it promised the entry, of an authority by its token. */
export function timesOf({ timestamps }: SignedEntity): readonly number[] {
  return timestamps.flatMap((item) => {
    if (item.$case === "timestamp-authority") return [item.timestamp.signingTime.getTime()];
    return item.tlogEntry.inclusionPromise === undefined ? [] : [Number(item.tlogEntry.integratedTime) * 1000];
  });
}

export function unsound(why: string): Unsound {
  return { ok: false, stranger: false, why };
}

function stranger(who: "signer" | "witness", why: string): Unsound {
  return { ok: false, stranger: who, why };
}
