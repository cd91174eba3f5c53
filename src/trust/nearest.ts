/** Proposing what a person probably meant. */

const LONGEST = 64;

/** The known word nearest to `word` (two letters swapped, or a third of them wrong), or null if none is near. */
export function nearest(word: string, known: Iterable<string>): string | null {
  if (word.length > LONGEST) return null;
  let best: string | null = null;
  let least = 1 + (word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3)));
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= least) continue;
    const steps = distance(word.toLowerCase(), candidate.toLowerCase());
    if (steps < least) {
      best = candidate;
      least = steps;
    }
  }
  return best;
}

/** ` Did you mean "x"?`, or nothing. */
export function proposal(word: string, known: Iterable<string>): string {
  const best = nearest(word, known);
  return best === null ? "" : ` Did you mean "${best}"?`;
}

/** Edits (insert, remove, replace one letter) that turn one word into the other. */
export function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
