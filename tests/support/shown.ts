import type { Sandbox } from './sandbox.ts';

/** What `ip -j` shows, as far as tests look at it (iproute2 6.1). */
export interface ShownRoute {
  readonly dst: string;
  readonly dev: string;
  readonly gateway?: string;
  readonly prefsrc?: string;
  readonly metric?: number;
  readonly metrics?: readonly { readonly mtu?: number }[];
}

export interface ShownRule {
  readonly priority: number;
  readonly fwmark?: string;
  readonly table: string;
}

interface ShownLink {
  readonly mtu: number;
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number }[];
}

const ask = (sandbox: Sandbox, ...words: readonly string[]): unknown =>
  JSON.parse(sandbox.run(['ip', '-j', ...words]));

/** Routes of both families, of the main table unless `words` say otherwise. */
export const shownRoutes = (
  sandbox: Sandbox,
  ...words: readonly string[]
): readonly ShownRoute[] => [
  ...(ask(sandbox, '-4', 'route', 'show', ...words) as ShownRoute[]),
  ...(ask(sandbox, '-6', 'route', 'show', ...words) as ShownRoute[]),
];

export const shownRules = (sandbox: Sandbox, family: 4 | 6): readonly ShownRule[] =>
  ask(sandbox, `-${family}`, 'rule', 'show') as ShownRule[];

/** MTU and addresses, with their lengths, of a device. */
export function shownDevice(
  sandbox: Sandbox,
  device: string,
): { readonly mtu: number; readonly addresses: readonly string[] } {
  const [link] = ask(sandbox, 'address', 'show', 'dev', device) as ShownLink[];
  if (!link) throw new Error(`no device ${device}`);
  const addresses = link.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`);
  return { mtu: link.mtu, addresses };
}

/** A device on a network of its own, with these addresses; its other end is up too. */
export function addLan(sandbox: Sandbox, device: string, addresses: readonly string[]): void {
  sandbox.run(['ip', 'link', 'add', device, 'type', 'veth', 'peer', 'name', `${device}-peer`]);
  for (const address of addresses) {
    const extra = address.includes(':') ? ['nodad'] : [];
    sandbox.run(['ip', 'address', 'add', address, 'dev', device, ...extra]);
  }
  sandbox.run(['ip', 'link', 'set', device, 'up']);
  sandbox.run(['ip', 'link', 'set', `${device}-peer`, 'up']);
}
