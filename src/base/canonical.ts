/**
 * Canonical JSON (RFC 8785): keys sorted by UTF-16 code unit, no white space, numbers as ECMAScript
 * prints them. Equal values give equal bytes. Members whose value is undefined are left out, as in
 * JSON.stringify.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return ofList(value);
  if (value !== null && typeof value === 'object') return ofRecord(value as Fields);
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new TypeError(`${value} has no JSON form`);
  }
  return JSON.stringify(value ?? null);
}

type Fields = Readonly<Record<string, unknown>>;

// Written as loops: a server makes one text for each machine of each change.

function ofList(list: readonly unknown[]): string {
  let text = '[';
  for (let i = 0; i < list.length; i++) {
    if (i > 0) text += ',';
    text += canonicalJson(list[i] ?? null);
  }
  return `${text}]`;
}

function ofRecord(record: Fields): string {
  let text = '{';
  for (const key of sortedKeys(record)) {
    const value = record[key];
    if (value === undefined) continue;
    if (text.length > 1) text += ',';
    text += `${JSON.stringify(key)}:${canonicalJson(value)}`;
  }
  return `${text}}`;
}

function sortedKeys(record: Fields): readonly string[] {
  const keys = Object.keys(record);
  for (let i = 1; i < keys.length; i++) {
    if ((keys[i - 1] as string) > (keys[i] as string)) return keys.sort();
  }
  return keys;
}
