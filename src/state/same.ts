type Fields = Readonly<Record<string, unknown>>;

const sameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((value, index) => value === b[index]);

const sameValue = (a: unknown, b: unknown): boolean =>
  a === b || (Array.isArray(a) && Array.isArray(b) && sameList(a, b));

/** What is for people, and no part of what is compared. */
const forPeople: ReadonlySet<string> = new Set(['label', 'previous']);

/** Names of the fields in which two items differ, sorted. */
export function differences(a: object, b: object): string[] {
  const [left, right] = [a as Fields, b as Fields];
  const found: string[] = [];
  for (const key in left) {
    if (!forPeople.has(key) && !sameValue(left[key], right[key])) found.push(key);
  }
  for (const key in right) {
    if (!forPeople.has(key) && !(key in left) && right[key] !== undefined) found.push(key);
  }
  return found.sort();
}

/** Whether two items say the same. */
export const same = (a: object, b: object): boolean => a === b || differences(a, b).length === 0;
