import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Commit,
  dueAt,
  held,
  isQuarantined,
  noCommit,
  proven,
  released,
  rolledBack,
  takenBack,
  tried,
} from './commit.ts';

interface Wanted {
  readonly hash: string;
}

const [a, b, c] = [{ hash: 'a' }, { hash: 'b' }, { hash: 'c' }] as const;
const patience = 30;
const after = (state: Wanted, since = 0, touches = true): Commit<Wanted> =>
  tried(noCommit, { state, since, touches });

/** A machine that has `a` confirmed and tries `b` since 10. */
const trying = (touches: boolean): Commit<Wanted> =>
  tried(proven(after(a), 1), { state: b, touches, since: 10 });

describe('a new state', () => {
  test('is what the machine holds, and not what it boots with', () => {
    expect(held(trying(true))).toBe(b);
    expect(trying(true).confirmed).toBe(a);
  });

  test('is confirmed by a connection that began after it was applied', () => {
    expect(proven(trying(true), 10)).toEqual({ confirmed: b, previous: a, quarantined: [] });
  });

  test('is not confirmed by a connection that survived it', () => {
    expect(proven(trying(true), 9)).toEqual(trying(true));
  });

  test('that touches the path to the server is due to be taken back', () => {
    expect(dueAt(trying(true), patience)).toBe(40);
    const back = takenBack(trying(true));
    expect(held(back)).toBe(a);
    expect(isQuarantined(back, b)).toBe(true);
  });

  test('that does not touch it waits for as long as it takes', () => {
    expect(dueAt(trying(false), patience)).toBeUndefined();
  });

  test('that is the confirmed one needs no confirmation', () => {
    const again = tried(trying(true), { state: { hash: 'a' }, touches: true, since: 20 });
    expect(again).toEqual({ confirmed: a, quarantined: [] });
  });

  test('that is the first is taken back to nothing', () => {
    expect(held(takenBack(after(a)))).toBeUndefined();
  });
});

describe('a person on the machine', () => {
  test('goes back from what is tried to what was confirmed', () => {
    expect(rolledBack(trying(false))).toEqual({ confirmed: a, quarantined: ['b'] });
  });

  test('goes back from what is confirmed to what was so before', () => {
    expect(rolledBack(proven(trying(true), 10))).toEqual({ confirmed: a, quarantined: ['b'] });
  });

  test('cannot go back where nothing was before', () => {
    expect(rolledBack(proven(after(a), 1))).toBeUndefined();
    expect(rolledBack(noCommit)).toBeUndefined();
  });

  test('lets what was taken back be tried again', () => {
    expect(isQuarantined(released(takenBack(trying(true))), b)).toBe(false);
  });
});

test('what was taken back long ago is forgotten, so that the list stays short', () => {
  const many = Array.from({ length: 300 }, (_, n) => ({ hash: String(n) }));
  const worn = many.reduce(
    (commit, state) => takenBack(tried(commit, { state, touches: true, since: 0 })),
    proven(after(a), 1),
  );
  expect(worn.quarantined).toHaveLength(100);
  expect(worn.quarantined.at(-1)).toBe('299');
});

/** Everything that can happen to a machine; time goes on by 10 with each event. */
type Event =
  | { readonly do: 'offer'; readonly state: Wanted; readonly touches: boolean }
  | { readonly do: 'connect' | 'old-answers' | 'wait' | 'rollback' | 'release' | 'reboot' };

interface World {
  readonly now: number;
  readonly commit: Commit<Wanted>;
  /** Hashes of states that were held when a new connection was answered. */
  readonly answered: ReadonlySet<string>;
}

function step(world: World, event: Event): World {
  const { commit, answered } = world;
  const now = world.now + 10;
  const next = (changed: Partial<World>): World => ({ ...world, now, ...changed });
  switch (event.do) {
    case 'offer': {
      const { state, touches } = event;
      if (isQuarantined(commit, state) || held(commit)?.hash === state.hash) return next({});
      return next({ commit: tried(commit, { state, touches, since: now }) });
    }
    case 'connect': {
      const holds = held(commit)?.hash;
      const more = holds === undefined ? answered : new Set([...answered, holds]);
      return next({ commit: proven(commit, now), answered: more });
    }
    case 'old-answers':
      return next({ commit: proven(commit, (commit.trial?.since ?? now) - 1) });
    case 'wait': {
      const later = now + 2 * patience;
      const due = dueAt(commit, patience);
      const over = due !== undefined && due <= later;
      return next({ now: later, commit: over ? takenBack(commit) : commit });
    }
    case 'rollback':
      return next({ commit: rolledBack(commit) ?? commit });
    case 'release':
      return next({ commit: released(commit) });
    case 'reboot': {
      const { trial: _, ...kept } = commit;
      return next({ commit: kept });
    }
  }
}

const others = ['connect', 'old-answers', 'wait', 'rollback', 'release', 'reboot'] as const;
const events: readonly Event[] = [
  ...[a, b, c].flatMap((state) =>
    [true, false].map((touches): Event => ({ do: 'offer', state, touches })),
  ),
  ...others.map((name): Event => ({ do: name })),
];

/** What holds after every event, whatever came before. */
function expectLaws(before: World, event: Event, now: World): void {
  const { commit } = now;
  if (commit.confirmed && !now.answered.has(commit.confirmed.hash)) {
    throw new Error(`${commit.confirmed.hash} was confirmed without a new connection`);
  }
  if (before.commit.confirmed && !commit.confirmed) throw new Error('the confirmed state is lost');
  if (commit.trial && isQuarantined(commit, commit.trial.state)) {
    throw new Error('a state is tried that was taken back');
  }
  const patient = before.commit.trial && !before.commit.trial.touches;
  if (event.do === 'wait' && patient && commit.trial !== before.commit.trial) {
    throw new Error('a state was taken back that did not touch the path to the server');
  }
  if (event.do === 'wait' && before.commit.trial?.touches && commit.trial) {
    throw new Error('a state that cut the machine off was kept');
  }
  const same = (x: Wanted | undefined, y: Wanted | undefined) => x?.hash === y?.hash;
  if (event.do === 'reboot' && !same(held(commit), before.commit.confirmed)) {
    throw new Error('boot did not use what was confirmed last');
  }
}

const start: World = { now: 0, commit: noCommit, answered: new Set() };

test('the laws of confirming hold after each sequence of five events there is', () => {
  let walked = 0;
  const walk = (world: World, depth: number): void => {
    if (depth === 0) return;
    for (const event of events) {
      const next = step(world, event);
      expectLaws(world, event, next);
      walked++;
      walk(next, depth - 1);
    }
  };
  walk(start, 5);
  expect(walked).toBe(271_452);
});

test('the laws of confirming hold in long histories', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...events), { maxLength: 200 }), (history) => {
      history.reduce((world, event) => {
        const next = step(world, event);
        expectLaws(world, event, next);
        return next;
      }, start);
    }),
  );
});
