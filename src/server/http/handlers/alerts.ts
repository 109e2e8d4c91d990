import { type AlertTarget, apiErrors } from '#api';
import { beginReading } from '../../alerts/raise.ts';
import { deliveryOf, send, whyOf } from '../../alerts/send.ts';
import { formatTarget, openAlerts, shownReceiver } from '../../alerts/shown.ts';
import { serverErrors } from '../../errors.ts';
import type { Handlers } from '../call.ts';
import { type Context, onceOfKind } from './context.ts';
import { requireMachine, requireSite } from './named.ts';

type Names = 'alerts' | 'putReceiver' | 'removeReceiver' | 'testReceiver';

const noReceiver = (name: string) =>
  apiErrors.error('api/not-found', { what: `receiver of alerts ${name}` });

/** @throws server/bad-receiver */
function requireTarget(target: AlertTarget): void {
  const text = target.kind === 'webhook' ? target.url : target.server;
  const url = URL.parse(text);
  const may = target.kind === 'webhook' ? ['http:', 'https:'] : ['smtp:', 'smtps:'];
  const isFine = url && may.includes(url.protocol) && url.hostname !== '';
  if (isFine && !url.username && !url.password) return;
  throw serverErrors.error('server/bad-receiver', { kind: target.kind });
}

/** Who is alerted, and of what. */
export function alertHandlers(context: Context): Pick<Handlers, Names> {
  const { store, clock } = context;
  const receiverOf = async (network: string, name: string) => {
    const all = await store.read(async (tx) => tx.receivers(network));
    const found = all.find((one) => one.name === name);
    if (!found) throw noReceiver(name);
    return found;
  };
  return {
    async alerts({ params: { network: name } }) {
      const { snapshot } = context.networks.get(name).network;
      return store.read(async (tx) => {
        const receivers = [];
        for (const one of await tx.receivers(name)) receivers.push(await shownReceiver(tx, one));
        const [troubles, silences] = [await tx.troubles(name), await tx.silences(name)];
        return { receivers, open: openAlerts(snapshot, troubles, silences, clock().toISOString()) };
      });
    },

    async putReceiver(call) {
      const { params, body, actor } = call;
      const { target, filter } = body;
      const { network, receiver: name } = params;
      requireTarget(target);
      const { snapshot } = context.networks.get(network).network;
      // One that is misspelt would be alerted of nothing, which looks as if all were well.
      for (const machine of filter.machines ?? []) requireMachine(snapshot, machine);
      for (const site of filter.sites ?? []) requireSite(snapshot, site);
      const made = clock().toISOString();
      await onceOfKind(context, call, 'putReceiver', async () => ({
        author: actor.name,
        action: 'alert-receiver',
        detail: { receiver: name, target: formatTarget(target), filter },
        also: async (tx) => {
          await beginReading(tx, network);
          // It is told of what comes; one that is changed, of what waited, too.
          const before = (await tx.receivers(network)).find((one) => one.name === name);
          const [newest] = await tx.alerts(network, { limit: 1 });
          const sent = before?.sent ?? newest?.seq ?? 0;
          await tx.putReceiver({ network, name, target, filter, made, sent });
        },
      }));
      return undefined;
    },

    async removeReceiver(call) {
      const { params, actor } = call;
      const { network, receiver: name } = params;
      await onceOfKind(context, call, 'removeReceiver', async () => {
        await receiverOf(network, name);
        return {
          author: actor.name,
          action: 'alert-receiver-remove',
          detail: { receiver: name },
          also: async (tx) => tx.removeReceiver(network, name),
        };
      });
      return undefined;
    },

    async testReceiver({ params: { network, receiver: name }, actor }) {
      context.networks.get(network);
      const receiver = await receiverOf(network, name);
      const now = clock();
      const at = now.toISOString();
      const text = `${actor.name} asked for this, to see whether alerts of ${network} arrive`;
      const about = { seq: 0, is: 'test', kind: 'test', severity: 'info' } as const;
      const delivery = deliveryOf(receiver, [{ ...about, at, since: at, text }]);
      const began = performance.now();
      await send(
        receiver,
        { ...delivery, delivery: `${delivery.delivery}/${now.getTime()}` },
        { now },
      ).catch((error: unknown) => {
        throw serverErrors.error('server/alert-not-taken', { name, why: whyOf(error) });
      });
      return { took: Math.round(performance.now() - began) };
    },
  };
}
