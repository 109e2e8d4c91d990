import { useState } from 'react';

/** Before all keys of what is kept. */
const prefix = 'hawser-kept/';

function keptAt<T>(key: string, empty: T): T {
  try {
    return (JSON.parse(sessionStorage.getItem(prefix + key) ?? 'null') as T | null) ?? empty;
  } catch {
    return empty;
  }
}

function keep(key: string, value: unknown, empty: unknown): void {
  const text = JSON.stringify(value);
  try {
    if (text === JSON.stringify(empty)) sessionStorage.removeItem(prefix + key);
    else sessionStorage.setItem(prefix + key, text);
  } catch {
    // A browser that is told to keep nothing: it is lost when the page goes, as it would be without.
  }
}

/**
 * What somebody types beside the file, as `useState` has it: it outlives the end of a session in the middle of it, in
 * this tab alone. Whoever does what it was typed for empties it. No secrets.
 */
export function useKept<T>(key: string, empty: T): readonly [T, (next: T) => void] {
  const [value, setValue] = useState(() => keptAt(key, empty));
  const set = (next: T): void => {
    setValue(next);
    keep(key, next, empty);
  };
  return [value, set];
}

/** What is kept under a key and all that begin with it; who logs out leaves nothing to whoever comes next. */
export function forgetKept(under = ''): void {
  try {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(prefix + under)) sessionStorage.removeItem(key);
    }
  } catch {
    // Nothing is kept then.
  }
}
