import type { Diagnostic } from '#base';
import type { Network, Segment, SegmentSite } from '#spec';
import { compileErrors } from './errors.ts';
import type { Observations } from './inputs.ts';

/** A cloud behind whose ports frames with foreign MAC addresses are dropped (Neutron's port security). */
const openStack = 'openstack';

/** What a site of a segment is meant to be where its file says no mode, and why. */
interface Meant {
  readonly gateway: string;
  /** Why frames of machines elsewhere have to come out of the port all the same; absent: they need not. */
  readonly bridges?: string;
}

/** Undefined where the file says it, or its gateway is no instance of such a cloud. */
function meantFor(
  network: Network,
  { flood }: Segment,
  { site, mode, dhcp, fields }: SegmentSite,
  { clouds = {} }: Observations,
): Meant | undefined {
  const [gateway] = network.sites.find(({ name }) => name === site)?.gateways ?? [];
  if (!gateway || mode === 'alone' || fields['mode']) return undefined;
  const { name, was = name } = gateway;
  if ((clouds[name] ?? clouds[was]) !== openStack) return undefined;
  if (dhcp.by === 'hawser') return { gateway: name, bridges: 'its DHCP server is ours' };
  if (flood) return { gateway: name, bridges: 'the segment floods' };
  return { gateway: name };
}

/** The network in which every site of a segment has the mode that fits its cloud, where the file says none; the same once more. */
export function withModes(network: Network, seen: Observations): Network {
  if (Object.keys(seen.clouds ?? {}).length === 0) return network;
  return {
    ...network,
    segments: network.segments.map((segment) => ({
      ...segment,
      sites: segment.sites.map((site) => {
        const meant = meantFor(network, segment, site, seen);
        return meant && meant.bridges === undefined ? { ...site, mode: 'proxy' as const } : site;
      }),
    })),
  };
}

/** Warnings of sites whose mode follows from their cloud, or does not though it would. */
export const modeChecks = (network: Network, seen: Observations): readonly Diagnostic[] =>
  network.segments.flatMap((segment) =>
    segment.sites.flatMap((site) => {
      const meant = meantFor(network, segment, site, seen);
      if (!meant) return [];
      const { gateway, bridges } = meant;
      const args = { segment: segment.name, site: site.site, gateway };
      const where = { place: site.place, severity: 'warning' } as const;
      return bridges === undefined
        ? compileErrors.diagnostic('compile/proxy-by-cloud', args, where)
        : compileErrors.diagnostic('compile/bridge-in-cloud', { ...args, why: bridges }, where);
    }),
  );
