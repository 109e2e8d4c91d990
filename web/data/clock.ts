/** Milliseconds that the server's clock is ahead of the browser's; ages are told by the server's, whatever day it is here. */
let ahead = 0;

/** Beyond, in ms, it is not the way of an answer that makes the difference, which `Date` tells in whole seconds. */
const grain = 2000;

/** Takes the time from an answer of the server (RFC 9110, 6.6.1). */
export function hearClock(date: string | null): void {
  const difference = Date.parse(date ?? '') - Date.now();
  if (Number.isNaN(difference)) return;
  if (Math.abs(difference - ahead) > grain) ahead = Math.abs(difference) > grain ? difference : 0;
}

/** Milliseconds since 1970, as the server has them. */
export const now = (): number => Date.now() + ahead;
