import type { RouteItem } from '#state';
import { readJson } from '../json.ts';
import { routeProtocol } from '../mark.ts';
import { type RouteJson, routeOf } from '../route/json.ts';
import type { Run } from '../run.ts';

/** A route that leaves by a device, and the number of who set it (rtnetlink(7)): 2 the kernel, 3 at boot. */
export interface KeptRoute {
  readonly route: RouteItem;
  readonly protocol: string;
}

/** The table of local addresses, which the kernel keeps by itself (rtnetlink(7)). */
const localTable = 255;

/** Link-local and multicast: they come and go with a device. */
const isOfDevice = (prefix: string): boolean => /^f(?:e80|f00)::/.test(prefix);

const isUnicast = ({ type }: RouteJson): boolean => type === undefined || type === '1';

async function read(run: Run, device: string, family: 4 | 6): Promise<readonly KeptRoute[]> {
  const argv = ['ip', `-${family}`, '-N', '-j', 'route', 'show', 'table', 'all', 'dev', device];
  return readJson<RouteJson[]>('ip -j', await run('read', argv))
    .filter((json) => isUnicast(json) && json.protocol !== String(routeProtocol))
    .map((json) => {
      const { protocol = '3' } = json;
      return { route: { ...routeOf(json, family), device }, protocol };
    })
    .filter(({ route: { table, prefix } }) => table !== localTable && !isOfDevice(prefix));
}

/** Routes that others set on a device. */
export async function keptRoutes(run: Run, device: string): Promise<readonly KeptRoute[]> {
  const [v4, v6] = await Promise.all([read(run, device, 4), read(run, device, 6)]);
  return [...v4, ...v6];
}

/** The line for `ip -batch` that sets one again as it was, also in the place of one of ours. */
export function keptRouteLine({ route, protocol }: KeptRoute): string {
  const { prefix, device, table, metric, via, source, mtu } = route;
  const words = ['route', 'replace', prefix];
  if (via !== undefined) words.push('via', via);
  words.push('dev', device, 'table', String(table), 'proto', protocol);
  if (metric !== 0) words.push('metric', String(metric));
  if (source !== undefined) words.push('src', source);
  if (mtu !== undefined) words.push('mtu', String(mtu));
  return words.join(' ');
}
