import { describe, expect, test } from 'vitest';
import { Together } from './together.ts';

/** Makes answers one after the other, each when it is told to. */
function maker() {
  const begun: {
    readonly done: (answer: string) => void;
    readonly fail: (error: Error) => void;
  }[] = [];
  const make = (): Promise<string> =>
    new Promise((done, fail) => {
      begun.push({ done, fail });
    });
  return { begun, make };
}

/** Lets all that is ready go on. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('an answer that many ask for', () => {
  test('is made once more for all who asked while the first was being made', async () => {
    const { begun, make } = maker();
    const together = new Together<string>();
    const first = together.ask('home', make);
    const others = [together.ask('home', make), together.ask('home', make)];
    expect(begun.length).toBe(1);
    begun[0]?.done('before');
    expect(await first).toBe('before');
    await turn();
    expect(begun.length).toBe(2);
    begun[1]?.done('after');
    expect(await Promise.all(others)).toEqual(['after', 'after']);
  });

  test('is never one that was begun before the question', async () => {
    const { begun, make } = maker();
    const together = new Together<string>();
    const answers = [together.ask('home', make), together.ask('home', make)];
    begun[0]?.done('1');
    await turn();
    answers.push(together.ask('home', make));
    begun[1]?.done('2');
    await turn();
    begun[2]?.done('3');
    expect(await Promise.all(answers)).toEqual(['1', '2', '3']);
    answers.push(together.ask('home', make));
    expect(begun.length).toBe(4);
    begun[3]?.done('4');
    expect(await answers[3]).toBe('4');
  });

  test('is another for another question', async () => {
    const { begun, make } = maker();
    const together = new Together<string>();
    const answers = [together.ask('home', make), together.ask('lab', make)];
    expect(begun.length).toBe(2);
    for (const [number, { done }] of begun.entries()) done(`${number}`);
    expect(await Promise.all(answers)).toEqual(['0', '1']);
  });

  test('that fails does so for those who waited for it, and the next is tried', async () => {
    const { begun, make } = maker();
    const together = new Together<string>();
    const first = together.ask('home', make);
    const second = together.ask('home', make);
    begun[0]?.fail(new Error('no store'));
    await expect(first).rejects.toThrow('no store');
    await turn();
    begun[1]?.done('there');
    expect(await second).toBe('there');
  });
});
