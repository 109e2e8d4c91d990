import { Address } from '#ip';
import type { Port } from '#spec';
import type { Namespace, NftTable } from '#state';
import type { Decision } from '../api.ts';
import type { Model } from '../model.ts';
import { policyTable } from '../project/segments/policed.ts';
import { Filter, type Passage } from './filter.ts';
import { decisionBy } from './rules.ts';

/** A flow between machines of segments, by the addresses with which it begins. */
export interface Flow {
  readonly source: string;
  readonly destination: string;
  readonly port: Port;
}

const filters = new WeakMap<NftTable, Filter>();

function filterFor(table: NftTable): Filter {
  const known = filters.get(table) ?? new Filter(table);
  filters.set(table, known);
  return known;
}

/** What a table says to the first packet of a flow and to the answer, and by which rule. */
export function verdictOf(
  model: Model,
  machine: string,
  table: NftTable,
  { source, destination, port }: Flow,
  passages: readonly [Passage, Passage],
): { readonly accepted: boolean; readonly decision: Decision } {
  const [from, to] = [Address.parse(source), Address.parse(destination)];
  const original = { source: from, destination: to };
  const { protocol } = port;
  const common = { original, protocol, port: protocol === 'icmp' ? 0 : port.first };
  const outcomes = [
    filterFor(table).evaluate({ ...common, ...original, state: 'new' }, passages[0]),
    filterFor(table).evaluate(
      { ...common, source: to, destination: from, state: 'established' },
      passages[1],
    ),
  ];
  const refused = outcomes.find(({ accepted }) => !accepted);
  const { counter } = refused ?? outcomes[0] ?? {};
  return { accepted: !refused, decision: decisionBy(model, { machine, counter }) };
}

/** What the policy inside a segment says to a flow at one of its gateways; undefined: there is none. */
export function askPolicy(model: Model, machine: string, space: Namespace | undefined, flow: Flow) {
  const table = space?.nft?.items.find(
    ({ family, name }) => family === 'inet' && name === policyTable(model),
  );
  const passage = { hook: 'forward' } as const;
  return table && verdictOf(model, machine, table, flow, [passage, passage]);
}
