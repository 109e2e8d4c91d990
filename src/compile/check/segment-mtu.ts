import type { Diagnostic } from '#base';
import type { Segment } from '#spec';
import type { CheckResult } from '../api.ts';
import { compileErrors } from '../errors.ts';
import type { Model } from '../model.ts';
import { ipv6MinimumMtu } from '../mtu.ts';
import { narrowest } from '../project/segments/mtu.ts';
import { gatewaysOf } from '../project/segments/place.ts';

/** Segments with IPv6 of which a way between two sites leaves less than IPv6 needs; its narrowest tunnel tells. */
export const checkSegmentMtus = (model: Model): readonly Diagnostic[] =>
  model.network.segments.flatMap((segment) => tooSmall(model, segment) ?? []);

function tooSmall(model: Model, segment: Segment): Diagnostic | undefined {
  if (!segment.subnets.some(({ family }) => family === 6)) return undefined;
  const [least] = [...gatewaysOf(model, segment).values()]
    .flatMap((gateway) => narrowest(model, gateway, segment) ?? [])
    .sort((a, b) => a.mtu - b.mtu);
  if (!least || least.mtu >= ipv6MinimumMtu) return undefined;
  const [small, other] = [...least.ends].sort((a, b) => a.underlayMtu - b.underlayMtu);
  if (!small || !other) return undefined;
  const args = {
    segment: segment.name,
    a: small.name,
    b: other.name,
    mtu: least.mtu,
    underlay: small.underlayMtu,
    least: small.underlayMtu + ipv6MinimumMtu - least.mtu,
  };
  const where = { place: small.machine.place, text: small.name };
  return compileErrors.diagnostic('compile/segment-mtu', args, where);
}

/** What others have to tell the machines of a segment by their DHCP: its option 26, at the sites where that is not ours. */
export const mtusToTell = (model: Model): NonNullable<CheckResult['mtus']> =>
  model.network.segments.flatMap((segment) => {
    const gateways = gatewaysOf(model, segment);
    return segment.sites.flatMap(({ site, mode, dhcp }) => {
      const gateway = gateways.get(site);
      const mtu = gateway && narrowest(model, gateway, segment)?.mtu;
      if (mtu === undefined || mode === 'alone' || dhcp.by === 'hawser') return [];
      return [{ segment: segment.name, site, mtu }];
    });
  });
