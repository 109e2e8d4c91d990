/** The process of the simulated agents: takes orders from the bench that started it, and ends with it. */
import { SimulatedAgent } from './agent.ts';
import type { Answered, Answers, Asked, Order } from './messages.ts';

const agents: SimulatedAgent[] = [];
let waiting: (() => boolean)[] = [];

/** Looks which of the orders that wait have come true. */
function look(): void {
  waiting = waiting.filter((isDone) => !isDone());
}

/** Resolves with what `find` finds, as soon as it does. */
const until = async <T>(find: () => T | undefined): Promise<T> =>
  new Promise((resolve) => {
    waiting.push(() => {
      const found = find();
      if (found !== undefined) resolve(found);
      return found !== undefined;
    });
    look();
  });

let toldCount = 0;
const events = {
  told: () => {
    toldCount++;
    if (toldCount >= wanted) look();
  },
  changed: () => {
    changes++;
  },
};
let wanted = Number.POSITIVE_INFINITY;
let changes = 0;
// Looking at all of them for each that changes would be a load of its own.
setInterval(() => {
  if (changes > 0) look();
  changes = 0;
}, 20);

const handlers: {
  readonly [D in Order['do']]: (order: Extract<Order, { readonly do: D }>) => Promise<Answers[D]>;
} = {
  make: async ({ names }) => {
    for (const name of names) agents.push(new SimulatedAgent(name, events));
    return agents.map(({ made }) => made);
  },
  connect: async ({ to: { server, network, pin }, perSecond }) => {
    const enrolment = { network, servers: [server], authorities: [], pin };
    const step = 50;
    const some = Math.max(1, Math.round((perSecond * step) / 1000));
    for (let from = 0; from < agents.length; from += some) {
      for (const agent of agents.slice(from, from + some)) agent.connect(enrolment);
      await new Promise((resolve) => setTimeout(resolve, step));
    }
    return null;
  },
  mark: async () => {
    for (const agent of agents) agent.toldAt = undefined;
    toldCount = 0;
    return null;
  },
  told: async ({ count }) => {
    wanted = count;
    const times = await until(() => {
      const found = agents.flatMap(({ toldAt }) => (toldAt === undefined ? [] : [toldAt]));
      return found.length >= count ? found : undefined;
    });
    wanted = Number.POSITIVE_INFINITY;
    return times;
  },
  settled: async () =>
    until(() => {
      const found = agents.flatMap(({ isSettled, answeredAt }) =>
        isSettled && answeredAt !== undefined ? [answeredAt] : [],
      );
      return found.length === agents.length ? found : undefined;
    }),
  talk: async ({ hub, every }) => {
    for (const agent of agents) {
      if (agent.made.name === hub) continue;
      const say = (): void => agent.tell(hub, every);
      setTimeout(() => {
        say();
        setInterval(say, every);
      }, Math.random() * every);
    }
    return null;
  },
  verify: async () => agents.reduce((sum, agent) => sum + agent.verify(), 0),
};

async function answer({ id, order }: Asked): Promise<void> {
  const handler = handlers[order.do] as (order: Order) => Promise<unknown>;
  try {
    process.send?.({ id, answer: await handler(order) } satisfies Answered);
  } catch (error) {
    process.send?.({ id, error: String(error) } satisfies Answered);
  }
}

process.on('message', (asked: Asked) => void answer(asked));
process.on('disconnect', () => process.exit());
