import type { AgentStatus, SessionStatus } from '#agent';
import type { TryOutcome } from '#api';
import type { Diagnostic } from '#base';
import type { Result } from '../run.ts';

/** What the CLI asks a station, one JSON line a connection; the reply is one JSON line. */
export type Request =
  | {
      readonly do: 'listen';
      /** Addresses of the machine that are to answer; those it does not have (yet) are given back. */
      readonly addresses: readonly string[];
      readonly tcp: readonly number[];
      readonly udp: readonly number[];
    }
  | { readonly do: 'probe'; readonly probes: readonly Probe[]; readonly timeoutMs: number }
  | { readonly do: 'poke'; readonly addresses: readonly string[] }
  | { readonly do: 'seen' }
  | { readonly do: 'pid' }
  | { readonly do: 'run'; readonly argv: readonly string[]; readonly input?: string }
  | { readonly do: 'join'; readonly token: string; readonly name: string }
  | { readonly do: 'start-agent'; readonly network: string }
  | { readonly do: 'agent' }
  | { readonly do: 'kill-agent' }
  | { readonly do: 'start-server'; readonly argv: readonly string[]; readonly log: string }
  | { readonly do: 'server' }
  | { readonly do: 'kill-server' }
  | { readonly do: 'boot' };

/** What is done where the machine's network is. */
export const inNetwork: readonly Request['do'][] = ['listen', 'probe', 'poke', 'seen'];

/** With the namespace in which that is, if not the machine's own. */
export type Sent = Request & { readonly space?: string };

export interface Probe {
  readonly id: string;
  readonly protocol: 'icmp' | 'tcp' | 'udp';
  readonly address: string;
  /** Of TCP and UDP. */
  readonly port?: number;
}

/** answered: its bytes came back. */
export interface Measured {
  readonly id: string;
  readonly outcome: TryOutcome;
  /** The address the other side saw it come from. */
  readonly seenAs?: string;
  readonly ms?: number;
  /** The error, as the system names it. */
  readonly error?: string;
}

export interface Answers {
  listen: { readonly missing: readonly string[] };
  probe: readonly Measured[];
  poke: null;
  /** Ids of UDP probes that arrived since the last time it was asked. */
  seen: readonly string[];
  /** Its number in the lab's pid namespace. */
  pid: { readonly pid: number };
  run: Result;
  join: null;
  /** Once the machine is what the network says. */
  'start-agent': SessionStatus;
  /** null: none runs. */
  agent: AgentStatus | null;
  /** Whether one ran. */
  'kill-agent': { readonly ran: boolean };
  'start-server': null;
  server: { readonly runs: boolean };
  'kill-server': { readonly ran: boolean };
  boot: null;
}

export type Answer<K extends Request['do']> = Answers[K];

export type Reply = { readonly ok: Answer<Request['do']> } | { readonly error: Diagnostic };
