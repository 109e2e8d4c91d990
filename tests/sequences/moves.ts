import fc from 'fast-check';
import type { Fleet } from './fleet.ts';
import {
  everybody,
  type File,
  isInTouch,
  type Machine,
  type Member,
  type Model,
  nameOf,
  names,
  type Policy,
  type Site,
  settled,
  type Who,
} from './model.ts';
import type { Verifier } from './verify.ts';

/** What may happen next: whether it can, what the model becomes, and how it is done. */
interface Move {
  readonly says: string;
  can(model: Model): boolean;
  next(model: Model): Model;
  act(fleet: Fleet, model: Model): void | Promise<void>;
}

const serves = ({ server }: Model): boolean => server === 'runs';

const withMachine = (model: Model, who: Who, change: Partial<Machine>): Model => ({
  ...model,
  machines: { ...model.machines, [who]: { ...model.machines[who], ...change } },
});

/** The file as a person writes it next: names that were told once are not told again. */
const rewritten = ({ members, ...file }: File): File => ({
  ...file,
  members: Object.fromEntries(
    Object.entries(members).map(([who, { name, life }]) => [who, { name, life }]),
  ),
});

/** Another file for the network, by `hawser apply`. */
const applying = (says: string, can: Move['can'], change: (file: File) => File): Move => ({
  says,
  can: (model) => serves(model) && can(model),
  next: (model) => ({
    ...model,
    memory: { ...model.memory, file: change(rewritten(model.memory.file)) },
  }),
  act: (fleet, model) => fleet.apply(change(rewritten(model.memory.file))),
});

const isTaken = ({ memory }: Model, name: string): boolean =>
  Object.values(memory.file.members).some((member) => member.name === name);

/** A member joins by a name of its own; one whose place is in the file already, by the name it has there. */
function join(who: Member, wanted: string): Move {
  const named = ({ memory }: Model): string => nameOf(who, memory.file) ?? wanted;
  return {
    says: `${who} joins as ${wanted}`,
    can(model) {
      const { agent, cut, holds } = model.machines[who];
      const isStranger = holds === undefined || nameOf(who, model.memory.file) === undefined;
      if (!serves(model) || model.serverCut || cut || agent === 'dead' || !isStranger) return false;
      return nameOf(who, model.memory.file) !== undefined || !isTaken(model, wanted);
    },
    next(model) {
      const lives = model.lives + 1;
      const { file, banished } = model.memory;
      const member = file.members[who] ?? { name: wanted, life: lives };
      const members = { ...file.members, [who]: member };
      const memory = {
        file: { ...file, members },
        banished: banished.filter((one) => one !== who),
      };
      return withMachine({ ...model, lives, memory }, who, { agent: 'runs' });
    },
    act: (fleet, model) => fleet.join(who, named(model)),
  };
}

function without(model: Model, who: Member): Model {
  const { file, banished } = model.memory;
  const { [who]: _, ...members } = file.members;
  return { ...model, memory: { file: { ...file, members }, banished: [...banished, who] } };
}

const leave = (who: Member): Move => ({
  says: `${who} leaves`,
  can: (model) =>
    isInTouch(model, who) &&
    model.machines[who].holds !== undefined &&
    nameOf(who, model.memory.file) !== undefined,
  next: (model) => without(model, who),
  act: (fleet) => fleet.leave(who),
});

const remove = (who: Member): Move => ({
  says: `${who} is removed`,
  can: (model) => serves(model) && nameOf(who, model.memory.file) !== undefined,
  next: (model) => without(model, who),
  act: (fleet, model) => fleet.remove(nameOf(who, model.memory.file) ?? ''),
});

const rename = (who: Member, name: string): Move =>
  applying(
    `${who} is renamed to ${name}`,
    (model) => nameOf(who, model.memory.file) !== undefined && !isTaken(model, name),
    (file) => {
      const { name: was = '', life = 0 } = file.members[who] ?? {};
      return { ...file, members: { ...file.members, [who]: { name, was, life } } };
    },
  );

const subnet = (site: Site): Move =>
  applying(
    `the second subnet of ${site} comes or goes`,
    () => true,
    (file) => ({ ...file, second: { ...file.second, [site]: !file.second[site] } }),
  );

const topology: Move = applying(
  'the topology is the other one',
  () => true,
  (file) => ({ ...file, topology: file.topology === 'mesh' ? 'star' : 'mesh' }),
);

const policy = (wanted: Policy): Move =>
  applying(
    `the policy is ${wanted}`,
    ({ memory }) => memory.file.policy !== wanted,
    (file) => ({ ...file, policy: wanted }),
  );

const roam = (who: Member): Move => ({
  says: `${who} roams`,
  can: ({ machines }) => machines[who].holds !== undefined && !machines[who].cut,
  next: (model) => model,
  act: (fleet) => fleet.roam(who),
});

const killAgent = (who: Who): Move => ({
  says: `the agent of ${who} is killed`,
  can: ({ machines }) => machines[who].agent === 'runs',
  next: (model) => withMachine(model, who, { agent: 'dead' }),
  act: (fleet) => fleet.killAgent(who),
});

const startAgent = (who: Who): Move => ({
  says: `the agent of ${who} starts`,
  can: ({ machines }) => machines[who].agent === 'dead',
  next: (model) => withMachine(model, who, { agent: 'runs' }),
  act: (fleet) => fleet.startAgent(who),
});

