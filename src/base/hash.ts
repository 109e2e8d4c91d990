const offset = 0x811c9dc5;

/** FNV-1a, 32 bits: short stable names for things, no protection against anyone. `before`: of the text that it goes on with. */
export function fnv1a(text: string, before = offset): number {
  let hash = before;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash;
}

/** FNV-1a as eight hexadecimal digits. */
export const shortHash = (text: string): string => fnv1a(text).toString(16).padStart(8, '0');
