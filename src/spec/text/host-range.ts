import { errors } from '../errors.ts';

/** More hosts than any site lists by one range. */
const longest = 65536;

const bracket = /\[(\d+)-(\d+)\]/;

/** Whether a name or address stands for several. */
export const isRange = (text: string): boolean => /[[\]]/.test(text);

const refuse = (text: string, reason: string) =>
  errors.error('spec/bad-range', { text, reason }, { text });

/**
 * `worker-[1-4]` names worker-1 to worker-4, `node-[08-11]` keeps the width of its numbers; a text
 * without brackets stands for itself.
 * @throws spec/bad-range
 */
export function expandRange(text: string): readonly string[] {
  if (!isRange(text)) return [text];
  const found = bracket.exec(text);
  if (!found || isRange(text.replace(bracket, '')))
    throw refuse(text, 'it needs one `[first-last]`');
  const [whole, first, last] = found as unknown as [string, string, string];
  const padded = first.startsWith('0') || last.startsWith('0');
  if (padded && first.length !== last.length) {
    throw refuse(text, 'numbers with leading zeros must be equally long');
  }
  const count = Number(last) - Number(first) + 1;
  if (count < 1) throw refuse(text, 'it ends before it begins');
  if (count > longest) throw refuse(text, `it stands for more than ${longest}`);
  const width = padded ? first.length : 0;
  return Array.from({ length: count }, (_, step) =>
    text.replace(whole, String(Number(first) + step).padStart(width, '0')),
  );
}
