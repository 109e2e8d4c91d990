import type { Verified } from '#api';
import type { Verdict } from '#compile';
import { type Cell, drawGrid, fateOfVerdicts } from '#lab';
import { colours } from '../output.ts';
import { countLine, isFlow, mayPass, muteAmong } from './verified.ts';
import { linesOfSegment, type SegmentProof, wrongInSegment } from './verify-segment.ts';

/** What one machine tried. */
export interface From {
  readonly machine: string;
  readonly verified: readonly Verified[];
}

/** What the live network was found to be. */
export interface LiveProof {
  readonly network: string;
  readonly from: readonly From[];
  /** Machines that tried nothing, and why. */
  readonly silent: readonly { readonly machine: string; readonly why: string }[];
  /** What machines say that they cannot do, which is wrong whatever was tried. */
  readonly failures: readonly {
    readonly machine: string;
    readonly code: string;
    readonly message: string;
  }[];
  readonly segments: readonly SegmentProof[];
  readonly seconds: number;
}

/** More than so many lines hide what they have in common. */
const most = 60;

const arrived = ({ outcome }: Verified): boolean => outcome === 'answered' || outcome === 'closed';

/** Who reaches whom, counts, and every sentence about what is wrong. */
export function proofText(proof: LiveProof): string {
  const all = proof.from.flatMap(({ verified }) => verified);
  const inside = proof.segments.flatMap(({ from }) => from);
  if (all.length === 0 && inside.length === 0)
    return [
      `${proof.network}: nothing was tried`,
      ...silentLines(proof),
      ...failuresOf(proof).map((text) => `  ${colours.bad('!')} ${text}`),
    ].join('\n');
  return [
    ...(all.length > 0 ? [matrix(proof), ''] : []),
    ...countLines(all),
    ...proof.segments.flatMap(linesOfSegment),
    ...silentLines(proof),
    ...verdictLines(proof),
  ].join('\n');
}

function matrix({ from }: LiveProof): string {
  const senders = new Map(
    from.map(({ machine, verified }) => [machine, Map.groupBy(verified, ({ to }) => to)]),
  );
  const names = [
    ...new Set([...senders].flatMap(([machine, to]) => [machine, ...to.keys()])),
  ].sort();
  const cell = (a: string, b: string): Cell | undefined => {
    const own = senders.get(a)?.get(b)?.filter(isFlow);
    return own && own.length > 0 ? cellOf(own) : undefined;
  };
  return drawGrid({ names, cell }, colours);
}

const cellOf = (flows: readonly Verified[]): Cell => ({
  fate: flows.some(({ wrong }) => wrong)
    ? 'wrong'
    : fateOfVerdicts(flows.map(({ verdict }) => verdict as Verdict)),
  passing: [...new Set(flows.filter(arrived).map(({ what }) => what))],
});

function countLines(all: readonly Verified[]): readonly string[] {
  const flows = all.filter(isFlow);
  return [
    ...countLine('flows', flows.filter(mayPass), 'that may pass, passed'),
    ...countLine(
      '',
      flows.filter((flow) => !mayPass(flow)),
      'that may not, did not',
    ),
    ...countLine(
      'sizes',
      all.filter(({ what }) => what.startsWith('mtu')),
      'of the largest packets passed whole',
    ),
    ...countLine(
      'names',
      all.filter(({ what }) => what === 'name'),
      'were found',
    ),
  ];
}

const silentLines = ({ silent, segments }: LiveProof): readonly string[] => [
  ...silent.map(({ machine, why }) => `not tried    from ${machine}: ${why}`),
  ...segments.flatMap(({ segment, untried }) =>
    untried.map(({ what, why }) => `not tried    in ${segment} ${what}: ${why}`),
  ),
];

const failuresOf = ({ failures }: LiveProof): readonly string[] =>
  failures.map(({ machine, code, message }) => `${machine}: ${message} [${code}]`);

function verdictLines(proof: LiveProof): readonly string[] {
  const { from, silent, segments, seconds } = proof;
  const sentences = [
    ...failuresOf(proof),
    ...wrongOf(from),
    ...segments.flatMap((one) => wrongInSegment(one)),
  ];
  if (sentences.length === 0) {
    const but = silent.length === 0 ? '' : ', as far as it was tried';
    return [colours.good(`verdict      the network is what its file says${but} (${seconds} s)`)];
  }
  const hidden = sentences.length - most;
  return [
    colours.bad(`verdict      the network is not what its file says (${seconds} s)`),
    ...sentences.slice(0, most).map((text) => `  ${colours.bad('!')} ${text}`),
    ...(hidden > 0 ? [`  ... and ${hidden} more; --json names them all`] : []),
  ];
}

/** One sentence for each thing that is wrong; a machine that answers nobody at all is one thing. */
export function wrongOf(from: readonly From[]): readonly string[] {
  const all = from.flatMap(({ machine, verified }) => verified.map((one) => ({ ...one, machine })));
  const mute = muteAmong(all);
  return [
    ...[...mute].map(
      (to) =>
        `${to} answers nobody: it is off, its tunnel is down, or a firewall of its own drops what comes`,
    ),
    ...all.flatMap(({ machine, to, target, what, wrong }) =>
      wrong && !(mute.has(to) && what !== 'name')
        ? [`${machine} to ${to} (${target}), ${what}: ${wrong}`]
        : [],
    ),
  ];
}
