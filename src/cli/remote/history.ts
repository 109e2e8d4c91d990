import type { TunnelHistory } from '#api';
import { columns } from '#lab';
import { paint } from '../output.ts';
import { bytes } from './tunnels.ts';

/** Characters of a line that is drawn. */
const width = 60;
const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

type Values = readonly (number | null)[];
const known = (values: Values): readonly number[] =>
  values.filter((value): value is number => value !== null);

/** Means of as many spans as there is room for; null where nothing is known. */
function narrowed(values: Values): Values {
  const span = Math.max(1, Math.ceil(values.length / width));
  return Array.from({ length: Math.ceil(values.length / span) }, (_, index) => {
    const some = known(values.slice(index * span, (index + 1) * span));
    return some.length === 0 ? null : some.reduce((sum, one) => sum + one, 0) / some.length;
  });
}

/** A bar for each value, up to the largest; a space where nothing is known. */
export function drawn(values: Values): string {
  const means = narrowed(values);
  const top = Math.max(...known(means), Number.MIN_VALUE);
  return means
    .map((value) => (value === null ? ' ' : bars[Math.min(7, Math.floor((value / top) * 7.999))]))
    .join('');
}

const milliseconds = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;

/** Means and largest values, and what all of it was, drawn. */
export function historyText(history: TunnelHistory): string {
  const { machines, from, step, there, back, rtt, loss, handshakes } = history;
  const [a, b] = machines;
  const until = new Date(Date.parse(from) + there.length * step * 1000).toISOString();
  const perSecond = (value: number): string => `${bytes(Math.round(value / step))}/s`;
  if ([there, back, rtt].every((values) => known(values).length === 0)) {
    return `nothing is known of the tunnel between ${a} and ${b} since ${from}`;
  }
  const row = (name: string, values: Values, say: (value: number) => string) => {
    const all = known(values);
    const mean = all.reduce((sum, one) => sum + one, 0) / all.length;
    const words = all.length === 0 ? ['', ''] : [say(mean), say(Math.max(...all))];
    return [name, ...words, drawn(values)];
  };
  const shaken = known(handshakes).reduce((sum, one) => sum + one, 0);
  return [
    `${a} and ${b}: ${from} to ${until}, every ${step} s; ${shaken} handshakes`,
    columns([
      ['', 'mean', 'most', ''].map((name) => paint('bold', name)),
      row('->', there, perSecond),
      row('<-', back, perSecond),
      row('answer', rtt, milliseconds),
      row('loss', loss, percent),
    ]),
  ].join('\n');
}
