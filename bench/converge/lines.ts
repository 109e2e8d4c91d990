import { createInterface } from 'node:readline';

/** Answers each line of standard input, which is JSON, by one on standard output, in order. */
export function answerLines(work: (order: unknown) => Promise<unknown>): void {
  let queue = Promise.resolve();
  createInterface({ input: process.stdin }).on('line', (line) => {
    queue = queue.then(async () => {
      const answer = await work(JSON.parse(line)).catch((error: unknown) => ({
        error: String(error),
      }));
      process.stdout.write(`${JSON.stringify(answer)}\n`);
    });
  });
}
