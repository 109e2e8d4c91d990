import type { RouteItem, RuleItem } from '#state';

/** A route as `ip -N -j route show table all` prints it; main's has no table. */
export interface RouteJson {
  /** A number of rtnetlink(7), absent for unicast. */
  readonly type?: string;
  readonly dst: string;
  readonly dev?: string;
  readonly gateway?: string;
  readonly table?: string;
  readonly protocol?: string;
  readonly metric?: number;
  readonly prefsrc?: string;
  readonly metrics?: readonly { readonly mtu?: number }[];
}

const any = { 4: '0.0.0.0/0', 6: '::/0' } as const;

function prefixOf(dst: string, family: 4 | 6): string {
  if (dst === 'default') return any[family];
  return dst.includes('/') ? dst : `${dst}/${family === 4 ? 32 : 128}`;
}

/** RTN_UNREACHABLE of rtnetlink(7). */
const unreachable = '7';

/** RTPROT_REDIRECT, _KERNEL and _RA of rtnetlink(7): what the kernel sets by itself. */
const ofKernel: readonly (string | undefined)[] = ['1', '2', '9'];

/** Whether it leads somewhere and the kernel did not set it by itself; of `boot`, which `ip route` sets, ip(8) is silent. */
export const isSet = ({ type, protocol }: RouteJson): boolean =>
  type === undefined && !ofKernel.includes(protocol);

export function routeOf(json: RouteJson, family: 4 | 6): RouteItem {
  const mtu = json.metrics?.find((metric) => metric.mtu !== undefined)?.mtu;
  const refuses = json.type === unreachable;
  return {
    ...(refuses && { type: 'unreachable' }),
    prefix: prefixOf(json.dst, family),
    table: Number(json.table ?? 254),
    metric: json.metric ?? 0,
    // The kernel shows an unreachable IPv6 route on the loopback device.
    device: refuses ? '' : (json.dev ?? ''),
    ...(json.gateway !== undefined && { via: json.gateway }),
    ...(mtu !== undefined && { mtu }),
    ...(json.prefsrc !== undefined && { source: json.prefsrc }),
  };
}

/** A rule as `ip -N -j rule show` prints it. */
export interface RuleJson {
  readonly priority: number;
  readonly not?: null;
  readonly fwmark?: string;
  readonly table?: string;
  readonly protocol?: string;
}

export const ruleOf = (json: RuleJson, family: 4 | 6): RuleItem => ({
  family,
  priority: json.priority,
  not: 'not' in json,
  fwmark: Number(json.fwmark ?? 0),
  table: Number(json.table ?? 254),
});
