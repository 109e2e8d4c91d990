import { Address } from '#ip';
import type { PolicyRule, Port } from '#spec';
import type { Trace } from '../api.ts';
import type { Model } from '../model.ts';
import { type PortTable, portTable } from './ports.ts';

/** Ports nothing names by chance: what a policy must refuse unless it allows everything. */
export const unnamedPort = { tcp: 7, udp: 7 } as const;

/** What the rules that name both ends of a flow let through; undefined: no policy. */
export function tableFor(
  model: Model,
  flow: Pick<Trace, 'source' | 'destination'>,
): PortTable | undefined {
  if (!model.policy || flow.source === '') return undefined;
  const receive = model.policy.classOfDestination(Address.parse(flow.destination))?.rules ?? [];
  const send = new Set(model.policy.classOfSource(Address.parse(flow.source))?.rules ?? []);
  const rules = receive.filter((rule) => send.has(rule));
  return portTable(rules.map((i) => model.policy?.rules[i] as PolicyRule));
}

/** ICMP, one TCP and one UDP port that no rule names, and the ends of every span that rules name. */
export function portsOf(table: PortTable | undefined): readonly Port[] {
  if (!table) return [{ protocol: 'icmp' }];
  const named = (['tcp', 'udp'] as const).flatMap((protocol) => [
    ...table[protocol].flatMap(({ first, last }): Port[] => [
      { protocol, first, last: first },
      ...(last > first ? [{ protocol, first: last, last }] : []),
    ]),
    { protocol, first: unnamedPort[protocol], last: unnamedPort[protocol] },
  ]);
  return [{ protocol: 'icmp' }, ...named];
}
