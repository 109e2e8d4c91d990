import { Address } from '#ip';
import type { Port, Router } from '#spec';
import type { Hop, Trace } from '../api.ts';
import type { Model } from '../model.ts';
import { forwardCounter } from '../project/routers/filter.ts';
import { uplink } from '../project/routers/place.ts';
import { gatewayOf, spaceOfRouter } from './router.ts';
import type { Passed } from './router-space.ts';
import { decisionBy } from './rules.ts';
import { routerOf, stationOf } from './segment.ts';
import { type Carry, within } from './within.ts';

/** The router of ours whose uplink has this address. */
export const routerWith = ({ network }: Model, to: string): Router | undefined => {
  const target = Address.tryParse(to);
  return network.routers.find(({ uplink }) =>
    uplink.some(({ address }) => target?.equals(address)),
  );
};

/** What happens to a flow from outside to the uplink of a router: it goes where a forward leads, or nowhere. */
export function traceInward(
  model: Model,
  from: string,
  router: Router,
  to: string,
  port: Port,
  carry: Carry,
): Trace {
  const machine = gatewayOf(model, router);
  const end = router.uplink.find(({ address }) => String(address) === String(Address.parse(to)));
  const source = String(end?.via ?? '');
  const found = { from, to, port, source, destination: to, hops: [], back: [] };
  const passed =
    end &&
    spaceOfRouter(model, router)?.follow({
      ...{ incoming: uplink, source: end.via, destination: end.address, port },
    });
  if (passed?.fate !== 'passes' || passed.target === undefined)
    return atDoor(model, router, found, passed);
  const { target } = passed;
  const forward = router.forwards.find(
    (one) => forwardCounter(one) === passed.counter && one.to.family === end?.address.family,
  );
  const by = forward
    ? `the forward ${forward.protocol}/${forward.port} of router ${router.name}`
    : `router ${router.name}, by no forward of the file,`;
  const receiver = stationOf(model, String(passed.destination));
  if (from !== machine) {
    const reason = `how it gets to ${to} stands in no file; there ${by} leads to ${receiver?.station.name ?? passed.destination}`;
    return { ...found, source: '', verdict: 'unreachable', reason };
  }
  const ours = receiver && routerOf(model, receiver, router);
  if (!receiver || !ours) {
    const reason = `${by} leads to ${passed.destination}, which is no machine of the file`;
    return { ...found, verdict: 'unreachable', reason };
  }
  const { protocol } = port;
  const last = { ...port, first: target, last: target };
  const destination = String(passed.destination);
  const own = ours.station.addresses.find(({ family }) => family === passed.destination.family);
  const leg = { from: router.name, to: receiver.station.name, port: last, destination };
  // The borders know the router, which may send for everybody; the policy asks who that is.
  const [hop, flow] = [
    { ...leg, source: String(own ?? '') },
    { ...leg, source },
  ];
  const onward = within(model, [ours, receiver], hop, flow, carry);
  if (onward.verdict !== 'allow' && onward.verdict !== 'outside')
    return { ...found, ...onward, from, port, reason: `past the router: ${onward.reason}` };
  const after =
    onward.hops.length > 0
      ? onward.hops.map((one) => ({ ...one, source }))
      : [router.name, leg.to].map((name) => ({ machine: name, source, destination }));
  const hops: readonly Hop[] = [
    { machine, interface: 'uplink', source, destination: to },
    ...after,
  ];
  return {
    ...found,
    to: leg.to,
    destination,
    verdict: 'allow',
    hops,
    reason: `${by} leads to ${leg.to}, ${protocol}/${target}`,
    decision: {
      ...decisionBy(model, { machine, counter: passed.counter }),
      ...(forward && { place: forward.place }),
    },
  };
}

/** What leads nowhere from the uplink. */
function atDoor(
  model: Model,
  router: Router,
  found: Omit<Trace, 'verdict' | 'reason'>,
  passed: Passed | undefined,
): Trace {
  const { name } = router;
  const machine = gatewayOf(model, router);
  if (passed?.fate === 'taken') {
    return { ...found, verdict: 'allow', reason: `router ${name} answers it itself` };
  }
  if (passed?.fate !== 'refused') {
    return {
      ...found,
      verdict: 'unreachable',
      reason: `router ${name} has no way to where it leads`,
    };
  }
  const reason = `router ${name} lets nothing in by this port; it is dropped there, on ${machine}`;
  const decision = decisionBy(model, { machine, counter: passed.counter });
  return { ...found, verdict: 'deny', reason, decision };
}
