import { parsePort } from '#spec';
import { describeChange, describeChanges } from '#state';
import type { Model } from '../model.ts';
import { closedPorts, portsText } from '../port-words.ts';
import type { AccessChange } from './access.ts';
import { coverOf } from './cover.ts';
import { displacedText } from './displaced.ts';
import { endText } from './ends.ts';
import type { ManualChange } from './manual.ts';
import type { MachineChanges, Plan } from './plan.ts';
import type { Presence, Reach } from './presence.ts';

/** Lines of one section, and machines of a plan, that are shown; the rest is counted. */
const linesShown = 25;
/** Names in one line. */
const namesShown = 5;
/** Up to this many changes of access are shown one by one; beyond, those alike are one line. */
const flowsShown = 20;

/** A plan for people: what each machine will do, then what that means for the network. */
export function formatPlan(plan: Plan, before: Model, after: Model): string {
  const [gained, lost] = [plan.access.filter(isGained), plan.access.filter((c) => !isGained(c))];
  const passing = new Set(plan.presences.flatMap(({ machines }) => machines));
  const sections = [
    ...bounded(
      plan.machines.filter(({ machine }) => !passing.has(machine)),
      'machines',
      changesText,
    ),
    ...bounded(plan.presences, 'groups of machines', presenceText(plan)),
    section('Newly allowed', accessTexts(after, gained, passing)),
    section('Newly denied', accessTexts(before, lost, passing)),
    section('To do by hand', manualTexts(plan.manual)),
    section(
      'Interrupts',
      plan.blinks.map(
        ({ machine, change }) => `${machine}: ${describeChange(change)} (${change.impact})`,
      ),
    ),
    section(
      'Machines with another name',
      plan.renamed.map(({ machine, was }) => `${was} is ${machine} from then on`),
    ),
    section('Addresses that go to another machine', plan.displaced.map(displacedText)),
    section('Members with another end', plan.ends.map(endText)),
    section(
      'Exports that go stale',
      plan.staleExports.map((machine) => `${machine}: export its configuration again`),
    ),
    section(
      'Tests that fail now',
      plan.failingTests.map(
        (test) =>
          `${test.from} -> ${test.to} ${test.port}: expected ${test.expect}, found ${test.verdict}`,
      ),
    ),
  ].filter((text) => text !== '');
  return sections.length > 0 ? `${sections.join('\n\n')}\n` : 'No changes.\n';
}

const section = (title: string, lines: readonly string[]): string =>
  lines.length === 0
    ? ''
    : `${title}:\n${bounded(lines, 'lines', (line) => `  ${line}`).join('\n')}`;

function bounded<T>(
  items: readonly T[],
  what: string,
  text: (item: T) => string,
): readonly string[] {
  const more = items.length - linesShown;
  // One line more is as short as a line that says so.
  if (more <= 1) return items.map(text);
  return [...items.slice(0, linesShown).map(text), `and ${more} more ${what}; --json has all`];
}

function listed(names: readonly string[]): string {
  const more = names.length - namesShown;
  return more <= 1 ? names.join(', ') : `${names.slice(0, namesShown).join(', ')} and ${more} more`;
}

/** A host that stays may come under an agent's care, or leave it. */
const titles = {
  joins: (name: string) => `${name} (from now on set by an agent)`,
  leaves: (name: string) => `${name} (no longer set by an agent)`,
  changes: (name: string) => name,
};

const changesText = ({ machine, what, changes }: MachineChanges): string =>
  section(titles[what](machine), describeChanges(changes, { impacts: true }));

/** Machines that come or go: what they are, what they do, whom that lets reach whom. */
const presenceText =
  ({ machines }: Plan) =>
  (presence: Presence): string => {
    const { what, machines: names } = presence;
    const several = names.length > 1;
    const verb = { joins: several ? 'join' : 'joins', leaves: several ? 'leave' : 'leaves' }[what];
    const title = `${listed(names)} ${verb} the network (${describeRole(presence)})`;
    const own = machines.find(({ machine }) => machine === names[0]);
    const work = several ? workOfMany(presence) : workOfOne(presence, own);
    const leaves = what === 'leaves';
    return section(title, [
      ...(leaves ? [removalOf(presence)] : work),
      ...reachTexts(leaves ? 'reached' : 'may reach', presence.reaches),
      ...reachTexts(leaves ? 'was reached by' : 'may be reached by', presence.reachedBy),
    ]);
  };