const unplug = (who: Who): Move => ({
  says: `the cable of ${who} goes out`,
  can: ({ machines }) => !machines[who].cut,
  next: (model) => withMachine(model, who, { cut: true }),
  act: (fleet) => fleet.cable(who, 'down'),
});

const plug = (who: Who): Move => ({
  says: `the cable of ${who} goes in`,
  can: ({ machines }) => machines[who].cut,
  next: (model) => withMachine(model, who, { cut: false }),
  act: (fleet) => fleet.cable(who, 'up'),
});

const unplugServer: Move = {
  says: 'the cable of the server goes out',
  can: ({ serverCut }) => !serverCut,
  next: (model) => ({ ...model, serverCut: true }),
  act: (fleet) => fleet.cable('server', 'down'),
};

const plugServer: Move = {
  says: 'the cable of the server goes in',
  can: ({ serverCut }) => serverCut,
  next: (model) => ({ ...model, serverCut: false }),
  act: (fleet) => fleet.cable('server', 'up'),
};

const killServer: Move = {
  says: 'the server is killed',
  can: serves,
  next: (model) => ({ ...model, server: 'dead' }),
  act: (fleet) => fleet.killServer(),
};

const startServer: Move = {
  says: 'the server starts',
  can: (model) => !serves(model),
  next: (model) => ({ ...model, server: 'runs' }),
  act: (fleet) => fleet.startServer(),
};

const backUp: Move = {
  says: 'a backup is made',
  can: serves,
  next: (model) => ({ ...model, backup: model.memory }),
  act: (fleet) => fleet.backUp(),
};

const restore: Move = {
  says: 'the server is restored from the backup',
  can: ({ backup }) => backup !== undefined,
  next: ({ backup, ...model }) => ({
    ...model,
    server: 'runs',
    memory: backup ?? model.memory,
    ...(backup && { backup }),
  }),
  act: (fleet) => fleet.restore(),
};

/** The model as fast-check hands it from move to move. */
export interface Now {
  model: Model;
  /** What was done, in words. */
  readonly done: string[];
}

export interface Real {
  readonly fleet: Fleet;
  readonly verifier: Verifier;
}

/** A move as fast-check wants it; nothing moves any more once so many have. */
class Command implements fc.AsyncCommand<Now, Real> {
  readonly #move: Move;
  readonly #most: number;

  constructor(move: Move, most: number) {
    this.#move = move;
    this.#most = most;
  }

  check({ model, done }: Readonly<Now>): boolean {
    return done.length < this.#most && this.#move.can(model);
  }

  run(now: Now, real: Real): Promise<void> {
    return make(this.#move, now, real);
  }

  toString(): string {
    return this.#move.says;
  }
}

async function make(move: Move, now: Now, { fleet, verifier }: Real): Promise<void> {
  const { model } = now;
  now.done.push(move.says);
  await move.act(fleet, model);
  now.model = settled(move.next(model));
  await verifier.verify(model, now.model);
}

/** Mends all that is broken; then everybody must be what the file says. */
export async function mend(now: Now, real: Real): Promise<void> {
  const mending = [
    startServer,
    plugServer,
    ...everybody.flatMap((who) => [plug(who), startAgent(who)]),
  ];
  for (const move of mending) if (move.can(now.model)) await make(move, now, real);
}

const members = fc.constantFrom<Member>('m1', 'm2');
const anybody = fc.constantFrom<Who>('g1', 'g2', 'm1', 'm2');
const anyName = fc.constantFrom(...names);

/** How often something happens, were it always possible. What mends comes more often than what breaks. */
const moves: readonly fc.WeightedArbitrary<Move>[] = [
  { weight: 8, arbitrary: fc.tuple(members, anyName).map(([who, name]) => join(who, name)) },
  { weight: 1, arbitrary: members.map(leave) },
  { weight: 1, arbitrary: members.map(remove) },
  { weight: 3, arbitrary: fc.tuple(members, anyName).map(([who, name]) => rename(who, name)) },
  { weight: 2, arbitrary: fc.constantFrom<Site>('one', 'two').map(subnet) },
  { weight: 2, arbitrary: fc.constant(topology) },
  { weight: 3, arbitrary: fc.constantFrom<Policy>('open', 'people', 'web').map(policy) },
  { weight: 3, arbitrary: members.map(roam) },
  { weight: 2, arbitrary: anybody.map(killAgent) },
  { weight: 6, arbitrary: anybody.map(startAgent) },
  { weight: 2, arbitrary: anybody.map(unplug) },
  { weight: 6, arbitrary: anybody.map(plug) },
  { weight: 1, arbitrary: fc.constant(unplugServer) },
  { weight: 3, arbitrary: fc.constant(plugServer) },
  { weight: 1, arbitrary: fc.constant(killServer) },
  { weight: 3, arbitrary: fc.constant(startServer) },
  { weight: 1, arbitrary: fc.constant(backUp) },
  { weight: 2, arbitrary: fc.constant(restore) },
];

/** Far more commands than moves: many are not possible when their turn comes. */
export const sequences = (most: number): fc.Arbitrary<Iterable<fc.AsyncCommand<Now, Real>>> =>
  fc.commands<Now, Real, false>([fc.oneof(...moves).map((move) => new Command(move, most))], {
    maxCommands: 10 * most,
    size: 'max',
  });
