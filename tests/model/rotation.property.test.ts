import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '#base';
import {
  advanced,
  affected,
  allocate,
  assumeKeys,
  begun,
  check,
  emptyFacts,
  ended,
  type Facts,
  fileHolders,
  inPhase,
  link,
  type Model,
  machinesOf,
  partnersOf,
  project,
  type Rotation,
} from '#compile';
import type { Network, Port } from '#spec';
import { modelOf, networkFrom, worldFrom } from './compiled.ts';
import type { Draft } from './draft.ts';
import { runs } from './effort.ts';
import { exhaustive } from './exhaustive.ts';
import { brokenAmong, brokenIn } from './invariants.ts';
import { drafts, yamlOf } from './networks.ts';
import type { World } from './world.ts';

/** One step of a rotation, as the facts have it. */
interface Step {
  readonly name: string;
  readonly model: Model;
}

/** Steps that different machines may be at, at one time: a phase begins when all have reached the one before. */
type Era = readonly Step[];

const at = '2026-01-01T00:00:00.000Z';

/** A key of its own for each name. */
const keyNamed = (name: string): string =>
  assumeKeys({ sites: [], members: [{ name }] } as unknown as Network, emptyFacts).keys[name]?.[
    '0'
  ] as string;

const withKey = (
  facts: Facts,
  machine: string,
  lane: string,
  name = `${machine}/${lane}`,
): Facts => ({
  ...facts,
  keys: { ...facts.keys, [machine]: { ...facts.keys[machine], [lane]: keyNamed(name) } },
});

/** The facts of a rotation from its begin to its end, in eras. */
function erasOf(network: Network, which: number): readonly Era[] {
  const { ledger } = allocate(network, emptyFacts.ledger, 1);
  const known = assumeKeys(network, { ...emptyFacts, ledger });
  const linked = (facts: Facts): Model =>
    link({ ...facts, network, epoch: 'e', rev: 1, presharedKeys: 1 });
  const rest = linked(known);
  const candidates = rest.nodes.filter((one) => one.machine.managed);
  const node = candidates[which % Math.max(candidates.length, 1)];
  fc.pre(node !== undefined);
  const machine = node.name;
  const partners = partnersOf(rest, machine);
  const rotation: Rotation = {
    machine,
    phase: 'prepare',
    since: at,
    partners,
    reached: [],
    without: [],
    files: fileHolders(rest, machine),
    linger: 180,
  };
  const keyless = begun(known, rotation);
  const some = [machine, ...partners.filter((_, i) => (which >> i) % 2 === 0)];
  const half = some.reduce((facts, name) => withKey(facts, name, '1'), keyless);
  const whole = [machine, ...partners].reduce((facts, name) => withKey(facts, name, '1'), keyless);
  const detour = advanced(whole, at);
  const moved = advanced(detour, at);
  const rekey = advanced(moved, at);
  const isBeside = fileHolders(rest, machine).length > 0;
  const rekeyed = withKey(rekey, machine, isBeside ? '2' : '0', 'another');
  const proving = advanced(rekeyed, at);
  const back = advanced(proving, at);
  const linger = advanced(back, at);
  const returning = inPhase(moved, moved.rotation as Rotation, 'return', at);
  const undo = inPhase(rekeyed, rekeyed.rotation as Rotation, 'undo', at);
  const step = (name: string, facts: Facts): Step => ({ name, model: linked(facts) });
  const steps = {
    rest: { name: 'rest', model: rest },
    prepared: step('prepared', whole),
    detour: step('detour', detour),
    moved: step('moved', moved),
    rekeyed: step('rekeyed', rekeyed),
    proving: step('prove', proving),
    back: step('back', back),
    returning: step('return', returning),
    linger: step('linger', linger),
    undo: step('undo', undo),
  };
  const end = step('end', advanced(isBeside ? advanced(linger, at) : linger, at));
  return [
    [
      steps.rest,
      step('prepare without keys', keyless),
      step('prepare with some keys', half),
      steps.prepared,
    ],
    [steps.prepared, steps.detour],
    [steps.detour, steps.moved],
    [steps.moved, step('rekey', rekey), steps.rekeyed],
    [steps.rekeyed, steps.proving],
    [steps.proving, steps.back],
    [steps.back, steps.linger],
    ...(isBeside
      ? besideEras(steps, end, step('files', advanced(linger, at)))
      : [[steps.linger, end]]),
    [steps.prepared, step('given up', ended(whole))],
    [steps.detour, step('given up', ended(detour))],
    [steps.moved, steps.returning],
    [steps.returning, step('given up', advanced(returning, at))],
  ];
}

/** The end of a rotation whose old key some have in a file, and its ways back. */
const besideEras = (
  steps: Readonly<Record<'linger' | 'moved' | 'rekeyed' | 'proving' | 'undo' | 'returning', Step>>,
  end: Step,
  files: Step,
): readonly Era[] => [
  [steps.linger, files],
  [files, end],
  [steps.moved, steps.rekeyed, steps.undo],
  [steps.proving, steps.undo],
  [steps.undo, steps.returning],
];

/** One world in which machines are at steps of their own. */
function mixed(era: Era, choice: readonly number[]): World {
  const [first] = era as readonly [Step];
  const world = worldFrom(first.model);
  const states = machinesOf(first.model).map((name, i) => {
    const { model } = era[(choice[i % choice.length] ?? 0) % era.length] as Step;
    return [name, project(model, name)] as const;
  });
  return { ...world, states: new Map(states) };
}

