import type { Diagnostic } from '#base';
import { check } from '../check.ts';
import { found } from '../errors.ts';
import type { Facts, OwnNetwork } from '../facts.ts';
import { describeBlock, openPort } from '../firewall/remedy.ts';
import { blockOf } from '../firewall/verdict.ts';

const machineOf = ({ state: { machine } }: OwnNetwork): string => machine;

function takenPorts({
  networks,
  tunnels,
  sockets,
}: Pick<Facts, 'networks' | 'tunnels' | 'sockets'>): readonly Diagnostic[] {
  const listening = new Map(tunnels.map((tunnel) => [tunnel.interface, tunnel.listenPort]));
  return networks.flatMap((network) =>
    [...network.view.tunnels.values()].flatMap(({ interface: name, listenPort: port }) => {
      if (listening.get(name) === port) return [];
      const others = sockets.filter((socket) => socket.port === port);
      if (others.length > 0) {
        const holder = others[0]?.holder ?? 'the kernel, for another tunnel perhaps';
        const args = { port, interface: name, holder, machine: machineOf(network) };
        return [found('doctor/port-taken', args)];
      }
      if (listening.has(name)) return [];
      const args = { interface: name, network: network.state.network };
      return [found('doctor/tunnel-missing', args)];
    }),
  );
}

/** Whether some peer has to call first, since nothing says where it is; or all who are to come. */
const isCalled = ({ view: { peers } }: OwnNetwork): boolean =>
  peers.size === 0 || [...peers.values()].some(({ endpoint }) => endpoint === undefined);

/** Devices by which peers' packets come: those of default routes, else all that lead out of the machine. */
function outerDevices({ devices, routes }: Pick<Facts, 'devices' | 'routes'>): readonly string[] {
  const leading = routes
    .filter(({ prefix, ours, device }) => prefix.length === 0 && !ours && device !== '')
    .map(({ device }) => device);
  if (leading.length > 0) return [...new Set(leading)];
  return devices
    .filter(({ name, up, alias, addresses }) => {
      const isOurs = alias?.startsWith('hawser:') ?? false;
      return up && name !== 'lo' && !isOurs && addresses.length > 0;
    })
    .map(({ name }) => name);
}

function blockedPorts(
  facts: Pick<Facts, 'networks' | 'firewall' | 'devices' | 'routes'>,
): readonly Diagnostic[] {
  const { networks, firewall } = facts;
  const outer = outerDevices(facts);
  return networks.flatMap((network) =>
    [...network.view.tunnels.values()].flatMap(({ listenPort: port }) => {
      const [block] = outer.flatMap(
        (from) => blockOf(firewall, { family: 4, protocol: 'udp', port, from }) ?? [],
      );
      if (!block) return [];
      const severity = isCalled(network) ? 'error' : 'warning';
      const args = { port, where: describeBlock(block), command: openPort(block, port) };
      return [found('doctor/port-blocked', args, { severity })];
    }),
  );
}

const portsOf = (networks: Facts['networks']): string =>
  networks
    .flatMap(({ view }) => [...view.tunnels.values()].map(({ listenPort }) => `UDP ${listenPort}`))
    .join(', ');

export const portChecks = [
  check({
    id: 'port',
    group: 'ports',
    fine: 'each tunnel listens on its port',
    needs: ['networks', 'tunnels', 'sockets'],
    codes: ['doctor/port-taken', 'doctor/tunnel-missing'],
    judge: takenPorts,
    detail: ({ networks }) => portsOf(networks),
  }),
  check({
    id: 'firewall',
    group: 'ports',
    fine: "this machine's own firewall lets peers call",
    needs: ['networks', 'firewall', 'devices', 'routes'],
    codes: ['doctor/port-blocked'],
    judge: blockedPorts,
  }),
];
