import { didYouMean, formatPlace } from '#base';
import type { Address, Family, Prefix } from '#ip';
import type { Draft } from '../draft.ts';
import { errors } from '../errors.ts';
import type { Egress, Router, Segment } from '../network.ts';
import type { Text } from '../origin.ts';
import { edgesOf } from '../segments/edges.ts';
import { meaningOfUnroutable } from '../unroutable.ts';
import { checkInternet } from './internet.ts';

/** What one router must have: its segments, an address in each, and a way out for what may leave. */
export function checkRouter(router: Router, segments: readonly Text[], draft: Draft): void {
  const known = draft.segments.map(({ name }) => name);
  for (const at of segments) {
    const segment = draft.segments.find(({ name }) => name === at.text);
    if (segment) checkSegment(router, segment, at, draft);
    else {
      const args = { kind: 'segment', name: at.text, hint: didYouMean(at.text, known, 'segment') };
      draft.report(errors.diagnostic('spec/unknown-name', args, at));
    }
  }
  for (const egress of router.egress) checkEgress(router, egress, draft);
  checkInternet(router, draft);
  for (const forward of router.forwards) checkForward(router, forward, draft);
}

function checkSegment({ name, site }: Router, segment: Segment, at: Text, draft: Draft): void {
  if (!segment.sites.some((one) => one.site === site) && draft.names.hasSite(site)) {
    draft.report(errors.diagnostic('spec/segment-not-there', { segment: at.text, site }, at));
  }
  if (segment.routers.length === 0) {
    const args = { router: name, segment: segment.name };
    draft.report(errors.diagnostic('spec/router-without-address', args, at));
  }
  const taken = segment.stations.find(({ addresses }) =>
    addresses.some((one) => segment.routers.some((router) => router.equals(one))),
  );
  if (!taken) return;
  const args = { router: name, host: taken.name, segment: segment.name };
  draft.report(errors.diagnostic('spec/router-is-host', args, { place: taken.place }));
}

/** A router's routes outwards lead around nothing of the network; its own uplink holds targets, too. */
function checkEgress(router: Router, { to, text, fields, place }: Egress, draft: Draft): void {
  if (!to) return;
  const where = { place: fields['to'] ?? place, text };
  const meaning = meaningOfUnroutable(to);
  if (meaning !== undefined) {
    return draft.report(errors.diagnostic('spec/egress-unroutable', { text, meaning }, where));
  }
  if (!checkFamily(router, to.family, where, draft)) return;
  checkInside(router, to.family, where, draft);
  const isOwn = (prefix: Prefix): boolean =>
    prefix.contains(to) && router.uplink.some(({ network }) => network.equals(prefix));
  const ours = draft.ranges.find(({ prefix }) => prefix.overlaps(to) && !isOwn(prefix));
  if (!ours) return;
  const args = { text, what: ours.what };
  draft.report(errors.diagnostic('spec/egress-inside', args, where));
}

function checkFamily(
  { name, families }: Router,
  family: Family,
  where: Text,
  draft: Draft,
): boolean {
  const fits = families.length === 0 || families.includes(family);
  if (!fits) {
    const args = { text: where.text, router: name, family };
    draft.report(errors.diagnostic('spec/egress-family', args, where));
  }
  return fits;
}

/** A warning: nobody finds the router by that family. */
function checkInside({ name, segments }: Router, family: Family, where: Text, draft: Draft): void {
  const own = draft.segments.flatMap((one) => (segments.includes(one.name) ? one.routers : []));
  if (own.length === 0 || own.some((router) => router.family === family)) return;
  const args = { text: where.text, router: name, family };
  const warning = { ...where, severity: 'warning' } as const;
  draft.report(errors.diagnostic('spec/egress-unfound', args, warning));
}

function checkForward(
  router: Router,
  { to, port, protocol, fields, place }: Router['forwards'][number],
  draft: Draft,
): void {
  const where = { place: fields['to'] ?? place, text: String(to) };
  const reached = draft.segments.filter(({ name }) => router.segments.includes(name));
  const subnet = reached.flatMap(({ subnets }) => subnets).find((one) => one.contains(to));
  const edge = subnet && edgesOf(subnet).find(({ address }) => address.equals(to));
  const args = { address: where.text, router: router.name };
  if (!subnet) draft.report(errors.diagnostic('spec/forward-outside', args, where));
  else if (edge) {
    const what = { address: where.text, what: edge.kind, subnet: String(subnet) };
    draft.report(errors.diagnostic('spec/not-a-host-address', what, where));
  } else if (reached.some(({ routers }) => routers.some((own) => own.equals(to)))) {
    draft.report(errors.diagnostic('spec/forward-to-router', args, where));
  } else if (reached.some((segment) => isOfMembers(segment, to))) {
    draft.report(errors.diagnostic('spec/forward-to-member', args, where));
  } else checkFamily(router, to.family, where, draft);
  const same = router.forwards.find(
    (one) => one.port === port && one.protocol === protocol && one.to.family === to.family,
  );
  if (!same || same.place === place) return;
  const twice = { port: `${protocol}/${port}`, first: formatPlace(same.place) };
  draft.report(errors.diagnostic('spec/forward-twice', twice, { place: fields['port'] ?? place }));
}

/** Whether an address is for members alone, who answer those outside by their own ways. */
const isOfMembers = ({ sites }: Segment, address: Address): boolean =>
  sites.some(({ mode, pools }) => mode === 'alone' && pools.some((pool) => pool.contains(address)));

/** What routers must not share: names with segments, whose namespaces are called alike, and segments. */
export function checkRouters(routers: readonly Router[], draft: Draft): void {
  const routerOf = new Map<string, Router>();
  for (const router of routers) {
    const { name, place } = router;
    const segment = draft.segments.find((one) => one.name === name);
    if (segment) {
      const args = { name, other: 'a segment', first: formatPlace(segment.place) };
      draft.report(errors.diagnostic('spec/duplicate-name', args, { place, text: name }));
    }
    for (const one of router.segments) {
      const other = routerOf.get(one);
      routerOf.set(one, router);
      if (!other) continue;
      const args = { segment: one, other: other.name, first: formatPlace(other.place) };
      const where = { place: router.fields['segments'] ?? place };
      draft.report(errors.diagnostic('spec/two-routers', args, where));
    }
  }
}
