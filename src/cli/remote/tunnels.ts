import { type TunnelState, type TunnelStatus, type TunnelsStatus, tunnelStates } from '#api';
import { columns } from '#lab';
import { paint } from '../output.ts';

export const tunnelPaints: Readonly<Record<TunnelState, Parameters<typeof paint>[0]>> = {
  misconfigured: 'red',
  down: 'red',
  stale: 'yellow',
  degraded: 'yellow',
  never: 'yellow',
  invited: 'yellow',
  unknown: 'yellow',
  up: 'green',
};

/** How many tunnels are how, and each that was asked for. */
export function tunnelsText({ network, counts, leftOut, tunnels }: TunnelsStatus): string {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (total === 0) return `${network}: no tunnels`;
  const head = `${network}: ${total} tunnel${total === 1 ? '' : 's'}: ${numbers(counts)}`;
  if (tunnels.length === 0) return `${head}\nnone of them is what you asked for`;
  const names = ['state', 'between', 'and', '->', '<-', 'why'].map((name) => paint('bold', name));
  return [
    head,
    columns([names, ...tunnels.map(row)]),
    ...gatewaysOnly(tunnels),
    ...leftOutLines(leftOut),
  ].join('\n');
}

/** How many are how, the worst first. */
const numbers = (counts: TunnelsStatus['counts']): string =>
  tunnelStates
    .filter((state) => counts[state] !== undefined)
    .map((state) => paint(tunnelPaints[state], `${counts[state]} ${state}`))
    .join(', ');

/** Of those that the answer had no room for. */
const leftOutLines = (leftOut: TunnelsStatus['leftOut']): readonly string[] =>
  leftOut
    ? [
        `not listed, as there are too many: ${numbers(leftOut)}; \`hawser tunnels MACHINE\` lists those of one machine, \`hawser tunnels MACHINE OTHER\` the one between two`,
      ]
    : [];

/** Behind these nobody can be asked. */
function gatewaysOnly(tunnels: readonly TunnelStatus[]): readonly string[] {
  const alone = tunnels
    .flatMap(({ ends }) => ends)
    .filter(({ behind }) => behind && Object.keys(behind).length === 0)
    .map(({ machine }) => machine);
  return gatewayOnlyLines([...new Set(alone)].sort());
}

/** Of gateways behind which nothing can be asked. */
export const gatewayOnlyLines = (names: readonly string[]): readonly string[] =>
  names.length === 0
    ? []
    : [`gateway only, with nothing behind it to be asked: ${names.join(', ')}`];

const row = ({ state, why, ends: [a, b] }: TunnelStatus): readonly string[] => [
  paint(tunnelPaints[state], state),
  a.machine,
  b.machine,
  bytes(a.sample?.tx ?? b.sample?.rx),
  bytes(b.sample?.tx ?? a.sample?.rx),
  why,
];

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];

/** `12.3 MB`, by thousands. */
export function bytes(count: number | undefined): string {
  if (count === undefined) return '';
  const power = count < 1000 ? 0 : Math.floor(Math.log10(count) / 3);
  const value = count / 1000 ** power;
  return `${power === 0 ? value : value.toPrecision(3)} ${units[power]}`;
}