function describeRole({ kind, site, routes }: Presence): string {
  const where = site === undefined ? '' : kind === 'member' ? ` behind ${site}` : ` of ${site}`;
  const by = routes === undefined ? '' : `, routes: ${routes}`;
  return `${kind}${where}${by}`;
}

const removalOf = ({ managed, kind, routes }: Presence): string => {
  if (managed) return 'everything of it is removed there by `hawser agent cleanup`';
  if (kind !== 'host') return 'its exported file stops working';
  return routes === 'manual' ? 'routes set there by hand stay' : 'nothing is to be done there';
};

const workOfOne = (presence: Presence, own: MachineChanges | undefined): readonly string[] =>
  presence.managed && own
    ? bounded(describeChanges(own.changes), 'changes', (line) => line)
    : workOfMany(presence);

const workOfMany = ({ managed, kind }: Presence): readonly string[] => {
  if (managed) return ['is set up from nothing'];
  return kind === 'host' ? [] : ['gets an exported file'];
};

const reachTexts = (verb: string, found: readonly Reach[] | undefined): readonly string[] => {
  if (!found) return [];
  if (found.length === 0) return [`${verb} nobody`];
  return found.map(
    ({ who, ports }) => `${verb} ${listed(who)}${ports.length > 0 ? `: ${portsText(ports)}` : ''}`,
  );
};

const isGained = (change: AccessChange): boolean =>
  change.after === 'allow' || change.after === 'outside';

/**
 * One line a flow, or a pair of which almost everything changes; where they are many, or stand for others, pairs that change
 * alike are one line.
 * Machines that come or go are told elsewhere and do not count.
 */
function accessTexts(
  model: Model,
  changes: readonly AccessChange[],
  passing: ReadonlySet<string>,
): readonly string[] {
  const pairs = [...Map.groupBy(changes, ({ from, to }) => `${from} ${to}`).values()];
  if (changes.length <= flowsShown && changes.every(({ alike }) => !alike)) {
    return pairs.flatMap(flowTexts);
  }
  const told = pairs.map((same): Flows => {
    const { from = '', to = '', alike } = same[0] ?? {};
    return {
      from: new Set(alike?.from ?? [from]),
      to: new Set(alike?.to ?? [to]),
      ports: portsText(same.map(({ port }) => port)),
    };
  });
  const receivers = joined(told, ({ from, ports }) => [...from, ports].join(' '));
  const flows = joined(receivers, ({ to, from, ports }) => {
    // Nobody is told to reach itself: what a sender lacks of a whole is the sender.
    return [...coverOf(model, to, from.union(passing)), ports].join(' ');
  });
  return flows.map(({ from, to, ports }) => {
    const senders = coverOf(model, from, passing);
    const heard = coverOf(model, to, from.size > 1 ? passing : from.union(passing));
    return `${listed(senders)} -> ${listed(heard)} ${ports}`;
  });
}

const flowTexts = (same: readonly AccessChange[]): readonly string[] => {
  const ports = same.map(({ port }) => port);
  const words = closedPorts(ports.map(parsePort)) ? [portsText(ports)] : ports;
  return words.map((port) => `${same[0]?.from} -> ${same[0]?.to} ${port}`);
};

/** Flows from any of some machines to any of others. */
interface Flows {
  readonly from: ReadonlySet<string>;
  readonly to: ReadonlySet<string>;
  readonly ports: string;
}

const joined = (flows: readonly Flows[], key: (flow: Flows) => string): readonly Flows[] =>
  [...Map.groupBy(flows, key).values()].map((same) => ({
    from: new Set(same.flatMap(({ from }) => [...from])),
    to: new Set(same.flatMap(({ to }) => [...to])),
    ports: same[0]?.ports ?? '',
  }));

/** Machines with the same lines together. */
const manualTexts = (manual: readonly ManualChange[]): readonly string[] =>
  [...Map.groupBy(manual, ({ lines }) => lines.join('\n')).values()].flatMap((same) => [
    `on ${listed(same.map(({ host }) => host))}:`,
    ...(same[0]?.lines ?? []).map((line) => `  ${line}`),
  ]);
