import type { HawserError } from '#base';
import { type Model, type Plan, trace } from '#compile';
import type { Port } from '#spec';
import { serverErrors } from '../errors.ts';
import type { Compiled } from './compiled.ts';
import { renames } from './renames.ts';

/** Who wants a change, and who serves: machines of the network. */
export interface Operator {
  readonly machine: string;
  readonly server?: string | undefined;
}

/** By one of these an operator still gets somewhere. */
const ways: readonly Port[] = [
  { protocol: 'icmp' },
  { protocol: 'tcp', first: 22, last: 22 },
  { protocol: 'tcp', first: 7443, last: 7443 },
];
/** So many machines are asked after where there is no hub. */
const asked = 50;

const carriersOf = ({ network: { topology }, unitsByName }: Model): readonly string[] =>
  topology.kind === 'hub'
    ? topology.hubs.flatMap((hub) => unitsByName.get(hub)?.nodes[0]?.name ?? [])
    : [];

/** The machines that an operator needs: the server's and the hubs, or where there are none any other. */
function needed(model: Model, { machine, server }: Operator) {
  const some = [...new Set([...(server === undefined ? [] : [server]), ...carriersOf(model)])];
  const others = model.nodes.slice(0, asked).map(({ name }) => name);
  return (some.length > 0 ? some : others).filter((name) => name !== machine);
}

function reaches(model: Model, from: string, to: string): boolean {
  if (!model.nodesByName.has(to) && !model.hostsByName.has(to)) return false;
  return ways.some((way) => ['allow', 'outside'].includes(trace(model, from, to, way).verdict));
}

/** What a change takes from the machine that its author is on; undefined if he can go on working. */
function loss(before: Model, after: Model, operator: Operator): string | undefined {
  const { machine } = operator;
  if (!before.nodesByName.has(machine)) return undefined;
  if (!after.nodesByName.has(machine)) return 'the file does not name it any more';
  const targets = needed(before, operator).filter((name) => reaches(before, machine, name));
  if (targets.length === 0) return undefined;
  if (targets.some((name) => reaches(after, machine, name))) return undefined;
  return `it would not reach ${targets.slice(0, 3).join(', ')} any more`;
}

/** Warns of a change that cuts off the machine that its author is on. */
export function cutOffWarning(before: Compiled, after: Compiled, operator: Operator) {
  const { machine } = operator;
  const renamed = renames(before.network, after.network).get(machine);
  if (renamed !== undefined && after.has(renamed)) return [];
  const how = loss(before.whole, after.whole, operator);
  if (how === undefined) return [];
  return [warning(serverErrors.error('server/cuts-you-off', { machine, how }))];
}

const warning = ({ code, message, fix }: HawserError) => ({
  code,
  severity: 'warning' as const,
  message,
  fix,
});

/** Warns of a change that gives the address of a machine that others need, or that its author is on, away. */
export function displacedWarnings({ displaced }: Plan, after: Compiled, operator?: Operator) {
  const own = operator && [operator.machine, operator.server];
  const important = new Set([...carriersOf(after.whole), ...(own ?? [])]);
  return displaced
    .filter(({ machine }) => important.has(machine))
    .map(({ machine, address, to, by }) =>
      warning(serverErrors.error('server/displaces', { machine, address, by, to: to.join(', ') })),
    );
}
