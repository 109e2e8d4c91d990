import type { Accepted, NewInvite, PlanResult, TraceResult } from '#api';
import {
  type AccessMatrix,
  accessMatrix,
  type Expectations,
  expectationsOf,
  type SegmentExpectations,
  segmentExpectations,
  type TunnelEndPlan,
  trace,
  tunnelEnds,
  type UnnamedFlows,
  unnamedFlows,
} from '#compile';
import { formatPort, parsePort } from '#spec';
import type { Basis } from './basis.ts';
import type { Operator } from './cut-off.ts';
import { handedOut, invitePlan } from './invite.ts';
import { type Lifetime, lifetimePlan } from './lifetime.ts';
import { removalPlan } from './remove.ts';
import { segmentsOf } from './segments.ts';

interface Asked {
  readonly basis: number;
}

interface FlowAsked extends Asked {
  readonly from: string;
  readonly to: string;
  /** `tcp/22`, `icmp`... */
  readonly port: string;
  readonly family?: 4 | 6 | undefined;
}

interface InviteAsked extends Asked {
  readonly invite: NewInvite;
  readonly operator?: Operator | undefined;
}

interface RemovalAsked extends Asked {
  readonly machine: string;
  readonly operator?: Operator | undefined;
}

interface LifetimeAsked extends Asked {
  readonly lifetime: Lifetime;
  readonly operator?: Operator | undefined;
}

type InSegmentWanted = Asked & Parameters<typeof segmentExpectations>[1];
type UnnamedWanted = Asked & Parameters<typeof unnamedFlows>[1];
type ExpectationsWanted = Asked & Parameters<typeof expectationsOf>[1];

/** What people look up in a network as it is meant, for which all must have joined; `get`: by its number. */
export const inspectionCalls = (get: (basis: number) => Basis) => ({
  tunnelEnds: ({ basis, ends: [a, b] }: Asked & { readonly ends: readonly [string, string] }) =>
    tunnelEnds(get(basis).compiled.model, a, b) as TunnelEndPlan[],

  /** @throws as `invitePlan` */
  invitePlan: ({ basis, invite, operator }: InviteAsked): PlanResult =>
    invitePlan(get(basis), invite, operator),

  /** A `PlanResult` as JSON: of a large network it is large. @throws as `removalPlan` */
  removalPlan: ({ basis, machine, operator }: RemovalAsked): string =>
    JSON.stringify(removalPlan(get(basis), machine, operator)),

  /** @throws as `lifetimePlan` */
  lifetimePlan: ({ basis, lifetime, operator }: LifetimeAsked): PlanResult =>
    lifetimePlan(get(basis), lifetime, operator),

  /** What a device is set up with whose holder was invited. */
  handedOut: ({
    basis,
    machine,
  }: Asked & { readonly machine: string }): Omit<Accepted, 'network'> =>
    handedOut(get(basis), machine),

  segments: ({ basis }: Asked) => segmentsOf(get(basis).compiled.model.network),

  access: ({ basis }: Asked): AccessMatrix => accessMatrix(get(basis).compiled.whole),

  /** Of the network as it is now: who has not joined is nobody's peer. @throws compile/unknown-machine */
  expectations: ({ basis, ...choice }: ExpectationsWanted): Expectations =>
    expectationsOf(get(basis).compiled.model, choice),

  segmentExpectations: ({ basis, ...choice }: InSegmentWanted): SegmentExpectations =>
    segmentExpectations(get(basis).compiled.model, choice),

  unnamedFlows: ({ basis, ...choice }: UnnamedWanted): UnnamedFlows =>
    unnamedFlows(get(basis).compiled.model, choice),

  /** @throws compile/unknown-machine, spec/bad-port */
  trace({ basis, from, to, port, family }: FlowAsked): TraceResult {
    const found = trace(get(basis).compiled.whole, from, to, parsePort(port), family);
    const { hops, back, decision, ...rest } = found;
    const { place, ...decided } = decision ?? {};
    return {
      ...rest,
      port: formatPort(found.port),
      hops: [...hops],
      back: [...back],
      ...(decision && {
        decision: {
          ...decided,
          machine: decision.machine,
          ...(place && { file: place.file, line: place.line }),
        },
      }),
    };
  },
});
