import type { Draft } from '../draft.ts';
import { errors } from '../errors.ts';
import type { Machine, Monitor, Router, Segment, Site } from '../network.ts';
import { type Loose, placeOf } from '../origin.ts';

type Source = Loose<{
  tunnel: boolean;
  external: boolean;
  segments: string | object;
  egress: object;
  snat: boolean;
}>;

/** Of what only machines of segments could make use. */
const ofSegments = ['segments', 'egress', 'snat'] as const;

/** Whether the tunnel of its gateway lives in a router. */
export function readTunnel(router: string, source: Source, draft: Draft): boolean {
  const { tunnel = false, external = false } = source;
  if (!tunnel) return false;
  const refuse = (field: keyof Source, why: string): void =>
    draft.report(
      errors.diagnostic('spec/tunnel-inside', { router, why }, { place: placeOf(source, field) }),
    );
  if (!external)
    refuse('tunnel', 'only one that is there already can, so it has to be `external: true`');
  for (const field of ofSegments)
    if (source[field] !== undefined)
      refuse(field, `it cannot be the router of segments as well, so it has no \`${field}\``);
  return true;
}

interface Around {
  readonly sites: readonly Site[];
  readonly segments: readonly Segment[];
  readonly monitors: readonly Monitor[];
}

/**
 * A gateway whose tunnel lives in a router has no address of the network in its own namespace: whatever needs one there is
 * refused.
 */
export function checkTunnels(routers: readonly Router[], around: Around, draft: Draft): void {
  const firsts = new Map<string, Router>();
  for (const router of routers.filter(({ tunnel }) => tunnel)) {
    const first = firsts.get(router.site) ?? router;
    firsts.set(router.site, first);
    const site = around.sites.find(({ name }) => name === router.site);
    const place = router.fields['tunnel'] ?? router.place;
    const why =
      first === router
        ? site && whyNot(site, around)
        : `router \`${first.name}\` of the same site has it`;
    if (why === undefined) continue;
    draft.report(errors.diagnostic('spec/tunnel-inside', { router: router.name, why }, { place }));
  }
}

function whyNot(
  { name: site, gateways, nodes }: Site,
  { segments, monitors }: Around,
): string | undefined {
  const [gateway, ...others] = [...gateways, ...nodes];
  if (!gateway) return `site \`${site}\` has no gateway`;
  const [other] = others;
  if (other)
    return `machines of a site reach each other by its own network, and \`${other.name}\` would be cut off from what is in there alone`;
  const segment = segments.find(({ sites }) => sites.some((one) => one.site === site));
  if (segment) return `\`${gateway.name}\` needs it itself, to carry segment \`${segment.name}\``;
  const monitor = monitors.find(({ from }) => from === gateway.name);
  if (monitor) return `\`${gateway.name}\` needs it itself, to look at \`${monitor.name}\``;
  return ownReason(gateway);
}

function ownReason({ name, pods, taps }: Machine): string | undefined {
  if (pods.length > 0) return `\`${name}\` needs it itself, for its pods`;
  return taps.length > 0 ? `\`${name}\` needs it itself, for its \`taps\`` : undefined;
}
