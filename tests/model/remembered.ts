/**
 * A pure function of an object that does not change and of a text, worked out once for each: worlds
 * are walked many times.
 */
export function remembered<O extends object, T>(
  work: (of: O, by: string) => T,
): (of: O, by: string) => T {
  const known = new WeakMap<O, Map<string, T>>();
  return (of, by) => {
    const ofThis = known.get(of) ?? new Map<string, T>();
    known.set(of, ofThis);
    const old = ofThis.get(by);
    if (old !== undefined) return old;
    const fresh = work(of, by);
    ofThis.set(by, fresh);
    return fresh;
  };
}
