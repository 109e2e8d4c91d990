import type { RouteItem, RuleItem } from '#state';
import type { Context } from '../context.ts';
import { ipBatchRead } from '../ip-batch.ts';
import { readJson } from '../json.ts';
import { routeProtocol } from '../mark.ts';
import { isSet, type RouteJson, type RuleJson, routeOf, ruleOf } from './json.ts';

type Family = 4 | 6;

async function readIp<T>(context: Context, family: Family, words: readonly string[]): Promise<T[]> {
  const text = await context.run('read', ['ip', `-${family}`, '-N', '-j', ...words]);
  return readJson<T[]>('ip -j', text);
}

async function both<T>(read: (family: Family) => Promise<T[]>): Promise<T[]> {
  const [v4, v6] = await Promise.all([read(4), read(6)]);
  return [...v4, ...v6];
}

/** Routes and rules. */
export interface Marked {
  readonly routes: readonly RouteItem[];
  /** Routes that others set, where those are asked for. */
  readonly foreign: readonly RouteItem[];
  readonly rules: readonly RuleItem[];
}

/** `ip` may print nothing where there is none, so it does not say which of two lists is which. */
const isRule = (json: RouteJson | RuleJson): json is RuleJson => 'priority' in json;

const isMarked = ({ protocol }: RouteJson | RuleJson): boolean =>
  protocol === String(routeProtocol);

const markedRoutes = `route show table all proto ${routeProtocol}`;

/**
 * All routes and rules with our protocol number, of whichever network; and where `whole`, the routes that others set.
 */
export async function marked({ run }: Context, whole = false): Promise<Marked> {
  const lines = [whole ? 'route show table all' : markedRoutes, 'rule show'];
  const read = async (family: Family): Promise<Marked> => {
    const shown = (await ipBatchRead(run, lines, [`-${family}`, '-N'])).flat();
    const items = shown as readonly (RouteJson | RuleJson)[];
    const routes = items.flatMap((json) => (isRule(json) ? [] : json));
    // Of those that it was asked for by their protocol, ip(8) does not say it.
    const isOurs = (json: RouteJson): boolean => !whole || isMarked(json);
    const foreign = routes.filter((json) => !isOurs(json) && isSet(json));
    return {
      routes: routes.filter(isOurs).map((json) => routeOf(json, family)),
      foreign: foreign.map((json) => routeOf(json, family)),
      rules: items.flatMap((json) =>
        isRule(json) && isMarked(json) ? [ruleOf(json, family)] : [],
      ),
    };
  };
  const [v4, v6] = await Promise.all([read(4), read(6)]);
  return {
    routes: [...v4.routes, ...v6.routes],
    foreign: [...v4.foreign, ...v6.foreign],
    rules: [...v4.rules, ...v6.rules],
  };
}

/** All routes of the machine, and whether our protocol made them. */
export const allRoutes = (
  context: Context,
): Promise<{ readonly route: RouteItem; readonly marked: boolean }[]> =>
  both(async (family) => {
    const routes = await readIp<RouteJson>(context, family, ['route', 'show', 'table', 'all']);
    return routes.map((json) => ({
      route: routeOf(json, family),
      marked: isMarked(json),
    }));
  });
