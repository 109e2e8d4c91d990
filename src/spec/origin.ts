import type { Place } from '#base';

/** Where a mapping or list of the file was written, and each of its fields or items. */
export interface Origin {
  readonly place: Place;
  readonly fields: Readonly<Record<string, Place>>;
  /** Of mappings with keys of the person's choice: where those keys stand. */
  readonly keys?: Readonly<Record<string, Place>>;
}

const origin = Symbol('origin');

/** Values read from the file stay plain; where they came from travels on them under a symbol. */
export function setOrigin<T extends object>(value: T, from: Origin): T {
  (value as { [origin]?: Origin })[origin] = from;
  return value;
}

const nowhere: Origin = { place: { file: '', line: 1, column: 1 }, fields: {} };

export const originOf = (value: object): Origin =>
  (value as { [origin]?: Origin })[origin] ?? nowhere;

/** The place of a field, else of the whole. */
export function placeOf(value: object, field?: string | number): Place {
  const from = originOf(value);
  return (field === undefined ? undefined : from.fields[field]) ?? from.place;
}

/** The place of a key that the person chose. */
export const placeOfKey = (value: object | undefined, key: string): Place =>
  (value && originOf(value).keys?.[key]) ?? placeOf(value ?? {}, key);

/** What the file may have left out or got wrong: every field of every object may be absent. */
export type Loose<T> = T extends readonly (infer Item)[]
  ? readonly Loose<Item>[]
  : T extends object
    ? { readonly [K in keyof T]?: Loose<T[K]> | undefined }
    : T;

/** A text of the file and where it stands. */
export interface Text {
  readonly text: string;
  readonly place: Place;
}

type OneOrMany = string | readonly string[] | undefined;

/** The texts of a field that holds one or a list of them. */
export function textsOf<K extends string>(
  source: { readonly [key in K]?: OneOrMany },
  field: K,
): readonly Text[] {
  const value = source[field];
  if (value === undefined) return [];
  if (typeof value === 'string') return [{ text: value, place: placeOf(source, field) }];
  return value.map((text, index) => ({ text, place: placeOf(value, index) }));
}

/** Fields with a value, in the order of the file. */
export const entriesOf = <T>(
  record: { readonly [name: string]: T | undefined } | undefined,
): readonly (readonly [string, T])[] =>
  Object.entries(record ?? {}).filter((entry): entry is [string, T] => entry[1] !== undefined);
