import { useSyncExternalStore } from 'react';

export { onlyIn, pathIn, pathOnly, pathParts, queryOf } from './data/address.ts';

/** Told when this page itself changes its address: browsers only tell of back and forward. */
const moved = 'hawser-moved';

function follow(listener: () => void): () => void {
  for (const event of ['popstate', moved]) window.addEventListener(event, listener);
  return () => {
    for (const event of ['popstate', moved]) window.removeEventListener(event, listener);
  };
}

const here = (): string => window.location.pathname + window.location.search;

/** The address of what is to be seen. */
export const usePath = (): string => useSyncExternalStore(follow, here);

export function goTo(path: string, how: 'further' | 'instead' = 'further'): void {
  if (how === 'instead') window.history.replaceState(null, '', path);
  else window.history.pushState(null, '', path);
  window.dispatchEvent(new Event(moved));
}

/** Says in the address what is chosen on the page; what is chosen no more is left out. Nobody is told. */
export function amendQuery(chosen: Readonly<Record<string, string>>): void {
  const url = new URL(window.location.href);
  for (const [key, value] of Object.entries(chosen)) {
    if (value === '') url.searchParams.delete(key);
    else url.searchParams.set(key, value);
  }
  if (url.href === window.location.href) return;
  try {
    window.history.replaceState(null, '', url);
  } catch {
    // A browser that thinks that this happens too often: the next choice says it.
  }
}
