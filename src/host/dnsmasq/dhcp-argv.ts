import { Address, Prefix } from '#ip';
import type { DhcpServerItem } from '#state';

interface Places {
  readonly tables: string;
  readonly pid: string;
  /** Who has an address of its own. */
  readonly known: string;
  readonly leases: string;
}

/** How long an address is given for: a gateway may be away for half of it, and nobody notices. */
const leaseTime = '12h';
/** More leases than any pool is worth; dnsmasq's own limit is 1000. */
const most = 1_000_000;
/** Seconds that others may remember a name. */
const ttl = 15;

/** `255.255.0.0` of 16. */
const netmaskOf = (length: string): string =>
  String(Prefix.of(Address.parse('255.255.255.255'), Number(length)).first);

const lengthOf = (netmask: string): number =>
  netmask
    .split('.')
    .map((octet) => Number(octet).toString(2).replaceAll('0', '').length)
    .reduce((sum, bits) => sum + bits, 0);

const isV6 = (text: string): boolean => text.includes(':');

/** A range of IPv6 has a length, one of IPv4 a mask. */
function rangeOf(pool: string): string {
  const [range = '', length = ''] = pool.split('/');
  return [range.replace('-', ','), isV6(range) ? length : netmaskOf(length), leaseTime].join(',');
}

function poolOf(range: string): string {
  const [low = '', high = '', end = ''] = range.split(',');
  return `${low}-${high}/${isV6(low) ? end : lengthOf(end)}`;
}

/** Options that say what an item says, each once for every element. */
const telling = {
  zones: ['--local=/', '/'],
  forward: ['--server=', ''],
} as const;

/** Options of DHCP with lists; without any they are not said (RFC 2132: 3, 6; RFC 3646, 3). */
const lists = {
  routers: ['--dhcp-option=option:router'],
  dns: ['--dhcp-option=option:dns-server', '--dhcp-option=option6:dns-server'],
} as const;

/** Of the addresses of IPv4 alone, and then of those of IPv6, which dnsmasq has in brackets. */
const listed = (item: DhcpServerItem, key: keyof typeof lists): readonly string[] =>
  lists[key].map((start, index) =>
    [start, ...item[key].filter((one) => isV6(one) === (index === 1)).map(bracketed)].join(','),
  );

const bare = (text: string): string => text.replace(/^\[(.*)\]$/, '$1');
const bracketed = (text: string): string => (isV6(text) ? `[${text}]` : text);

/** Seconds between router advertisements that nobody asked for. */
const advertiseEach = 60;

/**
 * Router advertisements (RFC 4861, 4.2): who hears them asks DHCPv6 for an address (M), makes none of its own (no
 * A), knows what is on the link and what fits. A router it is not (a lifetime of 0).
 */
const advertised = ({ device, pools, mtu }: DhcpServerItem): readonly string[] => {
  if (!pools.some(isV6)) return [];
  const size = mtu > 0 ? [`mtu:${mtu}`] : [];
  return ['--enable-ra', ['--ra-param', [device, ...size, advertiseEach, 0].join(',')].join('=')];
};

/** Of no concern to machines that ask for it or not (RFC 2132, 5.1). */
const mtuOption = '--dhcp-option-force=option:mtu,';

/**
 * A DHCP server by dnsmasq(8), which reads no file of the machine's, and gives the leases that it wrote
 * down again. It asks by ping whether an address is free before it gives it.
 */
export function dhcpArgv(item: DhcpServerItem, places: Places): readonly string[] {
  const { device, pools, mtu, zones, forward } = item;
  const [zone] = zones;
  return [
    ...['dnsmasq', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--no-poll'],
    ...['--bind-dynamic', `--interface=${device}`],
    ...pools.map((pool) => `--dhcp-range=${rangeOf(pool)}`),
    ...(['routers', 'dns'] as const).flatMap((key) => listed(item, key)),
    ...advertised(item),
    ...(mtu > 0 ? [`${mtuOption}${mtu}`] : []),
    // Nobody else answers on this port of the gateway: what it does not know is wrong.
    ...['--dhcp-authoritative', `--dhcp-lease-max=${most}`],
    ...[`--dhcp-hostsfile=${places.known}`, `--dhcp-leasefile=${places.leases}`],
    ...(zone === undefined ? ['--port=0'] : [`--domain=${zone}`, `--local-ttl=${ttl}`]),
    ...(['zones', 'forward'] as const).flatMap((key) =>
      item[key].map((value) => `${telling[key][0]}${value}${telling[key][1]}`),
    ),
    // Bare names, and who has a private address, are nobody else's affair.
    ...(forward.length > 0 ? ['--dns-loop-detect', '--domain-needed', '--bogus-priv'] : []),
    `--hostsdir=${places.tables}`,
    `--pid-file=${places.pid}`,
  ];
}

/** What a process that was started so says of itself, all but those it knows. */
export function dhcpItemOf(argv: readonly string[]): Omit<DhcpServerItem, 'hosts'> {
  const values = (start: string): readonly string[] =>
    argv.filter((word) => word.startsWith(start)).map((word) => word.slice(start.length));
  const list = (key: keyof typeof lists): readonly string[] =>
    lists[key]
      .flatMap((start) => values(start))
      .flatMap((text) => text.split(',').filter((one) => one !== ''))
      .map(bare);
  const told = (key: keyof typeof telling): readonly string[] => {
    const [start, end] = telling[key];
    return values(start).map((text) => text.slice(0, text.length - end.length));
  };
  return {
    device: values('--interface=')[0] ?? '',
    pools: values('--dhcp-range=').map(poolOf),
    routers: list('routers'),
    dns: list('dns'),
    mtu: Number(values(mtuOption)[0] ?? 0),
    zones: told('zones'),
    forward: told('forward'),
  };
}

/** Lines of its file of known machines: `mac,address,[address],name` for `mac address address name`. */
export const knownText = (hosts: readonly string[]): string => hosts.map(knownLine).join('');

function knownLine(host: string): string {
  const [mac = '', ...rest] = host.split(' ');
  return `${[mac, ...rest.map(bracketed)].join(',')}\n`;
}

export const knownIn = (text: string): readonly string[] =>
  text.split('\n').flatMap((line) => (line === '' ? [] : [line.split(',').map(bare).join(' ')]));
