import type { Port } from '#spec';
import type { Report } from '../events.ts';
import { inNetwork, type Lab } from '../lab.ts';
import { causesOf } from './causes.ts';
import { deciders, readCounters, refusals } from './counters.ts';
import { type Choice, carriersOf, expectations } from './expect.ts';
import { awaitHandshakes } from './handshakes.ts';
import { measure } from './measure.ts';
import { troublesOf, tunnelBetween } from './tunnels.ts';
import { mismatchOf, type Proof, refusalMismatch } from './verdict.ts';

export interface ProofOptions extends Choice {
  readonly report?: Report;
  readonly ports?: readonly Port[];
  /** How long tunnels have to shake hands; 0: do not ask. */
  readonly handshakesWithinMs?: number;
  /** What comes unexpectedly is not asked again. */
  readonly once?: boolean;
}

/**
 * Measures what the compiled states predict: every handshake, and every flow between all machines in
 * all classes and families, each refusal also by the counter of the rule that made it.
 */
export async function prove(lab: Lab, options: ProofOptions = {}): Promise<Proof> {
  const began = performance.now();
  const report = options.report ?? (() => undefined);
  const withinMs = options.handshakesWithinMs ?? 30_000;
  const troubles = await troublesOf(lab);
  const handshakes =
    withinMs === 0
      ? { expected: 0, missing: [] }
      : await awaitHandshakes(lab.stations, lab.states, {
          withinMs,
          isDead: (machine, peer) => troubles.has(tunnelBetween(machine, peer)),
          onProgress: (done, all) => report({ stage: 'handshakes', done, all }),
        });
  const silent = handshakes.missing.map(({ machine, peer }) => tunnelBetween(machine, peer));
  const dead = new Set([...troubles.keys(), ...silent]);
  const flows = expectations(lab.model, inNetwork(lab), options);
  report({ stage: 'proof', done: 0, all: flows.length });
  const machines = deciders(flows);
  const before = await readCounters(lab.stations, machines);
  const findings = await measure(lab.stations, flows, {
    again: (flow) => options.once !== true && !carriersOf(flow).some((each) => dead.has(each)),
    onDone: (done) => report({ stage: 'proof', done, all: flows.length }),
  });
  const counted = refusals(flows, before, await readCounters(lab.stations, machines));
  report({ stage: 'proof', done: flows.length, all: flows.length });
  const { missing } = handshakes;
  const unitOf = (name: string) =>
    lab.underlay.stations.find((station) => station.name === name)?.unit ?? name;
  return {
    ...causesOf({ findings, refusals: counted, missing, troubles, unitOf }),
    findings,
    refusals: counted,
    handshakes,
    mismatches: [
      ...missing.map((m) => `${m.machine} and ${m.peer} did not shake hands`),
      ...findings.flatMap((finding) => mismatchOf(finding) ?? []),
      ...counted.flatMap((each) => refusalMismatch(each) ?? []),
    ],
    seconds: Math.round((performance.now() - began) / 100) / 10,
  };
}
