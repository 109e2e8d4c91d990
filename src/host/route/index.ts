import { Address, Prefix } from '#ip';
import {
  type Change,
  idOf,
  type NamespaceBuilder,
  putItem,
  type RouteItem,
  type RuleItem,
  unreachableMetric,
} from '#state';
import { keptRoutes } from '../adoption/kept-routes.ts';
import type { Claims } from '../claims.ts';
import { type Context, isOurs, type LinuxFacility } from '../context.ts';
import type { Failure } from '../contract.ts';
import { type IpLine, ipBatch } from '../ip-batch.ts';
import { isAdopted, isOfPair, networkOf, routeProtocol } from '../mark.ts';
import { removalsOf, wishesOf } from '../pick.ts';
import { isExternal, isOurSpace } from '../space/index.ts';
import { marked } from './read.ts';

/** Gateways and packet marks by which routes and rules are known as one network's. */
const gatewaysOf = (context: Context): readonly string[] => [
  ...[...context.wanted.routes.values()].flatMap(({ via }) => via ?? []),
  ...context.claims.gateways,
];

const ownProtocol = ['proto', String(routeProtocol)] as const;

const isUnreachable = ({ type }: RouteItem): boolean => type === 'unreachable';

/** Whether another network has a better right to a route than we do. */
const isOthers = (claims: readonly Claims[], route: RouteItem): boolean =>
  claims.some(({ gateways }) => gateways.includes(route.via ?? route.device));

/**
 * A route is ours by our protocol number and a device or gateway of this network, an unreachable one by
 * the network's metric; when everything of ours is to go, also by nobody else's claim to it. In a namespace of
 * ours nobody else has any.
 */
export function isOurRoute(context: Context, route: RouteItem): boolean {
  if (context.namespace !== 'root' && !isExternal(context)) return isOurSpace(context);
  if (isUnreachable(route)) return route.metric === unreachableMetric(context.network);
  if (isOurs(context, route.device)) return true;
  if (isExternal(context)) return false;
  const mark = context.devices.get(route.device)?.alias;
  if (isOfPair(context.network, mark)) return true;
  if (networkOf(mark) !== undefined) return false;
  const others = context.claims.others();
  if (others.some(({ routes }) => routes.includes(idOf.routes(route)))) return false;
  if (gatewaysOf(context).includes(route.via ?? route.device)) return true;
  if (context.wanted.routes.has(idOf.routes(route)) && !route.via) return true;
  return context.wish.thorough === true && !isOthers(others, route);
}

/** A rule is ours by our protocol number and a packet mark of this network, and in a namespace of ours. */
function isOurRule(context: Context, rule: RuleItem, marks: ReadonlySet<number>): boolean {
  if (isExternal(context)) return false;
  if (marks.has(rule.fwmark) || context.namespace !== 'root') return true;
  const claimed = context.claims.others().some(({ marks: theirs }) => theirs.includes(rule.fwmark));
  return context.wish.thorough === true && !claimed;
}

function marksOf(context: Context, into: NamespaceBuilder): ReadonlySet<number> {
  const tunnels = [...into.tunnels.values(), ...context.wanted.tunnels.values()];
  return new Set([
    ...tunnels.map(({ fwmark }) => fwmark).filter((mark) => mark !== 0),
    ...[...context.wanted.rules.values()].map(({ fwmark }) => fwmark),
    ...context.claims.marks,
  ]);
}

/** Whether whatever leads somewhere is ours to judge there: a way out that nobody wished is none. */
const isWhollyOurs = (context: Context): boolean =>
  context.namespace !== 'root' && !isExternal(context) && isOurSpace(context);

/** A tunnel that was there before came with routes of its own. */
const isBrought = ({ devices }: Context, { device }: RouteItem): boolean => {
  const { alias, kind = '' } = devices.get(device) ?? {};
  return isAdopted(alias) && /^(?:tun|wireguard)$/.test(kind);
};

function writeRoute(route: RouteItem, protocol: readonly string[] = ownProtocol): string {
  const words = isUnreachable(route) ? ['unreachable', route.prefix] : [route.prefix];
  if (route.via !== undefined) words.push('via', route.via);
  if (route.device !== '') words.push('dev', route.device);
  words.push('table', String(route.table), ...protocol);
  if (route.metric !== 0) words.push('metric', String(route.metric));
  return words.join(' ');
}

function writeWholeRoute(route: RouteItem): string {
  const mtu = route.mtu === undefined ? '' : ` mtu ${route.mtu}`;
  const source = route.source === undefined ? '' : ` src ${route.source}`;
  return `${writeRoute(route)}${mtu}${source}`;
}

const writeRule = (rule: RuleItem): string =>
  `${rule.not ? 'not ' : ''}fwmark ${rule.fwmark} lookup ${rule.table} priority ${rule.priority} protocol ${routeProtocol}`;

