import type { Change } from '#state';

/** ms for which a kernel may go on telling of what was written. */
const lasts = 2_000;

/**
 * Changes of so many elements that whoever waits for them waits too long for those who hear of each: 0.02 ms of a processor
 * in monitors and agent, while the kernel takes as long to make it. To look at all afterwards is as much work, for which only what is told right then waits.
 */
const many = 10_000;

/** Who listens in namespaces. */
export interface Hearing {
  /** Does not listen in it from now on. */
  leave(namespace: string): void;
  /** Listens in it again, and looks for what happened meanwhile. */
  enter(namespace: string): void;
}

/** What is written element by element into namespaces, so that its echo is not taken for the work of others. */
export class Echo {
  /** By `namespace element`; until when, or while it is written. Oldest first. */
  readonly #expected = new Map<string, number>();
  #hearing: Hearing | undefined;

  /** Who is sent out of a namespace while much is written there. */
  heardBy(hearing: Hearing): void {
    this.#hearing = hearing;
  }

  /** Does the work, which makes these changes to elements of a namespace. */
  during<T>(namespace: string, changes: readonly Change[], work: () => Promise<T>): Promise<T> {
    return changes.length < many
      ? this.#expecting(namespace, changes, work)
      : this.#unheard(namespace, work);
  }

  async #unheard<T>(namespace: string, work: () => Promise<T>): Promise<T> {
    this.#hearing?.leave(namespace);
    try {
      return await work();
    } finally {
      this.#hearing?.enter(namespace);
    }
  }

  async #expecting<T>(
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
