import { DiagnosticsError } from '#base';
import { loadNetwork, type Network } from '#spec';
import type { HostState } from '#state';
import { emptyFacts, type Facts, type Inputs } from './inputs.ts';
import { assumeKeys, link } from './link.ts';
import type { Model } from './model.ts';
import { project } from './project/project.ts';

/** Warnings of what was asked for. */
const harmless: ReadonlySet<string> = new Set([
  'spec/flood-is-loud',
  'spec/flood-to-nobody',
  'spec/router-at-home',
]);

/** For tests: the network of a file given as text. */
export function networkOf(yaml: string): Network {
  const reader = { read: () => yaml, glob: () => [] };
  const { network, diagnostics } = loadNetwork('hawser.yaml', reader);
  const isWrong = diagnostics.some(
    ({ severity, code }) => severity === 'error' || !harmless.has(code),
  );
  if (!network || isWrong) throw new DiagnosticsError(diagnostics);
  return network;
}

/** For tests: a linked network in which every key is known. */
export function linked(
  yaml: string,
  facts: Facts & Pick<Inputs, 'presharedKeys'> = emptyFacts,
): Model {
  const network = networkOf(yaml);
  return link({ ...assumeKeys(network, facts), network, epoch: 'test', rev: 1 });
}

/** For tests: allowed IPs of a machine by the name of the peer. */
export const allowedIps = (state: HostState): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    state.bindings.map((binding) => [binding.candidates[0]?.peer ?? '', binding.prefixes]),
  );

export const allowedIpsOf = (yaml: string, machine: string) =>
  allowedIps(project(linked(yaml), machine));
