import { HawserError } from '#base';
import { lackedFamily, lacksKind, lacksNftables } from './lacks.ts';
import { canTrack, shown } from './nft/tracking.ts';
import type { Run } from './run.ts';
import { directKernel } from './sysctl/kernel.ts';

/** What segments and routers are made of; `filters`: those of bridges, `tracking`: of connections in them. */
export const kernelParts = [
  ...(['namespaces', 'bridges', 'vxlan', 'veth', 'vlan', 'filters', 'tracking'] as const),
];
export type KernelPart = (typeof kernelParts)[number];

const bridge = 'link add name probe type bridge';

/** Lines of ip(8). The loopback takes no tags (NETIF_F_VLAN_CHALLENGED), a bridge does, which segments need anyway. */
const probes = {
  bridges: [bridge],
  vxlan: ['link add name probe type vxlan id 1 dstport 14789'],
  veth: ['link add name probe type veth peer name probe-2'],
  vlan: [bridge, 'link add link probe name probe-2 type vlan id 1'],
} as const satisfies Partial<Record<KernelPart, readonly string[]>>;

/** A namespace without a name, which ends with the program that is in it. */
const apart = ['unshare', '--net', '--'];

/** unshare(2): EINVAL. */
const noNamespaces = /unshare failed: Invalid argument/;

async function fails(work: () => Promise<unknown>, isMeant: (error: unknown) => boolean) {
  try {
    await work();
    return false;
  } catch (error) {
    if (isMeant(error)) return true;
    throw error;
  }
}

const says =
  (what: RegExp) =>
  (error: unknown): boolean =>
    error instanceof HawserError && what.test(error.message);

/**
 * What this kernel lacks, also as a module, found by making each in a namespace that nobody sees; of the machine nothing is
 * changed but that modules are loaded. Needs root. @throws host/command-...
 */
export async function lackedParts(run: Run): Promise<ReadonlySet<KernelPart>> {
  const isAlone = await fails(() => run('read', [...apart, 'true']), says(noNamespaces));
  if (isAlone) return new Set(['namespaces']);
  const inside: Run = (purpose, argv, options) => run(purpose, [...apart, ...argv], options);
  const lacked = Object.entries(probes).map(async ([part, lines]) => {
    const options = { stdin: `${lines.join('\n')}\n` };
    const isLacking = await fails(() => inside('read', ['ip', '-batch', '-'], options), lacksKind);
    return isLacking ? [part as KernelPart] : [];
  });
  const found = await Promise.all([...lacked, lackedFilters(inside)]);
  return new Set(found.flat());
}

async function lackedFilters(run: Run): Promise<readonly KernelPart[]> {
  const stdin = 'add table bridge hawser-probe { comment "none"; }\n';
  const check = () => run('read', ['nft', '-c', '-f', '-'], { stdin });
  const isLack = (error: unknown): boolean =>
    lackedFamily(error) === 'bridge' || lacksNftables(error);
  if (await fails(check, isLack)) return ['filters', 'tracking'];
  const isShown = (await directKernel(() => undefined).read([shown])).size > 0;
  return isShown || (await canTrack(run)) ? [] : ['tracking'];
}
