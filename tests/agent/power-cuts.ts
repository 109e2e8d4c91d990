import type { Run } from '#host';

class PowerCut extends Error {}

/** Runs programs until the n-th write, at which everything ends: as kill -9 does, before any clean-up. */
const cutBefore =
  (n: number, writes: { count: number }) =>
  (run: Run): Run =>
  (purpose, argv, options) => {
    if (writes.count >= n) return Promise.reject(new PowerCut());
    if (purpose === 'write' && ++writes.count >= n) return Promise.reject(new PowerCut());
    return run(purpose, argv, options);
  };

/** Tries the work with a power cut at the n-th write; whether it came to that. */
export async function cutAt(n: number, work: (wrap: (run: Run) => Run) => Promise<unknown>) {
  const writes = { count: 0 };
  try {
    await work(cutBefore(n, writes));
    return false;
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
    return true;
  }
}

/** Does the same for the first write, the second, and so on until it gets through. */
export async function atEveryWrite(one: (n: number) => Promise<boolean>): Promise<number> {
  let n = 1;
  while (await one(n)) n++;
  return n - 1;
}
