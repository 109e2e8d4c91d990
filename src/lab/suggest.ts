import { nearest } from '#base';

/** `; did you mean X?` when one of the known names is near, else nothing. */
export function hint(name: string, known: Iterable<string>): string {
  const meant = nearest(name, known);
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}
