import { describeChange, describeChanges } from '#state';
import type { Model } from '../model.ts';
import type { AccessChange } from './access.ts';
import { coverOf } from './cover.ts';
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
  const sections = [
    ...bounded(changesTexts(plan), 'machines'),
    ...bounded(plan.presences.map(presenceText(plan)), 'groups of machines'),
    section('Newly allowed', accessTexts(after, gained)),
    section('Newly denied', accessTexts(before, lost)),
    section('To do by hand', manualTexts(plan.manual)),
    section(
      'Interrupts',
      plan.blinks.map(
        ({ machine, change }) => `${machine}: ${describeChange(change)} (${change.impact})`,
      ),
    ),
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
    : `${title}:\n${bounded(lines, 'lines')
        .map((line) => `  ${line}`)
        .join('\n')}`;

function bounded(texts: readonly string[], what: string): readonly string[] {
  const more = texts.length - linesShown;
  // One line more is as short as a line that says so.
  return more <= 1
    ? texts
    : [...texts.slice(0, linesShown), `and ${more} more ${what}; --json has all`];
}

function listed(names: readonly string[]): string {
  const more = names.length - namesShown;
  return more <= 1 ? names.join(', ') : `${names.slice(0, namesShown).join(', ')} and ${more} more`;
}

const changesTexts = ({ machines }: Plan): readonly string[] =>
  machines
    .filter(({ what }) => what === 'changes')
    .map(({ machine, changes }) => section(machine, describeChanges(changes, { impacts: true })));

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
  presence.managed && own ? bounded(describeChanges(own.changes), 'changes') : workOfMany(presence);

const workOfMany = ({ managed, kind }: Presence): readonly string[] => {
  if (managed) return ['is set up from nothing'];
  return kind === 'host' ? [] : ['gets an exported file'];
};

const reachTexts = (verb: string, found: readonly Reach[] | undefined): readonly string[] => {
  if (!found) return [];
  if (found.length === 0) return [`${verb} nobody`];
  return found.map(
    ({ who, ports }) => `${verb} ${listed(who)}${ports.length > 0 ? `: ${ports.join(', ')}` : ''}`,
  );
};

const isGained = (change: AccessChange): boolean =>
  change.after === 'allow' || change.after === 'outside';

/** One line a flow; where they are many, pairs that change alike are one line. */
function accessTexts(model: Model, changes: readonly AccessChange[]): readonly string[] {
  if (changes.length <= flowsShown) {
    return changes.map(({ from, to, port }) => `${from} -> ${to} ${port}`);
  }
  const pairs = Map.groupBy(changes, ({ from, to }) => `${from} ${to}`);
  const told = [...pairs.values()].map((same) => ({
    from: same[0]?.from ?? '',
    to: same[0]?.to ?? '',
    ports: same.map(({ port }) => port).join(', '),
  }));
  const senders = Map.groupBy(told, ({ from, ports }) => `${from} ${ports}`);
  const receivers = [...senders.values()].map((same) => ({
    from: same[0]?.from ?? '',
    ports: same[0]?.ports ?? '',
    to: new Set(same.map(({ to }) => to)),
  }));
  // Nobody is told to reach itself: what a sender lacks of a whole is the sender.
  const words = receivers.map((one) => ({
    ...one,
    who: listed(coverOf(model, one.to, new Set([one.from]))),
  }));
  return [...Map.groupBy(words, ({ who, ports }) => `${who} ${ports}`).values()].map((same) => {
    const from = listed(coverOf(model, new Set(same.map((one) => one.from))));
    return `${from} -> ${same[0]?.who ?? ''} ${same[0]?.ports ?? ''}`;
  });
}

/** Machines with the same lines together. */
const manualTexts = (manual: readonly ManualChange[]): readonly string[] =>
  [...Map.groupBy(manual, ({ lines }) => lines.join('\n')).values()].flatMap((same) => [
    `on ${listed(same.map(({ host }) => host))}:`,
    ...(same[0]?.lines ?? []).map((line) => `  ${line}`),
  ]);
