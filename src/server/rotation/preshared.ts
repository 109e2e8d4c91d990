import type { Model, PresharedChange } from '#compile';
import { serverErrors } from '../errors.ts';
import type { Basis } from '../network/basis.ts';
import type { Decision } from '../network/edit.ts';
import { withFacts } from '../network/enrol.ts';

/** A change of the preshared keys under way, as everybody asks for it; plain data. */
export interface PresharedView {
  readonly change: PresharedChange;
  readonly to: number;
  /** Machines that have not got the newest keys, sorted. */
  readonly late: readonly string[];
}

export function presharedView({ inputs, nodes }: Model): PresharedView | undefined {
  const { preshared: change, presharedKeys: to = 0 } = inputs;
  if (!change) return undefined;
  const have = new Set(change.have);
  const late = nodes
    .filter(({ machine, publicKey }) => machine.managed && publicKey !== undefined)
    .flatMap(({ name }) => (have.has(name) ? [] : [name]));
  return { change, to, late };
}

/** Begins to hand out keys of the next secret. @throws server/preshared-runs */
export function presharedBegun(basis: Basis, { author }: { readonly author: string }): Decision {
  const { facts } = basis.stored;
  if (facts.preshared) {
    const late = presharedView(basis.compiled.model)?.late ?? [];
    throw serverErrors.error('server/preshared-runs', { machines: late.join(', ') || 'nobody' });
  }
  const from = basis.secret?.version ?? 0;
  const compiled = withFacts(basis, { ...facts, preshared: { from, have: [] } });
  return { author, action: 'rotate-preshared', detail: { from, to: from + 1 }, compiled };
}

/** Notes machines that have the newest keys. */
export function presharedHeard(
  basis: Basis,
  { have }: { readonly have: readonly string[] },
): Decision | undefined {
  const { preshared, ...facts } = basis.stored.facts;
  if (!preshared) return undefined;
  const all = [...new Set([...preshared.have, ...have])].sort();
  const compiled = withFacts(basis, { ...facts, preshared: { ...preshared, have: all } });
  return { author: 'server', compiled };
}

/** All pairs have the newest keys from now on. @throws server/no-rotation */
export function presharedEnded(basis: Basis, { author }: { readonly author: string }): Decision {
  const late = presharedView(basis.compiled.model)?.late;
  const { preshared, ...facts } = basis.stored.facts;
  if (!preshared) throw serverErrors.error('server/no-rotation', { network: basis.stored.network });
  const detail = { from: preshared.from, late };
  return { author, action: 'rotate-preshared-end', detail, compiled: withFacts(basis, facts) };
}
