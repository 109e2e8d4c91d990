import type { AlertReceiver, AlertTarget, OpenAlert, Silence } from '#api';
import type { Snapshot } from '../network/snapshot.ts';
import type { Receiver } from '../store/alerts.ts';
import type { Transaction } from '../store/contract.ts';
import { isWanted } from './severity.ts';
import { silenceOf } from './silence.ts';
import type { Trouble } from './trouble.ts';

/** Alerts that wait are counted up to so many. */
const most = 1_000;

/** Where alerts go, without what only some may know: webhooks have secrets in their paths. */
export function formatTarget(target: AlertTarget): string {
  if (target.kind === 'webhook') {
    const { origin, pathname, search } = new URL(target.url);
    return pathname === '/' && search === '' ? origin : `${origin}/...`;
  }
  return `${target.to.join(', ')} by ${new URL(target.server).host}`;
}

/** A receiver as people see it. */
export async function shownReceiver(tx: Transaction, receiver: Receiver): Promise<AlertReceiver> {
  const { network, name, target, filter, made, sent, delivered, failing } = receiver;
  const after = await tx.alerts(network, { after: sent, limit: most });
  return {
    ...{ name, kind: target.kind, target: formatTarget(target), filter, made },
    ...(delivered !== undefined && { delivered }),
    waiting: after.filter((alert) => isWanted(filter, alert)).length,
    ...(failing && { failing: { ...failing } }),
  };
}

/** What is not well now, the longest first. */
export function openAlerts(
  snapshot: Snapshot,
  troubles: ReadonlyMap<string, Trouble>,
  silences: readonly Silence[],
  at: string,
): OpenAlert[] {
  const open = [...troubles.values()].filter(({ is }) => is === 'state');
  return open
    .map(({ is: _, toldAs: __, seen: ___, isUnsaid: ____, ...trouble }): OpenAlert => {
      const silenced = silenceOf(snapshot, silences, trouble, at) !== undefined;
      return { ...trouble, ...(silenced && { silenced }) };
    })
    .sort((a, b) => (a.since < b.since ? -1 : 1));
}
