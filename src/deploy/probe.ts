import type { AgentStatus } from '#agent';
import { deployErrors } from './errors.ts';
import { type Way, wayText } from './way.ts';

/** What a machine is and has, as `probeScript` says it. */
export interface Probe {
  readonly system: string;
  readonly user: string;
  readonly isRoot: boolean;
  /** Whether it can become root: `yes`, or why not. */
  readonly root: string;
  readonly kind: string;
  readonly architecture: string;
  /** Whether a package can be fetched from the server there. */
  readonly fetches: boolean;
  /** Of Hawser; absent: not installed. */
  readonly version?: string;
  /** Absent: no agent runs. */
  readonly agent?: AgentStatus;
}

/** Reads what `probeScript` printed. */
export function parseProbe(text: string): Probe {
  const lines = text.split('\n').map((line) => /^(\w+) (.*)$/.exec(line));
  const said = new Map(lines.map((found) => [found?.[1] ?? '', found?.[2] ?? '']));
  const version = said.get('version');
  const agent = agentOf(said.get('agent') ?? '');
  return {
    system: said.get('system') ?? 'something unknown',
    user: said.get('user') ?? '',
    isRoot: said.get('uid') === '0',
    root: said.get('root') ?? 'it does not say',
    kind: said.get('kind') ?? '',
    architecture: said.get('architecture') ?? '',
    fetches: said.get('fetches') === 'yes',
    ...(version && { version }),
    ...(agent && { agent }),
  };
}

function agentOf(text: string): AgentStatus | undefined {
  try {
    const value = JSON.parse(text) as Partial<AgentStatus>;
    return Array.isArray(value.networks) ? (value as AgentStatus) : undefined;
  } catch {
    return undefined;
  }
}

/** What is still to be done on a machine. */
export type Step = 'install' | 'join' | 'start' | 'nothing';

/**
 * What is to be done, so that the machine there is `name` in `network`.
 * @throws deploy/not-linux, deploy/no-root, deploy/other-name, deploy/not-connected
 */
export function stepFor(probe: Probe, way: Way, network: string, name: string): Step {
  const { system, root, user, version, agent } = probe;
  if (system !== 'Linux') {
    throw deployErrors.error('deploy/not-linux', { way: wayText(way), system });
  }
  if (root !== 'yes') throw deployErrors.error('deploy/no-root', { user, said: root });
  if (version === undefined) return 'install';
  // Who joined and whose agent was ended is started by joining again, which changes nothing else.
  if (!agent) return 'start';
  const known = agent.networks.find((one) => one.network === network);
  if (!known) return 'join';
  if (known.machine !== name) {
    throw deployErrors.error('deploy/other-name', { network, name: known.machine });
  }
  if (known.connected) return 'nothing';
  const why = known.unreachable?.message ?? 'it has just been started';
  throw deployErrors.error('deploy/not-connected', { why });
}
