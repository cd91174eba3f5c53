/** One thing in the trust store that a person should look at. */
export interface Remark {
  /** Where it stands: `exceptions[0]`, `keys/<FINGERPRINT>.asc`. */
  readonly place: string;
  readonly says: string;
}
