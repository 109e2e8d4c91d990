import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Commit,
  dueAt,
  held,
  isQuarantined,
  type Named,
  noCommit,
  proven,
  released,
  renewed,
  rolledBack,
  takenBack,
  tried,
} from './commit.ts';

const [a, b, c] = [{ hash: 'a' }, { hash: 'b' }, { hash: 'c' }] as const;
const patience = 30;
const after = (state: Named, since = 0, touches = true): Commit<Named> =>
  tried(noCommit, { state, since, touches });

/** A machine that has `a` confirmed and tries `b` since 10. */
const trying = (touches: boolean): Commit<Named> =>
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

/** Two acts of persons, and what was learned after each. */
const [first, firstLearned] = [
  { hash: 'first', act: '1' },
  { hash: 'first, learned', act: '1' },
];
const [second, secondLearned, secondLater] = [
  { hash: 'second', act: '2' },
  { hash: 'second, learned', act: '2' },
  { hash: 'second, later', act: '2' },
];

/** A machine that confirmed some states, one after another. */
const having = (...states: readonly Named[]): Commit<Named> =>
  states.reduce<Commit<Named>>(
    (commit, state) => proven(tried(commit, { state, touches: true, since: 0 }), 0),
    noCommit,
  );

describe('what is learned after an act of a person', () => {
  test('is not what a person goes back from', () => {
    const commit = having(first, firstLearned, second, secondLearned, secondLater);
    expect(commit.previous).toBe(firstLearned);
    expect(rolledBack(commit)).toMatchObject({ confirmed: firstLearned });
  });

  test('is not what a person goes back from while it is tried', () => {
    const commit = having(first, second);
    const trial = { state: secondLearned, touches: false, since: 0 };
    const back = rolledBack(tried(commit, trial));
    expect(back).toMatchObject({ confirmed: first });
    expect(back && held(back)).toBe(first);
  });

  test('does not bring back what a person took back', () => {
    const back = rolledBack(having(first, second)) ?? noCommit;
    expect([second, secondLearned].map((state) => isQuarantined(back, state))).toEqual([
      true,
      true,
    ]);
    expect(isQuarantined(back, { hash: 'third', act: '3' })).toBe(false);
    expect(isQuarantined(released(back), secondLearned)).toBe(false);
  });

  test('does not bring back what cut the machine off', () => {
    const trial = { state: second, touches: true, since: 0 };
    expect(isQuarantined(takenBack(tried(having(first), trial)), secondLearned)).toBe(true);
  });

  test('is taken back alone if it cut the machine off itself', () => {
    const trial = { state: secondLearned, touches: true, since: 0 };
    const back = takenBack(tried(having(first, second), trial));
    expect(isQuarantined(back, secondLearned)).toBe(true);
    expect(isQuarantined(back, secondLater)).toBe(false);
  });

  test('does not bring back what a later act left as it was', () => {
    const back = rolledBack(having(first, second)) ?? noCommit;
    const later = { ...second, act: '3' };
    expect(isQuarantined(renewed(back, later), { ...secondLearned, act: '3' })).toBe(true);
    expect(renewed(back, { hash: 'third', act: '3' })).toEqual(back);
    const alone = takenBack(
      tried(having(first, second), { state: secondLearned, touches: true, since: 0 }),
    );
    expect(renewed(alone, { ...secondLearned, act: '3' })).toEqual(alone);
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
  | { readonly do: 'offer'; readonly state: Named; readonly touches: boolean }
  | { readonly do: 'connect' | 'old-answers' | 'wait' | 'rollback' | 'release' | 'reboot' };

interface World {
  readonly now: number;
  readonly commit: Commit<Named>;
  /** Hashes of states that were held when a new connection was answered. */
  readonly answered: ReadonlySet<string>;
  /** Acts that a person took back, or the machine, since a person last let it try again. */
  readonly undone: ReadonlySet<string | undefined>;
}

function step(world: World, event: Event): World {
  const { commit, answered } = world;
  const now = world.now + 10;
  const next = (changed: Partial<World>): World => ({ ...world, now, ...changed });
  const back = (changed: Commit<Named>, at = now): World => {
    const act = held(commit)?.act;
    const isUndone = changed !== commit && act !== changed.confirmed?.act;
    const undone = isUndone ? new Set([...world.undone, act]) : world.undone;
    return next({ now: at, commit: changed, undone });
  };
  switch (event.do) {
    case 'offer': {
      const { state, touches } = event;
      if (isQuarantined(commit, state) || held(commit)?.hash === state.hash) return next({});
      // An act that is overtaken is not offered again.
      const { act } = state;
      const undone = new Set([...world.undone].filter((one) => act === undefined || one === act));
      return next({ commit: tried(commit, { state, touches, since: now }), undone });
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
      return over ? back(takenBack(commit), later) : next({ now: later });
    }
    case 'rollback':
      return back(rolledBack(commit) ?? commit);
    case 'release':
      return next({ commit: released(commit), undone: new Set() });
    case 'reboot': {
      const { trial: _, ...kept } = commit;
      return next({ commit: kept });
    }
  }
}

const others = ['connect', 'old-answers', 'wait', 'rollback', 'release', 'reboot'] as const;
const eventsWith = (states: readonly Named[]): readonly Event[] => [
  ...states.flatMap((state) =>
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
  const same = (x: Named | undefined, y: Named | undefined) => x?.hash === y?.hash;
  if (event.do === 'reboot' && !same(held(commit), before.commit.confirmed)) {
    throw new Error('boot did not use what was confirmed last');
  }
  const { act } = held(commit) ?? {};
  if (act !== undefined && now.undone.has(act)) {
    throw new Error('what was learned brought back what was taken back');
  }
  const from = held(before.commit);
  const isBack = event.do === 'rollback' && commit !== before.commit && held(commit);
  if (isBack && before.commit.previous && from?.act !== undefined && act === from.act) {
    throw new Error('a person went back, and the last act of a person is still there');
  }
}

const start: World = { now: 0, commit: noCommit, answered: new Set(), undone: new Set() };

/** As a server names them that counts acts, and as an older one does. */
const servers = [
  ['tells acts', [first, second, secondLearned]],
  ['does not', [a, b, c]],
] as const;

test.each(servers)(
  'the laws of confirming hold after each sequence of five events there is, where a server %s',
  (_, states) => {
    const events = eventsWith(states);
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
  },
);

test('the laws of confirming hold in long histories', () => {
  const states = [first, firstLearned, second, secondLearned, secondLater, a, b, c];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...eventsWith(states)), { maxLength: 200 }), (history) => {
      history.reduce((world, event) => {
        const next = step(world, event);
        expectLaws(world, event, next);
        return next;
      }, start);
    }),
  );
});
