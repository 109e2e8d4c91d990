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
  /** It is shown while somebody points at it: what it then stands on does not matter as much as that it is there. */
  readonly isPassing?: boolean;
}

/** Of letters, in parts of their size: broad ones in the broadest of the page's fonts, others on average. */
const [broad, breadth, height] = [0.97, 0.62, 1.2] as const;

const widthOf = (label: string): number =>
  Array.from(label).reduce((sum, letter) => sum + ('mwMW@…'.includes(letter) ? broad : breadth), 0);

/** Letters of a name that its neighbours have room for; pointing at it tells the whole. */
const most = 24;
/** What is tried where less has room. Nobody knows a name by fewer letters. */
const shorter = [12, 7] as const;

const cut = (name: string, letters: number): string =>
  name.length <= letters ? name : `${name.slice(0, letters - 1)}…`;

/** Where a name stands, and as much of it as has room there. */
export interface Label {
  readonly text: string;
  readonly baseline: number;
}

interface Taken {
  readonly x: number;
  readonly baseline: number;
  readonly width: number;
}

/**
 * Where names stand, by key, the most wanted of them first: each on the side that it prefers, or else, where another name
 * stands there, on the other, or shorter. One that has room nowhere is not written: pointing tells it.
 */
export function labelsOf(named: readonly Named[], size: number): ReadonlyMap<string, Label> {
  const taken: Taken[] = [];
  const isFree = ({ x, baseline, width }: Taken): boolean =>
    taken.every(
      (other) =>
        Math.abs(other.x - x) > (other.width + width) / 2 ||
        Math.abs(other.baseline - baseline) > height * size,
    );
  const labels = new Map<string, Label>();
  for (const one of named) {
    const places = placesOf(one, size);
    const found = places.find(isFree) ?? (one.isPassing ? places[0] : undefined);
    if (!found) continue;
    labels.set(one.key, { text: found.text, baseline: found.baseline });
    if (!one.isPassing) taken.push(found);
  }
  return labels;
}

/** The best first. */
function placesOf({ label, isLabelAbove, x, y, far }: Named, size: number): (Taken & Label)[] {
  const both = [y + far + size + 2, y - far - size / 2];
  const texts = new Set([most, ...shorter].map((letters) => cut(label, letters)));
  return [...texts].flatMap((text) =>
    (isLabelAbove ? both.toReversed() : both).map((baseline) => ({
      ...{ text, baseline, x, width: size * widthOf(text) },
    })),
  );
}
