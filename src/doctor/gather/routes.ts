import { type Run, routeProtocol } from '#host';
import { Address, Prefix } from '#ip';
import type { RouteSeen } from '../facts.ts';
import type { Gathering } from './gathering.ts';

/** Of `ip -N -j route`, what is asked here. */
interface RouteJson {
  /** A number of rtnetlink(7), absent for unicast. */
  readonly type?: string;
  readonly dst: string;
  readonly dev?: string;
  readonly table?: string;
  readonly protocol?: string;
  readonly metric?: number;
}

const any = { 4: '0.0.0.0/0', 6: '::/0' } as const;

function prefixOf(dst: string, family: 4 | 6): Prefix | undefined {
  if (dst === 'default') return Prefix.parse(any[family]);
  const address = Address.tryParse(dst);
  return address ? Prefix.single(address) : Prefix.tryParse(dst);
}

function readRoute(json: RouteJson, family: 4 | 6): readonly RouteSeen[] {
  const prefix = prefixOf(json.dst, family);
  if (!prefix) return [];
  return [
    {
      prefix,
      device: json.type === undefined ? (json.dev ?? '') : '',
      table: Number(json.table ?? 254),
      metric: json.metric ?? 0,
      ours: json.protocol === String(routeProtocol),
    },
  ];
}

export async function gatherRoutes({ sources: { run } }: Gathering): Promise<readonly RouteSeen[]> {
  const read = async (family: 4 | 6): Promise<readonly RouteSeen[]> => {
    const argv = ['ip', `-${family}`, '-N', '-j', 'route', 'show', 'table', 'all'];
    const routes = JSON.parse((await run('read', argv)) || '[]') as readonly RouteJson[];
    return routes.flatMap((route) => readRoute(route, family));
  };
  return [...(await read(4)), ...(await read(6))];
}

/** The device by which packets to an address leave; `mark` is WireGuard's own. */
export async function deviceTowards(
  run: Run,
  address: string,
  mark = 0,
): Promise<string | undefined> {
  const words = mark === 0 ? [] : ['mark', String(mark)];
  const argv = ['ip', '-j', 'route', 'get', address, ...words];
  const text = await run('read', argv, { exits: [0, 1, 2] });
  const [route] = JSON.parse(text || '[]') as readonly { readonly dev?: string }[];
  return route?.dev;
}
