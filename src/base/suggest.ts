/** Edit distance (Levenshtein) of two texts, or `limit + 1` as soon as it must exceed `limit`. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(swap, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    if (Math.min(...row) > limit) return limit + 1;
    previous = row;
  }
  return Math.min(previous[b.length] ?? 0, limit + 1);
}

/**
 * The known word that was most likely meant: at most a third of the letters differ, or it is the only
 * one that begins like this.
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let closest = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const third = Math.floor(Math.max(word.length, candidate.length) / 3);
    const limit = Math.min(Math.max(1, third), closest - 1);
    const distance = editDistance(word, candidate, limit);
    if (distance > limit) continue;
    best = candidate;
    closest = distance;
    if (closest === 0) break;
  }
  return best ?? onlyBeginning(word, known);
}

function onlyBeginning(word: string, known: Iterable<string>): string | undefined {
  const [first, ...others] = [...known].filter((candidate) => candidate.startsWith(word));
  return word.length > 1 && others.length === 0 ? first : undefined;
}

const listed = 12;

/** A remedy for a word nobody knows: the nearest known one, else what there is to choose from. */
export function didYouMean(word: string, known: readonly string[], what: string): string {
  const meant = nearest(word, known);
  if (meant !== undefined) return `Did you mean \`${meant}\`?`;
  if (known.length === 0) return `There is no ${what} to choose from.`;
  const rest = known.length > listed ? ` and ${known.length - listed} more` : '';
  return `Known: ${known.slice(0, listed).join(', ')}${rest}.`;
}
