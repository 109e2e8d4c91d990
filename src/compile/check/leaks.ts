import { Address, PrefixSet } from '#ip';
import type { Egress, PolicyTest, Port, Router } from '#spec';
import type { Trace } from '../api.ts';
import type { Model } from '../model.ts';
import { deviceIn } from '../project/routers/place.ts';
import { outsideOf } from '../trace/outsiders.ts';
import { routerIn, spaceOfRouter } from '../trace/router.ts';
import type { RouterSpace } from '../trace/router-space.ts';
import { type Stationed, stationOf } from '../trace/segment.ts';
import { trace } from '../trace/trace.ts';

type Except = NonNullable<PolicyTest['outside']>;

/** Where the internet is, to ask of it: addresses for documents, in no network (RFC 5737, RFC 3849). */
const somewhere = ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1'];

/** Somebody of an entry who is not left out; for names themselves. */
function targetsOf({ to, host }: Egress, { prefixes, hosts }: Except): readonly string[] {
  if (host !== undefined) return hosts.includes(host) ? [] : [host];
  const except = PrefixSet.of(prefixes);
  if (!to) return somewhere.filter((one) => !except.contains(Address.parse(one)));
  const [rest] = PrefixSet.of([to]).subtract(except).prefixes();
  return rest ? [String(rest.first)] : [];
}

/** A port that is of both; without ports an entry has all. */
function portsOf({ ports }: Egress, asked: Port | undefined): readonly Port[] {
  const any: readonly Port[] = ports.length > 0 ? ports : [asked ?? { protocol: 'icmp' }];
  return any.flatMap((port): readonly Port[] => {
    if (!asked || port.protocol === 'icmp' || asked.protocol === 'icmp')
      return !asked || port.protocol === asked.protocol ? [single(port)] : [];
    const [first, last] = [Math.max(port.first, asked.first), Math.min(port.last, asked.last)];
    return port.protocol === asked.protocol && first <= last
      ? [{ ...port, first, last: first }]
      : [];
  });
}

const single = (port: Port): Port =>
  port.protocol === 'icmp' ? port : { ...port, last: port.first };

/** Of each range of which the compiled router speaks somebody in it and behind it: there what it says may change. */
function besides(
  model: Model,
  router: Router,
  space: RouterSpace,
  except: Except,
): readonly string[] {
  const asked = outsideOf(model, router).subtract(PrefixSet.of(except.prefixes));
  const within = space.ranges.flatMap((range) => {
    const [rest] = PrefixSet.of([range]).intersect(asked).prefixes();
    return [rest?.first, range.last.next()];
  });
  const all = [...within, ...somewhere.map((one) => Address.parse(one))];
  return all.flatMap((one) => (one && asked.contains(one) ? [String(one)] : []));
}

/** Ports at which what the compiled router says may change. */
function edgesOf({ edges }: RouterSpace, asked: Port | undefined): readonly Port[] {
  if (asked?.protocol === 'icmp') return [asked];
  const { first, last } = asked ?? { first: 1, last: 65_535 };
  const numbers = [first, ...edges.filter((edge) => first < edge && edge <= last)];
  const protocols = asked ? [asked.protocol] : (['tcp', 'udp'] as const);
  const own = protocols.flatMap((protocol) =>
    numbers.map((port): Port => ({ protocol, first: port, last: port })),
  );
  return asked ? own : [{ protocol: 'icmp' }, ...own];
}

/** What of these flows a router lets pass, as it is compiled; whether they reach it is another matter. */
function passing(
  { station, segment }: Stationed,
  space: RouterSpace,
  targets: readonly string[],
  ports: readonly Port[],
): readonly (readonly [string, Port])[] {
  return targets.flatMap((target) => {
    const destination = Address.parse(target);
    const source = station.addresses.find(({ family }) => family === destination.family);
    if (!source) return [];
    const incoming = deviceIn(segment);
    return ports
      .filter((port) => space.follow({ incoming, source, destination, port }).fate === 'passes')
      .map((port) => [target, port] as const);
  });
}

/**
 * A flow of a machine that its router lets out to somebody who is not left out: by the policy, too. Asked are the words of
 * its list, and of the router as it is compiled all that may differ.
 */
export function leakOf(
  model: Model,
  from: string,
  port: Port | undefined,
  except: Except,
): Trace | undefined {
  const sender = stationOf(model, from);
  const router = sender && routerIn(model, sender.segment.name);
  const space = router && spaceOfRouter(model, router);
  if (!space) return undefined;
  const listed = router.egress.flatMap((entry) =>
    targetsOf(entry, except).flatMap((target) =>
      portsOf(entry, port).map((one) => [target, one] as const),
    ),
  );
  const compiled = passing(
    sender,
    space,
    besides(model, router, space, except),
    edgesOf(space, port),
  );
  for (const [target, one] of [...listed, ...compiled]) {
    const found = trace(model, from, target, one);
    if (found.verdict === 'allow') return found;
  }
  return undefined;
}
