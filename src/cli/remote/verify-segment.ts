import type { Verified } from '#api';
import { countLine, isFlow, mayPass, muteAmong } from './verified.ts';

/** What of one segment was tried, by whom, and what was not. */
export interface SegmentProof {
  readonly segment: string;
  /** By machines, routers and DHCP servers of ours. */
  readonly from: readonly { readonly machine: string; readonly verified: readonly Verified[] }[];
  readonly untried: readonly { readonly what: string; readonly why: string }[];
}

const isStation = ({ what }: Verified): boolean => what === 'arp' || what === 'nd';

/** How much of each kind is as the file says. */
export function linesOfSegment({ segment, from }: SegmentProof): readonly string[] {
  const all = from.flatMap(({ verified }) => verified);
  const flows = all.filter(isFlow);
  const counts = [
    [flows.filter(mayPass), 'flows that may pass, passed'],
    [flows.filter((flow) => !mayPass(flow)), 'flows that may not, did not'],
    [all.filter(isStation), 'addresses of machines are answered for at their sites'],
    [all.filter(({ what }) => what.startsWith('mtu')), 'of the largest packets passed whole'],
    [all.filter(({ what }) => what === 'name'), 'names were found'],
    [all.filter(({ what }) => what === 'dhcp'), 'DHCP servers of ours answer'],
    [all.filter(({ what }) => what.startsWith('egress')), 'on the lists of routers are reached'],
    [all.filter(({ what }) => what === 'filters'), 'namespaces are as they should be'],
  ] as const;
  return counts
    .flatMap(([some, did]) => countLine('', some, did))
    .map((line, i) => (i === 0 ? `in ${segment}`.padEnd(13) + line.slice(13) : line));
}

type Told = Verified & { readonly machine: string };

/** One sentence for each thing that is wrong; a machine, or a server of names, that answers nobody is one thing. */
export function wrongInSegment({ segment, from }: SegmentProof): readonly string[] {
  const all = from.flatMap(({ machine, verified }) => verified.map((one) => ({ ...one, machine })));
  const [mute, dumb] = [muteAmong(all), dumbAmong(all)];
  const isTold = (one: Told): boolean =>
    one.by === undefined ? mute.has(one.to) && !isOther(one) : dumb.has(one.by);
  return [
    ...[...mute].map((to) => {
      const asked = all.find((one) => one.to === to && isStation(one));
      return `${to} answers nobody${whyMute(asked)}`;
    }),
    ...[...dumb].map((by) => `${by} answers nobody who asks it for names`),
    ...all.flatMap((one) => (one.wrong === undefined || isTold(one) ? [] : [sentenceOf(one)])),
  ].map((sentence) => `in ${segment} ${sentence}`);
}

/** What says nothing of whether a machine answers. */
const isOther = ({ what }: Verified): boolean =>
  what === 'filters' || what === 'dhcp' || what.startsWith('egress');

/** Servers of names that answered nobody at all. */
function dumbAmong(all: readonly Verified[]): ReadonlySet<string> {
  const asked = Map.groupBy(
    all.filter(({ what }) => what === 'name'),
    ({ by }) => by,
  );
  return new Set(
    [...asked].flatMap(([by, names]) =>
      by !== undefined && names.every(({ outcome }) => outcome === 'silent') ? [by] : [],
    ),
  );
}

/** By whether it answers on the port of its own site. */
function whyMute(asked: Told | undefined): string {
  if (!asked) return ': it is off, or nothing passes to it';
  return asked.wrong === undefined
    ? `, but ${asked.machine} at its site: nothing passes to that, or a firewall of its own drops what comes`
    : `, nor ${asked.machine} at its site: it is off, or away from its port`;
}

function sentenceOf({ machine, to, target, what, by, wrong }: Told): string {
  if (what === 'filters') return `${machine}: namespace ${to} ${wrong}`;
  const asked = by === undefined ? '' : ` by ${by}`;
  return `${machine} to ${to} (${target}), ${what}${asked}: ${wrong}`;
}
