/** Bytes that any way takes, how exact a result is, and how many sizes are tried at once. */
const least = 576;
const grain = 4;
const atOnce = 15;

type Passes = (size: number) => Promise<boolean>;

/** Sizes that divide what lies between two into equal parts. */
function between(low: number, high: number): readonly number[] {
  const parts = Math.min(atOnce + 1, Math.ceil((high - low) / grain));
  const inner = Array.from({ length: parts - 1 }, (_, index) => index + 1);
  return inner.map((part) => low + Math.floor((part * (high - low)) / parts));
}

/**
 * The largest size, up to `most`, that passes; undefined if not even a small one does. Three rounds
 * of questions for what the internet carries. `passes` tells of one size, in bytes.
 */
export async function largestThat(passes: Passes, most: number): Promise<number | undefined> {
  const [all, some] = await Promise.all([passes(most), passes(Math.min(least, most))]);
  if (all) return most;
  if (!some) return undefined;
  let [low, high] = [Math.min(least, most), most];
  while (high - low > grain) {
    const sizes = between(low, high);
    const results = await Promise.all(sizes.map(passes));
    const failed = results.indexOf(false);
    if (failed !== 0) low = sizes[(failed < 0 ? sizes.length : failed) - 1] ?? low;
    if (failed >= 0) high = sizes[failed] ?? high;
  }
  return low;
}
