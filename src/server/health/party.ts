import type { Finding } from '#api';
import type { Heard } from '../hub/connection.ts';
import type { Hub } from '../hub/hub.ts';
import type { Snapshot } from '../network/snapshot.ts';
import type { EndEvidence } from './tunnel-state.ts';

type OfMachine = 'hasKey' | 'invited' | 'isPresent' | 'answersProbes' | 'isCloned' | 'isUnmanaged';

/** What is known of a machine, whichever of its tunnels it is asked for. */
export interface Party extends Pick<EndEvidence, OfMachine> {
  readonly heard: Heard | undefined;
  readonly warnings: readonly Finding[];
}

/**
 * Machines at one moment, each looked up once: a hub is an end of all its tunnels, and all tunnels are asked for
 * every second.
 */
export class Parties {
  readonly #snapshot: Snapshot;
  readonly #hub: Hub;
  readonly #known = new Map<string, Party>();

  constructor(snapshot: Snapshot, hub: Hub) {
    this.#snapshot = snapshot;
    this.#hub = hub;
  }

  of(machine: string): Party {
    const known = this.#known.get(machine) ?? this.#find(machine);
    this.#known.set(machine, known);
    return known;
  }

  #find(machine: string): Party {
    const { names, machines, invited } = this.#snapshot;
    const identity = machines.get(machine)?.identity;
    const standing = identity === undefined ? undefined : this.#hub.standing(identity);
    const heard = this.#hub.heardFrom(identity);
    const until = invited.get(machine);
    const isInvited = until !== undefined && Date.parse(until) > this.#hub.now.getTime();
    return {
      heard,
      warnings: standing?.warnings ?? [],
      hasKey: Object.keys(names.get(machine)?.keys ?? {}).length > 0,
      ...(isInvited && { invited: until }),
      isPresent: standing !== undefined,
      answersProbes: heard?.answersProbes ?? false,
      isCloned: standing?.clone !== undefined,
      isUnmanaged: names.get(machine)?.managed === false,
    };
  }
}
