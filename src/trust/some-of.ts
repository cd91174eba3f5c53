/** The first of many, in a sentence: `1.0.0, 1.0.1, 1.0.2 and 4 more`. */
export function someOf(all: readonly string[], most: number): string {
  const more = all.length - most;
  return `${all.slice(0, most).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
