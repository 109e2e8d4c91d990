import { byText, type Diagnostic } from '#base';
import { Address, type Family } from '#ip';
import { formatPort } from '#spec';
import type { Trace } from '../api.ts';
import { compileErrors } from '../errors.ts';
import type { Model, Node } from '../model.ts';
import { portsOf, tableFor } from '../policy/asked.ts';
import { type PortTable, ruleForPort } from '../policy/ports.ts';
import { type Places, placesOf, type Station } from '../trace/places.ts';
import { familiesOf, trace } from '../trace/trace.ts';
import { causeOf } from './causes.ts';
import { type Pair, representativePairs } from './pairs.ts';
import { stationClasses } from './stations.ts';

export interface Proof {
  readonly diagnostics: readonly Diagnostic[];
  readonly pairs: number;
  readonly classes: number;
}

/**
 * Law 3: every pair the policy allows is reachable hop by hop through the compiled states, there and
 * back; every other pair that passes a machine of ours is not. Walked per pair of classes.
 */
export function prove(model: Model): Proof {
  const places = placesOf(model);
  const classes = stationClasses(places);
  const pairs = representativePairs(model, classes);
  const failures = pairs.flatMap((pair) => provePair(places, pair));
  const stations = classes.reduce((sum, c) => sum + c.stations.length, 0);
  return {
    diagnostics: distinct(onePerCause(places, failures)),
    pairs: stations * (stations - 1),
    classes: classes.length,
  };
}

/** A pair that the compiled states treat otherwise than the policy says. */
interface Failure extends Pair {
  readonly family: Family;
  readonly found: Trace;
}

function provePair(places: Places, { from, to }: Pair): readonly Failure[] {
  return familiesOf(from, to).flatMap((family) => {
    const { model } = places;
    const first = trace(model, from.name, to.name, { protocol: 'icmp' }, family);
    const table = tableFor(model, first);
    return portsOf(table).flatMap((port) => {
      const found =
        port.protocol === 'icmp' ? first : trace(model, from.name, to.name, port, family);
      return disagreement(from, to, family, found, table);
    });
  });
}

function disagreement(
  from: Station,
  to: Station,
  family: Family,
  found: Trace,
  table: PortTable | undefined,
): readonly Failure[] {
  if (found.verdict === 'outside') return [];
  const wanted = !table || ruleForPort(table, found.port) !== undefined;
  if (found.verdict === (wanted ? 'allow' : 'deny')) return [];
  if (isLeftOut(from, found.destination) || isLeftOut(to, found.source)) return [];
  return [{ from, to, family, found }];
}

/** Two units without a way to each other are told once; what another finding explains is not told. */
function onePerCause(places: Places, failures: readonly Failure[]): readonly Diagnostic[] {
  const { model } = places;
  const told = new Set<string>();
  return failures.flatMap((failure) => {
    const { from, to, family, found } = failure;
    const cause = found.verdict === 'unreachable' && causeOf(model, from, to, family);
    if (!cause) return [findingOf(places, failure)];
    if (cause.told) return [];
    const key = cause.between
      .map(({ unit }) => unit.name)
      .sort(byText)
      .join(' ');
    if (told.has(key)) return [];
    told.add(key);
    const [a, b] = cause.between;
    const reason =
      a.machine.endpoint || b.machine.endpoint
        ? 'the topology has no way between them'
        : 'neither has an endpoint, and they meet at no site that has one';
    return [unreachable(places, stationOf(a), stationOf(b), reason)];
  });
}

const stationOf = (node: Node): Station => ({ kind: 'node', name: node.name, node });

function findingOf(places: Places, { from, to, family, found }: Failure): Diagnostic {
  const reason =
    found.verdict === 'allow'
      ? `no rule allows ${formatPort(found.port)}, yet it passes`
      : found.reason;
  return unreachable(places, from, to, `${reason} (IPv${family})`);
}

function unreachable(places: Places, from: Station, to: Station, reason: string): Diagnostic {
  const args = { from: from.name, to: to.name, reason, remedy: remedyFor(places, from, to) };
  const where = { place: placeOf(from), text: from.name };
  return compileErrors.diagnostic('compile/unreachable', args, where);
}

/** The file says that a member does not reach this address through the tunnel. */
function isLeftOut(station: Station, address: string): boolean {
  const allowed = station.kind === 'node' ? station.node.machine.allowedIps : undefined;
  const prefix = Address.tryParse(address);
  return !!allowed && !!prefix && !allowed.some((one) => one.contains(prefix));
}

const placeOf = (station: Station) =>
  station.kind === 'node' ? station.node.machine.place : station.host.place;

function remedyFor(places: Places, from: Station, to: Station): string {
  const behind = [from, to].filter(
    (s) => s.kind === 'node' && s.node.machine.endpoint === undefined,
  );
  if (behind.length === 2) {
    return `Give ${from.name} or ${to.name} an endpoint, or add a site with one that both can link with.`;
  }
  const topology = places.model.network.topology.kind;
  return `Look at the topology (${topology}) between the two: every machine on the way must link with the next.`;
}

/** The same pair fails the same way on every port: say it once. */
function distinct(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter(({ message }) => {
    const fresh = !seen.has(message);
    seen.add(message);
    return fresh;
  });
}
