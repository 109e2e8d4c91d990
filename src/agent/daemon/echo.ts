import type { Change } from '#state';

/** ms for which a kernel may go on telling of what was written. */
const lasts = 2_000;

/** What is written element by element into namespaces, so that its echo is not taken for the work of others. */
export class Echo {
  /** By `namespace element`; until when, or while it is written. Oldest first. */
  readonly #expected = new Map<string, number>();

  /** Does the work, which makes these changes to elements of a namespace. */
  async during<T>(
    namespace: string,
    changes: readonly Change[],
    work: () => Promise<T>,
  ): Promise<T> {
    const keys = changes.flatMap((change) =>
      elementsOf(change).map((one) => `${namespace} ${one}`),
    );
    this.#expect(keys, Number.POSITIVE_INFINITY);
    try {
      return await work();
    } finally {
      this.#forget();
      this.#expect(keys, performance.now() + lasts);
    }
  }

  #expect(keys: readonly string[], until: number): void {
    for (const key of keys) {
      this.#expected.delete(key);
      this.#expected.set(key, until);
    }
  }

  #forget(): void {
    const now = performance.now();
    for (const [key, until] of this.#expected) {
      if (until > now) break;
      this.#expected.delete(key);
    }
  }

  /** Whether we write this element ourselves, or just did. */
  isOwn(namespace: string, element: string): boolean {
    return (this.#expected.get(`${namespace} ${element}`) ?? 0) > performance.now();
  }
}

/** What the kernel calls the element that a change is about, before and after. */
function elementsOf(change: Change): readonly string[] {
  switch (change.facility) {
    case 'routes':
      return sides(change).map(({ prefix }) => prefix.replace(/\/(?:32|128)$/, ''));
    case 'fdb':
      return sides(change).map(({ mac }) => mac);
    case 'nft-elements':
      return sides(change).map(({ element }) => element.split(' ')[0] ?? '');
    default:
      return [];
  }
}

const sides = <T>({ before, after }: { readonly before?: T; readonly after?: T }): readonly T[] =>
  [before, after].flatMap((side) => side ?? []);
