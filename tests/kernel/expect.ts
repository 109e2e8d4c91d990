import { expect } from 'vitest';
import type { Proof } from './hawser.ts';

/** What was measured is what the file says, and every tunnel has shaken hands. */
export function expectHolds({ mismatches, handshakes }: Proof): void {
  expect(mismatches).toEqual([]);
  expect(handshakes.missing).toEqual([]);
}
