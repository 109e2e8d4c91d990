import type { DhcpServer, Namespace } from '#state';

/** A DHCP server that answers for names, too. */
export const serving = (init: Partial<DhcpServer>): Namespace => {
  const server: DhcpServer = {
    device: 'bridge',
    pools: ['10.9.0.1-10.9.0.99/24'],
    routers: [],
    dns: ['10.9.0.250'],
    zones: ['net.internal'],
    forward: [],
    hosts: [
      { mac: '02:00:00:00:00:05', addresses: ['10.9.0.5'], name: 'five' },
      { mac: '02:00:00:00:00:06', addresses: [], name: 'six' },
    ],
    ...init,
  };
  return {
    addresses: { v: 1, items: [{ device: 'bridge', address: '10.9.0.250/24' }] },
    dhcpServers: { v: 1, items: [server] },
    names: {
      v: 1,
      hostsFile: 'never',
      items: [{ address: '10.9.0.5', names: ['five.net.internal'] }],
    },
  };
};
