import { hostErrors } from './errors.ts';

/** What a program printed as JSON; nothing at all means an empty list (as `ip -j` does at times). */
export function readJson<T>(program: string, text: string): T {
  try {
    return JSON.parse(text.trim() === '' ? '[]' : text) as T;
  } catch (cause) {
    const detail = (cause as Error).message;
    throw hostErrors.error('host/unreadable', { program, detail }, { cause });
  }
}
