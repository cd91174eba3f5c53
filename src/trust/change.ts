/** One change of what a trust store means, as `trust diff` and the gate tell it. */

/** Weaker is whatever could let an artifact pass that the former state refused; what is in doubt is weaker. */
export type Direction = "weaker" | "stronger" | "other";

export interface Change {
  readonly direction: Direction;
  /** Where it stands: `rules[2]`, `registries.acme`, `keys/<FINGERPRINT>.asc`. What is gone, where it stood. */
  readonly place: string;
  /** One sentence for a reviewer who does not know the format. Texts of the store in it are raw: reports escape them. */
  readonly says: string;
}

export const weaker = (place: string, says: string): Change => ({ direction: "weaker", place, says });
export const stronger = (place: string, says: string): Change => ({ direction: "stronger", place, says });
export const other = (place: string, says: string): Change => ({ direction: "other", place, says });

/** Weaker first. */
export const DIRECTIONS: readonly Direction[] = ["weaker", "stronger", "other"];

/** Of changes that are told one a line: `  WEAKER    rules[2]: …`. */
export function changeLine({ direction, place, says }: Change): string {
  return `  ${direction.toUpperCase().padEnd(8)}  ${place}: ${says}`;
}
