/**
 * 32 bytes in canonical base64: 43 characters of which the last carries four bits, and one `=`.
 * The same texts that wg(8) takes (its `key_from_base64`).
 */
const canonicalKey = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

export const isKey = (text: string): boolean => canonicalKey.test(text);

/** The all-zero key, by which wg(8) clears a preshared key. */
export const zeroKey = `${'A'.repeat(43)}=`;
