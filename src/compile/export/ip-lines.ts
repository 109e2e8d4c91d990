import type { Forwarding, Route, Rule, Sysctl } from '#state';

/** The main routing table (rtnetlink(7)). */
const mainTable = 254;

/** Arguments of ip-route(8) after the verb; `device` stands in for the route's own. */
export function routeWords(route: Route, device?: string): readonly string[] {
  const named = device ?? (typeof route.device === 'string' ? route.device : undefined);
  return [
    route.prefix,
    ...(route.via === undefined ? [] : ['via', route.via]),
    ...(named === undefined ? [] : ['dev', named]),
    ...(route.table === mainTable ? [] : ['table', String(route.table)]),
    ...(route.metric === undefined ? [] : ['metric', String(route.metric)]),
    ...(route.source === undefined ? [] : ['src', route.source]),
    ...(route.mtu === undefined ? [] : ['mtu', String(route.mtu)]),
  ];
}

export const inMainTable = (route: Route): boolean => route.table === mainTable;

/** One `ip route replace` line: typed twice it changes nothing. */
export const routeLine = (route: Route, device?: string): string =>
  ['ip', 'route', 'replace', ...routeWords(route, device)].join(' ');

/** One `ip rule` line. */
export const ruleLine = (verb: 'add' | 'del', rule: Rule): string =>
  [
    ...['ip', `-${rule.family}`, 'rule', verb],
    ...(rule.not ? ['not'] : []),
    ...['fwmark', `0x${rule.fwmark.toString(16)}`],
    ...['lookup', String(rule.table), 'priority', String(rule.priority)],
  ].join(' ');

/** A setting below /proc/sys, with slashes: a device's name may hold dots (sysctl(8)). */
export interface Setting {
  readonly path: string;
  readonly value: string;
}

const settingOf = ({ key, device, value }: Sysctl): Setting | undefined => {
  if (device !== undefined && typeof device !== 'string') return undefined;
  const parts = key.split('.').map((part) => (part === '*' ? (device ?? part) : part));
  return { path: parts.join('/'), value };
};

/** Before Linux 6.17 one device alone cannot be told to forward IPv6; that is left to people. */
const forwardingOf = ({ device, family }: Forwarding): Setting | undefined =>
  typeof device === 'string' && family === 4
    ? { path: `net/ipv4/conf/${device}/forwarding`, value: '1' }
    : undefined;

interface Kernel {
  readonly sysctls: readonly Sysctl[];
  readonly forwarding: readonly Forwarding[];
}

/** The settings of devices that are named. */
export const settingsOf = ({ sysctls, forwarding }: Kernel): readonly Setting[] =>
  [...sysctls.map(settingOf), ...forwarding.map(forwardingOf)].filter(
    (setting) => setting !== undefined,
  );

/** In words, what `settingsOf` leaves out. */
export const unsettled = ({ sysctls, forwarding }: Kernel): readonly string[] => [
  ...sysctls
    .filter((sysctl) => settingOf(sysctl) === undefined)
    .map(({ key, value, device }) => `${key} = ${value} on ${deviceWords(device)}`),
  ...forwarding
    .filter((one) => forwardingOf(one) === undefined)
    .map(({ device, family }) => `forwarding of IPv${family} that comes in by ${deviceWords(device)}`),
];

const deviceWords = (device: Sysctl['device']): string =>
  typeof device === 'object' ? `the device that holds ${device.holding}` : (device ?? 'all devices');