async function ruleBatches(
  context: Context,
  verb: 'add' | 'del',
  rules: readonly { readonly change: Change; readonly item: RuleItem }[],
): Promise<readonly Failure[]> {
  const linesOf = (family: 4 | 6): IpLine[] =>
    rules
      .filter(({ item }) => item.family === family)
      .map(({ change, item }) => ({ change, line: `rule ${verb} ${writeRule(item)}` }));
  return [
    ...(await ipBatch(context.run, linesOf(4), ['-4'])),
    ...(await ipBatch(context.run, linesOf(6), ['-6'])),
  ];
}

type WhichRoute = (route: RouteItem) => boolean;

const leads: WhichRoute = (item) => !isUnreachable(item);

const lengthOf = ({ prefix }: RouteItem): number => Number(prefix.slice(prefix.indexOf('/') + 1));

/** Whether a route leads to a machine to which another of these leads: the kernel takes it when that one is there. */
const needsOneOf =
  (routes: readonly RouteItem[]): WhichRoute =>
  ({ via, device }) =>
    via !== undefined &&
    routes.some(
      (other) =>
        other.via === undefined &&
        other.device === device &&
        Prefix.parse(other.prefix).contains(Address.parse(via)),
    );

/**
 * Longer prefixes come first: a packet may be on its way between two lines, and one that has a route of its
 * own must not take a new one that is for those around it.
 */
function addRoutes(
  context: Context,
  changes: readonly Change[],
  which: WhichRoute,
): Promise<readonly Failure[]> {
  const wished = wishesOf(changes, 'routes').filter(({ item }) => which(item));
  const needs = needsOneOf(wished.map(({ item }) => item));
  const waiting = new Set(wished.filter(({ item }) => needs(item)));
  const lines = wished
    .toSorted((a, b) => lengthOf(b.item) - lengthOf(a.item))
    .toSorted((a, b) => Number(waiting.has(a)) - Number(waiting.has(b)))
    .map(({ change, item }) => ({ change, line: `route replace ${writeWholeRoute(item)}` }));
  return ipBatch(context.run, lines);
}

/** Shorter prefixes go first, for the same reason. */
function removeRoutes(
  context: Context,
  changes: readonly Change[],
  which: WhichRoute,
): Promise<readonly Failure[]> {
  const protocol = isWhollyOurs(context) ? [] : ownProtocol;
  const lines = removalsOf(changes, 'routes')
    .filter(({ item }) => which(item))
    .toSorted((a, b) => lengthOf(a.item) - lengthOf(b.item))
    .map(({ change, item }) => ({ change, line: `route del ${writeRoute(item, protocol)}` }));
  return ipBatch(context.run, lines);
}

/** Wished routes that others set on a device before it was adopted: they serve as well as ours would. */
async function servingRoutes(context: Context): Promise<readonly RouteItem[]> {
  const adopted = context.devices.all.filter(
    ({ name, alias }) =>
      isAdopted(alias) && networkOf(alias) === context.network && context.wanted.tunnels.has(name),
  );
  const kept = await Promise.all(adopted.map(({ name }) => keptRoutes(context.run, name)));
  return kept.flat().flatMap(({ route }) => {
    const wanted = context.wanted.routes.get(idOf.routes(route));
    const serves = wanted?.device === route.device && wanted.mtu === route.mtu && !wanted.via;
    return wanted && serves && !route.via ? [wanted] : [];
  });
}

/** Unreachable routes: they come before all others and go after them. */
export const unreachable: Pick<LinuxFacility, 'establish' | 'withdraw'> = {
  establish: (context, changes) => addRoutes(context, changes, isUnreachable),
  withdraw: (context, changes) => removeRoutes(context, changes, isUnreachable),
};

/** Routes and policy routing rules. */
export const route: LinuxFacility = {
  name: 'routes',
  v: 1,

  async observe(context) {
    const [{ routes, foreign, rules }, serving] = await Promise.all([
      marked(context, isWhollyOurs(context)),
      servingRoutes(context),
    ]);
    return (into) => {
      for (const item of serving) putItem(into, 'routes', item);
      for (const item of foreign) if (!isBrought(context, item)) putItem(into, 'routes', item);
      for (const item of routes) {
        if (!context.broken.has(item.device) && isOurRoute(context, item)) {
          putItem(into, 'routes', item);
        }
      }
      const marks = marksOf(context, into);
      for (const item of rules) if (isOurRule(context, item, marks)) putItem(into, 'rules', item);
    };
  },

  async establish(context, changes) {
    const rules = await ruleBatches(context, 'add', wishesOf(changes, 'rules'));
    return [...rules, ...(await addRoutes(context, changes, leads))];
  },

  async withdraw(context, changes) {
    const routes = await removeRoutes(context, changes, leads);
    return [...routes, ...(await ruleBatches(context, 'del', removalsOf(changes, 'rules')))];
  },
};
