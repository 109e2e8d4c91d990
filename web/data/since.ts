import type { EventKind, NetworkEvent, TunnelState } from '#api';

/** By which event a server tells that a tunnel came into a state; undefined: by none. */
export const toldBy: Readonly<Record<TunnelState, EventKind | undefined>> = {
  ...{ up: 'up', degraded: 'degraded', down: 'down', misconfigured: 'down' },
  stale: 'degraded',
  ...{ never: undefined, invited: undefined, unknown: undefined },
};

/** Several states share an event: more is not known than that it was one of them since. */
const words: Partial<Record<EventKind, string>> = {
  ...{ up: 'so since', degraded: 'not well since', down: 'down since' },
};

interface Since {
  readonly words: string;
  readonly at: string;
}

/**
 * Since when a tunnel is as it is, by its events, the newest first; undefined where they do not tell. Of a tunnel of which
 * nobody tells they never do: the last is of a time when somebody did.
 */
export function sinceOf(state: TunnelState, events: readonly NetworkEvent[]): Since | undefined {
  const told = toldBy[state];
  const last = events.find(({ kind }) => words[kind] !== undefined);
  if (told === undefined || last?.kind !== told) return undefined;
  return { words: words[told] ?? 'so since', at: last.at };
}
