import { type KernelPart, lackedParts } from '#host';
import type { HostState, Namespace } from '#state';
import type { SegmentKernel } from '../facts.ts';
import type { Gathering } from './gathering.ts';
import { NotHere } from './not-known.ts';

const has = (facility: { readonly items: readonly unknown[] } | undefined): boolean =>
  facility !== undefined && facility.items.length > 0;

/** How a namespace asks for bridged packets to be shown to filters that track connections. */
const shown = /^net\.bridge\./;

const needs: Readonly<Record<KernelPart, (space: Namespace, name: string) => boolean>> = {
  namespaces: (_, name) => name !== 'root',
  bridges: ({ bridges }) => has(bridges),
  vxlan: ({ vxlans }) => has(vxlans),
  veth: ({ veths }) => has(veths),
  vlan: ({ vlans }) => has(vlans),
  filters: ({ nft }) => nft?.items.some(({ family }) => family === 'bridge') ?? false,
  tracking: ({ sysctls }) => sysctls?.items.some(({ key }) => shown.test(key)) ?? false,
};

/** What the state of a network asks of the kernel for its segments and routers. */
export const partsOf = ({ namespaces }: Pick<HostState, 'namespaces'>): ReadonlySet<KernelPart> => {
  const spaces = Object.entries(namespaces);
  const parts = Object.entries(needs) as [KernelPart, (typeof needs)[KernelPart]][];
  return new Set(
    parts.flatMap(([part, asks]) => (spaces.some(([name, one]) => asks(one, name)) ? [part] : [])),
  );
};

/** Also where no network needs it: what a segment would lack is known before there is one. */
export async function gatherSegmentKernel(gathering: Gathering): Promise<SegmentKernel> {
  const networks = await gathering.get('networks').catch((error: unknown) => {
    if (error instanceof NotHere) return [];
    throw error;
  });
  const lacked = await lackedParts(gathering.sources.run);
  const needed = networks.map(({ state }) => ({ network: state.network, parts: partsOf(state) }));
  return { lacked, needed };
}
