import type { HostState, Namespace } from '#state';
import type { TestMachine } from '../../tests/agent/machine.ts';

/** The n-th of many machines. */
export const macOf = (n: number): string =>
  `02:00:00:02:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`;
export const addressOf = (n: number): string => `10.9.${1 + (n >> 8)}.${n & 255}`;

/** Two sites; so many machines of the other one are in the file. */
export const fileWith = (machines: number): string => `version: 1
network: net
overlay: 10.0.0.0/24
defaults: { interface: wg0 }
sites:
  knox:
    gateways: { knox-gw: { endpoint: "192.0.2.1:51820", overlay: 10.0.0.1 } }
    hosts: { knox-1: { segment: lab, address: 10.9.128.1, mac: "02:00:00:00:00:01" } }
  pouta:
    gateways: { pouta-gw: { endpoint: "192.0.2.2:51820", overlay: 10.0.0.2 } }
    hosts:
      pouta-1: { segment: lab, address: 10.9.0.2, mac: "02:00:00:00:00:02" }
${Array.from({ length: machines }, (_, n) => `      m-${n}: { segment: lab, address: ${addressOf(n)}, mac: "${macOf(n)}" }\n`).join('')}segments:
  lab:
    vni: 7
    subnet: 10.9.0.0/16
    sites:
      knox: { pool: 10.9.128.0-10.9.200.255, port: eth1 }
      pouta: { pool: 10.9.0.2-10.9.100.255, port: eth1 }
`;

export const space = 'hw-net-lab';

export const spaceIn = ({ namespaces }: HostState): Namespace => namespaces[space] ?? {};

/** The same by hand: what `bridge -batch`, `ip -batch` and `nft -f` take. */
export interface Batches {
  readonly bridge: string;
  readonly ip: string;
  readonly nft: string;
}

export function batchesOf({ fdb, neighbours, nft }: Namespace): Batches {
  const sets = (nft?.items ?? []).flatMap((table) => table.sets);
  const filled = sets.map(
    ({ name, type, interval, elements }) =>
      `set ${name} { type ${type}; ${interval ? 'flags interval; ' : ''}${
        elements.length > 0 ? `elements = { ${elements.join(', ')} }` : ''
      } }`,
  );
  return {
    bridge: (fdb?.items ?? [])
      .flatMap(({ mac, to }) => [
        `fdb replace ${mac} dev vxlan dst ${to} self permanent\n`,
        `fdb replace ${mac} dev vxlan master static\n`,
      ])
      .join(''),
    ip: (neighbours?.items ?? [])
      .map(
        ({ address, mac }) => `neigh replace ${address} lladdr ${mac} dev bridge nud permanent\n`,
      )
      .join(''),
    nft: `table bridge raw {\n${filled.join('\n')}\n}\n`,
  };
}

type Does = Pick<TestMachine, 'do'>;

/** A namespace with a bridge and a VXLAN device that know nobody. */
export function openRaw(machine: Does): void {
  machine.do('ip netns add raw');
  for (const line of [
    'link add bridge type bridge mcast_snooping 0',
    'link add vxlan type vxlan id 9 dstport 14791 local 127.0.0.1 nolearning',
    'link set dev vxlan master bridge up',
    'link set dev bridge up',
  ]) {
    machine.do(`ip -n raw ${line}`);
  }
}

export const closeRaw = (machine: Does): void => void machine.do('ip netns del raw');

export function programRaw(
  machine: { readonly do: (line: string, input?: string) => string },
  batches: Batches,
): void {
  machine.do('ip netns exec raw nft -f -', batches.nft);
  machine.do('bridge -n raw -batch -', batches.bridge);
  machine.do('ip -n raw -batch -', batches.ip);
}

/** What is there, read by hand, one after the other. */
export function readRaw(machine: Does, network: string): void {
  const inside = `ip netns exec ${space}`;
  machine.do(`${inside} bridge -j fdb show`);
  machine.do(`${inside} ip -j neigh show nud permanent`);
  machine.do(`${inside} nft -n list table bridge hawser-${network}`);
}
