import {
  type Brought,
  disableUnit,
  type Hook,
  hooksOf,
  type Owner,
  ownersOf,
  readBrought,
  Store,
} from '#agent';
import { type Diagnostic, DiagnosticsError, formatPlace } from '#base';
import { confirmed } from './ask.ts';
import { cliErrors } from './errors.ts';

/** A tunnel that is to be taken over, and what else keeps it. */
export interface Found {
  readonly brought: Brought;
  readonly owners: readonly Owner[];
  readonly hooks: readonly Hook[];
}

const isWgQuick = ({ kind }: Owner): boolean => kind === 'wg-quick';

/**
 * Looks at an interface that a machine is to bring along.
 * @throws agent/nothing-to-adopt, agent/no-private-key, agent/is-adopted, cli/also-kept
 */
export async function findTunnel(device: string, anyway: boolean): Promise<Found> {
  const brought = await readBrought(device);
  const owners = await ownersOf(device);
  const others = owners.filter((owner) => !isWgQuick(owner));
  if (others.length > 0 && !anyway) {
    throw new DiagnosticsError(others.map((owner) => alsoKept(device, owner)));
  }
  return { brought, owners, hooks: hooksOf(device) };
}

const alsoKept = (device: string, { kind, what, remedy }: Owner): Diagnostic =>
  cliErrors.diagnostic('cli/also-kept', { interface: device, owner: kind, what, remedy });

/** How a network has taken an interface over by now; undefined if it has not. */
export function howTaken(stateDir: string, network: string): 'as it is' | 'anyway' | undefined {
  const adoption = new Store(stateDir).adoptions.find(network);
  if (!adoption?.before) return undefined;
  return adoption.anyway ? 'anyway' : 'as it is';
}

/** Disables the units that would make it at boot, if the person agrees; gives those. */
export async function disableUnits(
  { stateDir, network }: { readonly stateDir: string; readonly network: string },
  { brought, owners }: Found,
  yes: boolean | undefined,
): Promise<readonly string[]> {
  const done: string[] = [];
  for (const { what: unit } of owners.filter(isWgQuick)) {
    const question = `${unit} makes ${brought.interface} at boot, as the agent will. Disable it (the interface stays up)?`;
    if (!(await confirmed(question, yes))) continue;
    await disableUnit(new Store(stateDir), network, unit);
    done.push(unit);
  }
  return done;
}

/** What became of it, for people. */
export function describeTaken(
  network: string,
  { brought, hooks, owners }: Found,
  disabled: readonly string[],
  how: 'as it is' | 'anyway',
): readonly string[] {
  const { interface: device, peers } = brought;
  const count = `${peers.length} peer${peers.length === 1 ? '' : 's'}`;
  const taken =
    how === 'anyway'
      ? `${device} was taken over, and is what ${network} wants`
      : `${device} was taken over as it is, with ${count}`;
  const undone = hooks.map(({ name, place }) => `${name} (${formatPlace(place)})`);
  const others = owners.filter(({ what }) => !disabled.includes(what));
  return [
    `${taken}; \`hawser agent release ${network}\` gives it back`,
    ...(undone.length > 0
      ? [`not done by the agent when it makes ${device} at boot: ${undone.join(', ')}`]
      : []),
    ...disabled.map((unit) => `${unit} is disabled: at boot the agent makes ${device}`),
    ...others.map(({ what, remedy }) => `${what} still keeps ${device}. ${remedy}`),
  ];
}
