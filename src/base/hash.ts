/** FNV-1a, 32 bits: short stable names for things, no protection against anyone. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash;
}

/** FNV-1a as eight hexadecimal digits. */
export const shortHash = (text: string): string => fnv1a(text).toString(16).padStart(8, '0');
