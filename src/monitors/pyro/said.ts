/** What another process says, cut to what is told on. */

/** Letters; of logs the end, of all else the beginning. */
const longest = { text: 500, tail: 4_000 } as const;

/** Nothing that a terminal would obey: control characters (C0, C1), but for line feeds and tabs. */
const plain = (said: string): string => said.replaceAll(/(?![\n\t])\p{Cc}/gu, '\uFFFD');

export const text = (value: unknown): string => {
  const whole = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return plain(whole.slice(0, longest.text)).replaceAll(/\s+/g, ' ');
};

export const tail = (value: unknown): string => plain(linesOf(value).slice(-longest.tail));

const linesOf = (value: unknown): string =>
  Array.isArray(value) ? value.map(String).join('\n') : String(value);

export const optionalText = (value: unknown): string | undefined =>
  value === undefined || value === null ? undefined : text(value);

/** A number that is one; -1 stands for none in MuPIF. */
export const number = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;

export const list = (value: unknown, most: number): readonly unknown[] =>
  Array.isArray(value) ? value.slice(0, most) : [];

export const entries = (value: unknown, most: number): readonly (readonly [string, unknown])[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).slice(0, most)
    : [];

/** A member of what may be anything. */
export const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
