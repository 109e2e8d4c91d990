import type { Diagnostic } from '#base';
import { Address } from '#ip';
import { check } from '../check.ts';
import { found } from '../errors.ts';
import type { Facts, OwnNetwork } from '../facts.ts';
import type { Packet } from '../firewall/model.ts';
import { describeBlock, openTunnel } from '../firewall/remedy.ts';
import { blockOf } from '../firewall/verdict.ts';

/** The sysctls that make a device forward, the kernel's own first where it has one per device. */
export const forwardingKeys = (device: string, family: 4 | 6): readonly string[] =>
  family === 4
    ? [`net/ipv4/conf/${device}/forwarding`]
    : [`net/ipv6/conf/${device}/force_forwarding`, 'net/ipv6/conf/all/forwarding'];

/** `net/ipv4/conf/eth0/forwarding` as sysctl(8) takes it. */
const dotted = (path: string): string => path.replaceAll('/', '.');

function switchedOff({
  networks,
  sysctls,
}: Pick<Facts, 'networks' | 'sysctls'>): readonly Diagnostic[] {
  return networks.flatMap(({ view }) =>
    [...view.forwarding.values()].flatMap(({ device, family }) => {
      const keys = forwardingKeys(device, family);
      if (keys.some((key) => sysctls.get(key) === '1')) return [];
      const key = keys.find((one) => sysctls.has(one)) ?? keys[0] ?? '';
      return [found('doctor/forwarding-off', { device, family, key: dotted(key) })];
    }),
  );
}

/** What any network would carry: if nothing of it may pass, nothing may. */
const samples: readonly Pick<Packet, 'protocol' | 'port'>[] = [
  { protocol: 'tcp', port: 22 },
  { protocol: 'tcp', port: 443 },
  { protocol: 'tcp', port: 40_000 },
];

/** Where everything between two devices is surely dropped. */
function blockBetween(firewall: Facts['firewall'], from: string, to: string, family: 4 | 6) {
  const blocks = samples.map((sample) => blockOf(firewall, { ...sample, from, to, family }));
  return blocks.every((block) => block !== undefined) ? blocks[0] : undefined;
}

/** Pairs of devices between which a machine forwards, a tunnel on one side at least. */
function pairsOf({ view }: OwnNetwork): readonly (readonly [string, string, 4 | 6])[] {
  const forwards = [...view.forwarding.values()];
  const isTunnel = (device: string): boolean => view.tunnels.has(device);
  return forwards.flatMap(({ device: from, family }) =>
    forwards
      .filter((other) => other.family === family)
      .filter(({ device: to }) => isTunnel(from) || isTunnel(to))
      .filter(({ device: to }) => from !== to || isTunnel(from))
      .map(({ device: to }) => [from, to, family] as const),
  );
}

function blocked({
  networks,
  firewall,
}: Pick<Facts, 'networks' | 'firewall'>): readonly Diagnostic[] {
  const all = networks.flatMap((network) =>
    pairsOf(network).flatMap(([from, to, family]) => {
      const block = blockBetween(firewall, from, to, family);
      if (!block) return [];
      const device = network.view.tunnels.has(from) ? from : to;
      const command = openTunnel(block, device);
      return [found('doctor/forward-blocked', { from, to, where: describeBlock(block), command })];
    }),
  );
  // One command mends all that one place drops.
  return all.filter(({ fix }, index) => all.findIndex((other) => other.fix === fix) === index);
}

/** What holds is the larger of the two (ip-sysctl: rp_filter). */
const strictness = (sysctls: Facts['sysctls'], device: string): number =>
  Math.max(
    ...['all', device].map((one) => Number(sysctls.get(`net/ipv4/conf/${one}/rp_filter`) ?? 0)),
  );

const asksMark = (sysctls: Facts['sysctls'], device: string): boolean =>
  ['all', device].some((one) => sysctls.get(`net/ipv4/conf/${one}/src_valid_mark`) === '1');

/** Endpoints whose address is routed into the tunnel: the way back is only found by the mark. */
function filtered({
  networks,
  peers,
  routes,
  sysctls,
}: Pick<Facts, 'networks' | 'peers' | 'routes' | 'sysctls'>): readonly Diagnostic[] {
  const marked = new Set(
    networks.flatMap(({ view }) =>
      [...view.tunnels.values()].flatMap((one) => (one.fwmark === 0 ? [] : one.interface)),
    ),
  );
  return peers.all.flatMap((peer) => {
    const { interface: tunnel, leavesBy: device, name } = peer;
    const isPinned =
      marked.has(tunnel) &&
      peer.addresses.some((address) =>
        routes.some((route) => route.device === tunnel && holds(route.prefix, address)),
      );
    if (!isPinned || device === undefined || device === tunnel) return [];
    if (strictness(sysctls, device) !== 1 || asksMark(sysctls, device)) return [];
    return [found('doctor/rp-filter', { device, peer: name })];
  });
}

const holds = (prefix: Facts['routes'][number]['prefix'], text: string): boolean => {
  const address = Address.tryParse(text);
  return address !== undefined && prefix.family === address.family && prefix.contains(address);
};

/** What is in routers of others is not judged: that it forwards and what it drops is their own affair. */
const apart = (networks: Facts['networks']): readonly string[] =>
  networks.flatMap(({ state }) =>
    Object.values(state.tunnels)
      .filter(({ livesIn }) => livesIn !== 'root')
      .map(({ interface: device, livesIn }) => `not looked at for ${device}, in ${livesIn}`),
  );

export const forwardingChecks = [
  check({
    id: 'forwarding',
    group: 'forwarding',
    fine: 'what this machine should forward it does, device by device',
    needs: ['networks', 'sysctls'],
    codes: ['doctor/forwarding-off'],
    judge: switchedOff,
    detail: ({ networks }) => {
      const devices = networks.flatMap(({ view }) =>
        [...view.forwarding.values()].map(({ device }) => device),
      );
      const own = devices.length === 0 ? 'nothing to forward' : [...new Set(devices)].join(', ');
      return [own, ...apart(networks)].join('; ');
    },
  }),
  check({
    id: 'forward-filter',
    group: 'forwarding',
    fine: 'no firewall of others drops what this machine forwards',
    needs: ['networks', 'firewall'],
    codes: ['doctor/forward-blocked'],
    judge: blocked,
  }),
  check({
    id: 'rp-filter',
    group: 'forwarding',
    fine: 'reverse-path filtering drops nothing that peers send',
    needs: ['networks', 'peers', 'routes', 'sysctls'],
    codes: ['doctor/rp-filter'],
    judge: filtered,
  }),
  check({
    id: 'sysctl-files',
    group: 'forwarding',
    fine: 'no file of sysctl.d switches off what the network needs',
    needs: ['networks', 'sysctlLines'],
    codes: ['doctor/sysctl-file'],
    judge: ({ networks, sysctlLines }) =>
      networks.some(({ view }) => view.forwarding.size > 0)
        ? sysctlLines.map((line) =>
            found('doctor/sysctl-file', { ...line }, { severity: 'warning' }),
          )
        : [],
  }),
];