const unnamed: Port = { protocol: 'tcp', first: 9, last: 9 };

const cellsOf = (world: World): ReadonlyMap<string, { verdict: string; reason: string }> =>
  new Map(
    [...exhaustive(world, [unnamed])].map(({ from, destination, result }) => [
      `${from} -> ${destination}`,
      result,
    ]),
  );

/** Flows that fare otherwise than in the network at rest. */
function differing(world: World, usual: ReturnType<typeof cellsOf>): string[] {
  return [...cellsOf(world)].flatMap(([flow, { verdict, reason }]) =>
    verdict === usual.get(flow)?.verdict ? [] : [`${flow}: ${verdict}, ${reason}`],
  );
}

function nothingWrong(wrong: readonly string[], where: string, draft: Draft): void {
  if (wrong.length === 0) return;
  throw new Error([where, ...wrong.slice(0, 5), 'in this network:', yamlOf(draft)].join('\n'));
}

const size = { sites: 2, members: 3 };
const choices = fc.array(fc.nat(11), { minLength: 7, maxLength: 7 });

test('while a key changes, every flow fares as ever, whichever machines are a step behind', () => {
  const rotations = fc.property(drafts(size), fc.nat(), choices, (draft, which, choice) => {
    const eras = erasOf(networkFrom(draft), which);
    const [[rest]] = eras as unknown as readonly [readonly [Step]];
    const usual = cellsOf(worldFrom(rest.model));
    for (const era of eras) {
      const names = era.map(({ name }) => name).join(' / ');
      nothingWrong(differing(mixed(era, choice), usual), names, draft);
    }
  });
  fc.assert(rotations, runs(12));
});

test('every state of a rotation keeps the invariants, and the network passes its check', () => {
  const rotations = fc.property(drafts(size), fc.nat(), (draft, which) => {
    const all = erasOf(networkFrom(draft), which).flat();
    const steps = [...new Map(all.map((step) => [step.name, step])).values()];
    const [rest] = steps as [Step];
    const known = check(rest.model).diagnostics.map(({ message }) => message);
    for (const { name, model } of steps) {
      const { network, states } = worldFrom(model);
      const broken = [...[...states.values()].flatMap(brokenIn), ...brokenAmong(network, states)];
      nothingWrong(broken, name, draft);
      const found = check(model).diagnostics.map(({ message }) => message);
      nothingWrong(
        found.filter((message) => !known.includes(message)),
        name,
        draft,
      );
    }
  });
  fc.assert(rotations, runs(4));
});

/** Machines that get other bytes from one model to the next, and are not told. */
function missed(before: Model, after: Model): string[] {
  const told = affected(before, after);
  return machinesOf(after).filter(
    (machine) =>
      canonicalJson(project(before, machine)) !== canonicalJson(project(after, machine)) &&
      !told.includes(machine),
  );
}

test('whoever gets other bytes by a step of a rotation is among the affected', () => {
  const rotations = fc.property(drafts(size), fc.nat(), (draft, which) => {
    for (const era of erasOf(networkFrom(draft), which)) {
      era.slice(1).forEach(({ name, model }, i) => {
        nothingWrong(missed((era[i] as Step).model, model), name, draft);
      });
    }
  });
  fc.assert(rotations, runs(12));
});

test('whoever gets other bytes since some have newer preshared keys is among the affected', () => {
  const changes = fc.property(drafts(size), choices, (draft, choice) => {
    const { inputs } = modelOf(networkFrom(draft));
    const names = Object.keys(inputs.keys).sort();
    const have = names.filter((_, i) => (choice[i % choice.length] ?? 0) % 3 === 0);
    const more = names.filter((_, i) => (choice[i % choice.length] ?? 0) % 3 < 2);
    const [old, ...changing] = [[], [], have, more].map((has, i) =>
      link({
        ...inputs,
        presharedKeys: i === 0 ? 1 : 2,
        ...(i > 0 && { preshared: { from: 1, have: has } }),
      }),
    ) as [Model, ...Model[]];
    const done = link({ ...inputs, presharedKeys: 2 });
    [...changing, done].reduce((before, after) => {
      nothingWrong(missed(before, after), 'preshared keys', draft);
      return after;
    }, old);
  });
  fc.assert(changes, runs(12));
});

test('a rotation ends with the tunnels that it found, and one other key', () => {
  const rotations = fc.property(drafts(size), fc.nat(), (draft, which) => {
    const steps = erasOf(networkFrom(draft), which).flat();
    fc.pre(steps.every(({ name }) => name !== 'files'));
    const [rest, end] = ['rest', 'end'].map((name) => steps.find((step) => step.name === name));
    const text = (step: Step | undefined): string =>
      canonicalJson(
        machinesOf((step as Step).model).map((name) => project((step as Step).model, name)),
      ).replaceAll(/"psk-[0-9a-f]+"/g, '"psk"');
    const old = rest?.model.nodes.find(
      ({ name, publicKey }) => end?.model.nodesByName.get(name)?.publicKey !== publicKey,
    );
    expect(text(end)).toBe(text(rest).replaceAll(old?.publicKey ?? '', keyNamed('another')));
  });
  fc.assert(rotations, runs(10));
});
