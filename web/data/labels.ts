interface Place {
  readonly x: number;
  readonly y: number;
}

/** Whether a name stands above, since more lines leave below, the steeper the more in its way. `ends`: where its lines lead. */
export function isAbove({ x, y }: Place, ends: readonly Place[]): boolean {
  const pulls = ends.map((end) => {
    const steep = (end.y - y) / Math.max(1, Math.hypot(end.x - x, end.y - y));
    return steep * Math.abs(steep);
  });
  return pulls.reduce((sum, pull) => sum + pull, 0) > 0;
}

/** The ends of lines by what they begin at, both ways. */
export function endsOf<Key>(
  lines: readonly (readonly [{ readonly key: Key } & Place, { readonly key: Key } & Place])[],
): (key: Key) => readonly Place[] {
  const both = lines.flatMap(([a, b]) => [
    { key: a.key, end: b },
    { key: b.key, end: a },
  ]);
  const byKey = Map.groupBy(both, ({ key }) => key);
  return (key) => (byKey.get(key) ?? []).map(({ end }) => end);
}

interface Named extends Place {
  readonly key: string;
  readonly label: string;
  readonly isLabelAbove: boolean;
  /** From the middle to what the name stands beside. */
  readonly far: number;
}

/** Of letters, in parts of their size. */
const [breadth, height] = [0.6, 1.1] as const;

/** Where names stand, by key: on the side that each prefers, or else, where another name stands there, on the other. */
export function baselinesOf(islands: readonly Named[], size: number): ReadonlyMap<string, number> {
  const taken: { readonly x: number; readonly baseline: number; readonly width: number }[] = [];
  const isFree = (x: number, baseline: number, width: number): boolean =>
    taken.every(
      (other) =>
        Math.abs(other.x - x) > (other.width + width) / 2 ||
        Math.abs(other.baseline - baseline) > height * size,
    );
  const baselines = new Map<string, number>();
  for (const { key, label, isLabelAbove, x, y, far } of islands) {
    const width = breadth * size * label.length;
    const both = [y + far + size + 2, y - far - size / 2];
    const [wanted = y, other = y] = isLabelAbove ? both.toReversed() : both;
    const baseline = isFree(x, wanted, width) || !isFree(x, other, width) ? wanted : other;
    baselines.set(key, baseline);
    taken.push({ x, baseline, width });
  }
  return baselines;
}
