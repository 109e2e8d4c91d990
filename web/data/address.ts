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
