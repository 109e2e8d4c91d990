import { formatPort, type Port, parsePort } from '#spec';

const lastPort = 65_535;
/** So many gaps are shorter told than what lies between them. */
const mostGaps = 2;
/** Ports in one of them: who lacks more cannot be said to have the rest. */
const widestGap = 100;

/**
 * What of everything does not pass, where that is little: a few narrow gaps. None: everything passes; undefined: more than
 * that is closed, or ICMP is. `passing` is in any order and has nothing twice.
 */
export function closedPorts(passing: readonly Port[]): readonly Port[] | undefined {
  if (!passing.some(({ protocol }) => protocol === 'icmp')) return undefined;
  const gaps = [...gapsIn(passing, 'tcp'), ...gapsIn(passing, 'udp')];
  const isLittle =
    gaps.length <= mostGaps && gaps.every(({ first, last }) => last - first < widestGap);
  return isLittle ? gaps : undefined;
}

type Span = Exclude<Port, { readonly protocol: 'icmp' }>;

function gapsIn(passing: readonly Port[], protocol: Span['protocol']): readonly Span[] {
  const own = passing
    .filter((port): port is Span => port.protocol === protocol)
    .sort((a, b) => a.first - b.first);
  const starts = [1, ...own.map(({ last }) => last + 1)];
  const ends = [...own.map(({ first }) => first - 1), lastPort];
  return starts.flatMap((first, index) => {
    const last = ends[index] ?? lastPort;
    return first <= last ? [{ protocol, first, last }] : [];
  });
}

/** What passes, in few words: `icmp, tcp/22`, `all`, `all but tcp/14790`. Takes what `formatPort` makes. */
export function portsText(passing: readonly string[]): string {
  const closed = closedPorts(passing.map(parsePort));
  if (!closed) return passing.join(', ');
  return closed.length === 0 ? 'all' : `all but ${closed.map(formatPort).join(', ')}`;
}
