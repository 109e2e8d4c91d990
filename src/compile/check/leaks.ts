import { Address, PrefixSet } from '#ip';
import type { Egress, PolicyTest, Port } from '#spec';
import type { Trace } from '../api.ts';
import type { Model } from '../model.ts';
import { routerIn } from '../trace/router.ts';
import { stationOf } from '../trace/segment.ts';
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

/** A flow of a machine that its router lets out to somebody who is not left out: by the policy, too. */
export function leakOf(
  model: Model,
  from: string,
  port: Port | undefined,
  except: Except,
): Trace | undefined {
  const sender = stationOf(model, from);
  const router = sender && routerIn(model, sender.segment.name);
  for (const entry of router?.egress ?? []) {
    for (const target of targetsOf(entry, except)) {
      for (const one of portsOf(entry, port)) {
        const found = trace(model, from, target, one);
        if (found.verdict === 'allow') return found;
      }
    }
  }
  return undefined;
}
