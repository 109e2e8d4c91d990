import type { Alert, Delivery } from '#api';
import type { Receiver } from '../store/alerts.ts';
import { lineOf, sendMail } from './mail.ts';
import { sendToWebhook } from './webhook.ts';

/** ms in which alerts have to be taken. */
const patience = 30_000;

/** What a receiver is sent; the same each time that it is tried. */
export function deliveryOf(
  { network, name }: Pick<Receiver, 'network' | 'name'>,
  alerts: readonly Alert[],
): Delivery {
  const numbers = [alerts.at(0)?.seq ?? 0, alerts.at(-1)?.seq ?? 0];
  return {
    delivery: [network, name, ...numbers].join('/'),
    ...{ network, receiver: name },
    text: alerts.map(lineOf).join('\n'),
    alerts: [...alerts],
  };
}

/** Sends alerts to somebody, all at once. @throws Error that says why they were not taken */
export async function send(
  { target }: Pick<Receiver, 'target'>,
  delivery: Delivery,
  { now, stop }: { readonly now: Date; readonly stop?: AbortSignal },
): Promise<void> {
  const late = AbortSignal.timeout(patience);
  const signal = stop ? AbortSignal.any([stop, late]) : late;
  try {
    if (target.kind === 'webhook') await sendToWebhook(target, delivery, { now, signal });
    else await sendMail(target, delivery, { signal });
  } catch (error) {
    if (!late.aborted) throw error;
    throw new Error(`no answer within ${patience / 1000} s`, { cause: error });
  }
}

/** Why it failed, in one line, whoever says it. */
export function whyOf(error: unknown): string {
  const { message = '', code = '' } = error as { message?: string; code?: string };
  const text = message.replaceAll(/\p{Cc}+/gu, ' ').trim() || code || 'it failed';
  return text.slice(0, 300);
}
