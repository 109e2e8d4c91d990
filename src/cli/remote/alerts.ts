import type {
  AlertFilter,
  AlertReceiver,
  BegunSilence,
  OpenAlert,
  ResponseOf,
  Severity,
  Silence,
} from '#api';
import { columns } from '#lab';
import { paint } from '../output.ts';
import { fromNow } from '../times.ts';

const heads = (...names: readonly string[]): readonly string[] =>
  names.map((name) => paint('bold', name));

const paints: Readonly<Record<Severity, Parameters<typeof paint>[0]>> = {
  critical: 'red',
  warning: 'yellow',
  info: 'green',
};

/** Who is alerted, and of what somebody is. */
export function alertsText({ receivers, open }: ResponseOf<'alerts'>): string {
  const nobody = 'nobody is alerted; `hawser alerts add NAME --webhook URL` changes that';
  const known =
    receivers.length === 0
      ? nobody
      : columns([heads('receiver', 'to', 'of', 'last', 'state'), ...receivers.map(receiverRow)]);
  if (open.length === 0) return `${known}\n\nall is well`;
  return `${known}\n\n${columns([heads('not well', 'since', 'what'), ...open.map(openRow)])}`;
}

function receiverRow({ name, kind, target, filter, delivered, waiting, failing }: AlertReceiver) {
  const state = failing
    ? paint(
        'red',
        `takes nothing since ${fromNow(failing.since)} (${failing.attempts} attempts): ${failing.why}`,
      )
    : 'fine';
  const waits = waiting === 0 ? '' : `; ${waiting} to be sent`;
  const last = delivered === undefined ? 'nothing yet' : fromNow(delivered);
  return [name, `${kind} ${target}`, filterText(filter), last, `${state}${waits}`];
}

/** `warning and worse; down, clone; site giessen` */
export function filterText({ severity, kinds, machines, sites }: AlertFilter): string {
  const least = { critical: 'critical', warning: 'warning and worse', info: 'all' }[severity];
  return [
    kinds ? kinds.join(', ') : least,
    ...(machines ? [machines.join(', ')] : []),
    ...(sites ? sites.map((site) => `site:${site}`) : []),
  ].join('; ');
}

function openRow({ severity, since, times, wellSince, silenced, text }: OpenAlert) {
  const often = times > 1 ? ` (${times} times)` : '';
  const marks = `${silenced ? ' (silenced)' : ''}${wellSince === undefined ? '' : ' (well again, and watched)'}`;
  return [paint(paints[severity], severity), fromNow(since), `${text}${often}${marks}`];
}

/** Of what nobody is alerted. */
export const silencesText = (silences: readonly Silence[]): string =>
  silences.length === 0
    ? 'nothing is silenced'
    : columns([
        heads('silenced', 'ends', 'by', 'why'),
        ...silences.map((one) => [quietOf(one), fromNow(one.until), one.by, one.why ?? '']),
      ]);

/** That something is silenced, and what that replaces: by the server's clock, and so as it was said. */
export function begunText({ from, until, replaced = [], ...about }: BegunSilence): string {
  const ends = (at: string): string => fromNow(at, Date.parse(from));
  const before = replaced.map((one) => `${ends(one.until)} as ${one.by} said`);
  const instead = before.length === 0 ? '' : `, instead of ${before.join(' and ')}`;
  return `${quietOf(about)} is silenced; that ends ${ends(until)}${instead}`;
}

export const quietOf = ({ machine, site }: Pick<Silence, 'machine' | 'site'>): string =>
  machine ?? `site:${site ?? ''}`;
