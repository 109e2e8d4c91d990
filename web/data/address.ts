/** `/n/home/machines?x` as `n`, `home`, `machines`. */
export const pathParts = (path: string): readonly string[] =>
  (path.split('?')[0] ?? '').split('/').filter(Boolean).map(decoded);

/** Whoever types an address may write what is no encoding. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What stands behind the question mark of an address. */
export const queryOf = (path: string): URLSearchParams =>
  new URLSearchParams(path.split('?')[1] ?? '');

/** The address within a network. */
export const pathIn = (network: string, ...parts: readonly string[]): string =>
  `/n/${[network, ...parts].map(encodeURIComponent).join('/')}`;

const onlyKey = 'only';

/** The address of a page with nothing on it but what is of these islands of the map. */
export const pathOnly = (path: string, islands: readonly string[]): string =>
  `${path}?${new URLSearchParams(islands.map((island) => [onlyKey, island]))}`;

/** The islands that an address names so. */
export const onlyIn = (path: string): readonly string[] => queryOf(path).getAll(onlyKey);
