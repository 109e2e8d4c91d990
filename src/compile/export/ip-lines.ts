import type { DeviceRef, Forwarding, Route, Rule, Sysctl } from '#state';

/** The main routing table (rtnetlink(7)). */
const mainTable = 254;

/** A route as ip-route(8) takes it after the verb, on a device of that name if one is given. */
const routeWords = (route: Route, device: string | undefined): readonly string[] => [
  route.prefix,
  ...(route.via === undefined ? [] : ['via', route.via]),
  ...(device === undefined ? [] : ['dev', device]),
  ...(route.table === mainTable ? [] : ['table', String(route.table)]),
  ...(route.metric === undefined ? [] : ['metric', String(route.metric)]),
  ...(route.source === undefined ? [] : ['src', route.source]),
  ...(route.mtu === undefined ? [] : ['mtu', String(route.mtu)]),
];

export const inMainTable = (route: Route): boolean => route.table === mainTable;

/** One `ip route` line; with `replace`, typed twice it changes nothing. */
export const routeLine = (
  verb: 'replace' | 'del',
  route: Route,
  device: string | undefined,
): string => ['ip', 'route', verb, ...routeWords(route, device)].join(' ');

/** One `ip rule` line. */
export function ruleLine(verb: 'add' | 'del', rule: Rule): string {
  const mark = `${rule.not ? 'not ' : ''}fwmark 0x${rule.fwmark.toString(16)}`;
  return `ip -${rule.family} rule ${verb} ${mark} lookup ${rule.table} priority ${rule.priority}`;
}

/** A setting by its path below /proc/sys: a device's name may hold dots (sysctl(8)). */
export interface Setting {
  readonly path: string;
  readonly value: string;
}

/** How a format names a device, where it can. */
export type DeviceText = (ref: DeviceRef) => string | undefined;

export const byName: DeviceText = (ref) => (typeof ref === 'string' ? ref : undefined);

interface Kernel {
  readonly sysctls: readonly Sysctl[];
  readonly forwarding: readonly Forwarding[];
}

function sysctlSetting({ key, device, value }: Sysctl, nameOf: DeviceText): Setting | undefined {
  const name = device === undefined ? '*' : nameOf(device);
  if (name === undefined) return undefined;
  const parts = key.split('.').map((part) => (part === '*' ? name : part));
  return { path: parts.join('/'), value };
}

/** Before Linux 6.17 one device alone cannot be told to forward IPv6; that is left to people. */
function forwardingSetting(
  { device, family }: Forwarding,
  nameOf: DeviceText,
): Setting | undefined {
  const name = family === 4 ? nameOf(device) : undefined;
  return name === undefined ? undefined : { path: `net/ipv4/conf/${name}/forwarding`, value: '1' };
}

const deviceWords = (device: DeviceRef | undefined): string =>
  typeof device === 'object' ? `the device with ${device.holding}` : (device ?? 'all devices');

/** The kernel settings that can be written, and in words those that cannot. */
export function settingsOf(
  { sysctls, forwarding }: Kernel,
  nameOf: DeviceText = byName,
): { readonly settings: readonly Setting[]; readonly left: readonly string[] } {
  const known = sysctls.map((item) => ({
    setting: sysctlSetting(item, nameOf),
    words: `${item.key} = ${item.value} on ${deviceWords(item.device)}`,
  }));
  const forwarded = forwarding.map((item) => ({
    setting: forwardingSetting(item, nameOf),
    words: `forwarding of IPv${item.family} packets that come in by ${deviceWords(item.device)}`,
  }));
  const all = [...known, ...forwarded];
  return {
    settings: all.flatMap(({ setting }) => setting ?? []),
    left: all.filter(({ setting }) => !setting).map(({ words }) => words),
  };
}
