import type { RouteItem, RuleItem } from '#state';
import type { Context } from '../context.ts';
import { readJson } from '../json.ts';
import { routeProtocol } from '../mark.ts';
import { type RouteJson, type RuleJson, routeOf, ruleOf } from './json.ts';

type Family = 4 | 6;

async function readIp<T>(context: Context, family: Family, words: readonly string[]): Promise<T[]> {
  const text = await context.run('read', ['ip', `-${family}`, '-N', '-j', ...words]);
  return readJson<T[]>('ip -j', text);
}

async function both<T>(read: (family: Family) => Promise<T[]>): Promise<T[]> {
  const [v4, v6] = await Promise.all([read(4), read(6)]);
  return [...v4, ...v6];
}

/** All routes with our protocol number, of whichever network. */
export const markedRoutes = (context: Context): Promise<RouteItem[]> =>
  both(async (family) => {
    const words = ['route', 'show', 'table', 'all', 'proto', String(routeProtocol)];
    const routes = await readIp<RouteJson>(context, family, words);
    return routes.map((json) => routeOf(json, family));
  });

/** All routes of the machine, and whether our protocol made them. */
export const allRoutes = (
  context: Context,
): Promise<{ readonly route: RouteItem; readonly marked: boolean }[]> =>
  both(async (family) => {
    const routes = await readIp<RouteJson>(context, family, ['route', 'show', 'table', 'all']);
    return routes.map((json) => ({
      route: routeOf(json, family),
      marked: json.protocol === String(routeProtocol),
    }));
  });

/** All rules with our protocol number, of whichever network. */
export const markedRules = (context: Context): Promise<RuleItem[]> =>
  both(async (family) => {
    const rules = await readIp<RuleJson>(context, family, ['rule', 'show']);
    return rules
      .filter(({ protocol }) => protocol === String(routeProtocol))
      .map((json) => ruleOf(json, family));
  });
