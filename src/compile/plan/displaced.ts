import type { Model } from '../model.ts';

/** A machine that gets other addresses, since the file gives one that it had to another machine. */
export interface Displaced {
  readonly machine: string;
  readonly address: string;
  /** Those that it has from then on. */
  readonly to: readonly string[];
  /** Whose the address is from then on. */
  readonly by: string;
}

/** Machines that stay, and whose address the new file gives to another. */
export function displacements(
  before: Model,
  after: Model,
  former: ReadonlyMap<string, string>,
): readonly Displaced[] {
  const owners = new Map(
    after.nodes.flatMap(({ name, machine }) =>
      machine.overlay.map((address) => [address.toString(), name] as const),
    ),
  );
  return after.nodes.flatMap(({ name, overlay }): Displaced[] => {
    const to = overlay.map(String);
    const old = before.nodesByName.get(former.get(name) ?? '')?.overlay ?? [];
    return old.map(String).flatMap((address) => {
      const by = owners.get(address);
      return by === undefined || by === name ? [] : [{ machine: name, address, to, by }];
    });
  });
}

/** What that means, for people. */
export const displacedText = ({ machine, address, to, by }: Displaced): string =>
  `${machine}: ${address} becomes ${to.join(', ')}, since the file gives ${address} to ${by}`;
