import type { BenchmarkResult, BenchmarkWay, Pinged } from '#api';
import { columns } from '#lab';
import { paint } from '../output.ts';
import { bytes } from './tunnels.ts';

/** How much passed each way, how long echoes took, and what was in the way of more. */
export function benchmarkText({
  network,
  path,
  tool,
  port,
  latency,
  ways,
}: BenchmarkResult): string {
  const by = tool === 'iperf3' ? 'iperf3' : 'the agents themselves';
  return [
    `${network}: ${path.join(' - ')}, measured by ${by} over tcp/${port}`,
    columns([
      ['from', 'to', 'passed', 'in', 'sent', 'again', 'echoes'].map((name) => paint('bold', name)),
      ...ways.map(row),
    ]),
    latency
      ? `without load an echo took ${times(latency)}`
      : 'no echo came back: the policy may forbid them',
    ...ways.map(({ from, to, limit, why }) => `${from} to ${to}: ${paint('bold', limit)}: ${why}`),
  ].join('\n');
}

const row = ({ from, to, rate, seconds, bytes: sent, again, segments, latency }: BenchmarkWay) => [
  from,
  to,
  paint('bold', rateText(rate)),
  `${seconds.toFixed(1)} s`,
  bytes(sent),
  again === undefined || !segments ? '' : `${((100 * again) / segments).toFixed(2)} %`,
  latency ? times(latency) : '',
];

const times = ({ least = 0, mean = 0, most = 0 }: Pinged): string =>
  `${least} / ${mean} / ${most} ms`;

const units = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'];

/** `941 Mbit/s`, by thousands. */
export function rateText(rate: number): string {
  const power = rate < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(rate) / 3));
  const value = rate / 1000 ** power;
  return `${power === 0 ? value : value.toPrecision(3)} ${units[power]}`;
}
