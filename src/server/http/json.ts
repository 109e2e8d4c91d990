import { apiErrors } from '#api';
import { HawserError } from '#base';

/** Largest body, in bytes: a file of ten thousand members has about 1 MB. */
export const bodyLimit = 16 * 1024 * 1024;
/** Nesting that no request needs. */
const depthLimit = 32;

/** How deep arrays and objects of a JSON text are nested; counts brackets outside of strings. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (inString) {
      if (char === 0x5c)
        i++; // a backslash: the next is not the end
      else if (char === 0x22) inString = false;
    } else if (char === 0x22) inString = true;
    else if (char === 0x5b || char === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (char === 0x5d || char === 0x7d) depth--;
  }
  return deepest;
}

/** @throws api/too-large, api/invalid-request */
export function parseJson(text: string): unknown {
  if (depthOf(text) > depthLimit) {
    throw apiErrors.error('api/too-large', { limit: `${depthLimit} levels of nesting` });
  }
  try {
    return JSON.parse(text, checked);
  } catch (cause) {
    if (cause instanceof HawserError) throw cause;
    const why = `its body is no JSON (${(cause as Error).message})`;
    throw apiErrors.error('api/invalid-request', { why }, { cause });
  }
}

/**
 * A member of that name would become an object's prototype where it is copied; a NUL character is in no
 * text that people write, and not every store keeps it.
 */
function checked(this: unknown, key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError('a member is named __proto__');
  const hasNul = key.includes('\0') || (typeof value === 'string' && value.includes('\0'));
  if (hasNul) {
    const why = `${JSON.stringify(key)} holds a NUL character (\\0)`;
    throw apiErrors.error('api/invalid-request', { why });
  }
  return value;
}
