import type { NetworkEvent } from '#api';
import type { Network } from '../network/network.ts';
import type { Snapshot } from '../network/snapshot.ts';
import type { Card } from '../presence/card.ts';
import type { NewAlert } from '../store/alerts.ts';
import type { Store, Transaction } from '../store/contract.ts';
import { silenceOf, sitesOf } from './silence.ts';
import { stillOf } from './still.ts';
import { happened, type Outcome, settled, subjectOf, type Trouble } from './trouble.ts';

/** Events that are read at once. */
const page = 500;

/** What is known of a machine's connection; undefined: it has none. */
export type CardOf = (machine: string | undefined) => Card | undefined;

type Troubles = ReadonlyMap<string, Trouble>;

/** What the events of a network since the last time, and the time that passed, make somebody's business. */
export async function raise(
  store: Store,
  network: Network,
  { now, cardOf }: { readonly now: Date; readonly cardOf: CardOf },
): Promise<void> {
  const found = await store.read(async (tx) => read(tx, network.name));
  const { snapshot } = network;
  const gone = await goneOf(network, snapshot, found.troubles);
  const around = { snapshot, gone, now, cardOf };
  if (found.after !== undefined && !isNews(weigh(found, around))) return;
  // Decided anew on what is there then: another server may have done it.
  await store.write(async (tx) => {
    const current = await read(tx, network.name);
    const { troubles, told, after } = weigh(current, around);
    for (const [subject, trouble] of troubles) {
      await tx.putTrouble(network.name, subject, trouble);
    }
    if (told.length > 0) await tx.addAlerts(network.name, told);
    await tx.putCursor(cursorOf(network.name), after);
  });
}

const cursorOf = (network: string): string => `alerts/${network}`;

/** From now on what happens in a network is read, if it was not. */
export async function beginReading(tx: Transaction, network: string): Promise<void> {
  if ((await tx.cursor(cursorOf(network))) !== undefined) return;
  const [newest] = await tx.events(network, { limit: 1 });
  await tx.putCursor(cursorOf(network), newest?.seq ?? 0);
}

interface Read {
  /** Up to which event all was read; undefined: nothing ever was. */
  readonly after: number | undefined;
  readonly events: readonly NetworkEvent[];
  readonly troubles: Troubles;
  readonly silences: Awaited<ReturnType<Transaction['silences']>>;
}

async function read(tx: Transaction, network: string): Promise<Read> {
  const after = await tx.cursor(cursorOf(network));
  const events = await tx.events(network, { after, limit: after === undefined ? 1 : page });
  const troubles = await tx.troubles(network);
  const isQuiet = events.length === 0 && troubles.size === 0;
  return { after, events, troubles, silences: isQuiet ? [] : await tx.silences(network) };
}

/** Of what is not well, that which is no part of the network any more. */
async function goneOf(
  network: Network,
  snapshot: Snapshot,
  troubles: Troubles,
): Promise<ReadonlySet<string>> {
  const isTunnel = ({ other }: Trouble): boolean => other !== undefined;
  const needsPairs = troubles.values().some(isTunnel);
  const pairs = needsPairs ? await network.tunnelPairs(snapshot).catch(() => undefined) : [];
  const tunnels = pairs && new Set(pairs.map(({ machines: [a, b] }) => `${a} ${b}`));
  const exists = ({ machine = '', other, service }: Trouble): boolean => {
    if (service !== undefined) return snapshot.monitors.some(({ name }) => name === service);
    if (other === undefined) return snapshot.machines.has(machine);
    return !tunnels || tunnels.has(`${machine} ${other}`) || tunnels.has(`${other} ${machine}`);
  };
  const hasEnd = ({ is, isUnsaid }: Trouble): boolean => is === 'state' || isUnsaid === true;
  const gone = [...troubles].filter(([, trouble]) => hasEnd(trouble) && !exists(trouble));
  return new Set(gone.map(([subject]) => subject));
}

interface Weighed {
  readonly after: number;
  readonly troubles: ReadonlyMap<string, Trouble | undefined>;
  readonly told: readonly NewAlert[];
}

interface Around {
  readonly snapshot: Snapshot;
  readonly gone: ReadonlySet<string>;
  readonly now: Date;
  readonly cardOf: CardOf;
}

/** Pure. */
function weigh(
  { after, events, troubles, silences }: Read,
  { snapshot, gone, now, cardOf }: Around,
): Weighed & { readonly before: number | undefined } {
  const at = now.toISOString();
  const current = new Map<string, Trouble | undefined>(troubles);
  const changed = new Map<string, Trouble | undefined>();
  const told: NewAlert[] = [];
  const take = (subject: string, { trouble, told: alert }: Outcome): void => {
    if (trouble !== current.get(subject)) changed.set(subject, trouble);
    current.set(subject, trouble);
    if (!alert) return;
    const sites = sitesOf(snapshot, alert);
    told.push({ ...alert, at, ...(sites.length > 0 && { sites: [...sites] }) });
  };
  const silenced = (about: Parameters<typeof silenceOf>[2], when: string): boolean =>
    silenceOf(snapshot, silences, about, when) !== undefined;
  // Where nothing was ever read, what was before is nobody's business.
  for (const event of after === undefined ? [] : events) {
    const subject = subjectOf(event);
    take(subject, happened(current.get(subject), event, silenced(event, event.at)));
  }
  for (const [subject, trouble] of current) {
    const exists = !gone.has(subject);
    if (!trouble) continue;
    const isSilenced = silenced(trouble, at);
    const still = trouble.isUnsaid && stillOf(trouble, cardOf(trouble.machine), now);
    take(subject, settled(trouble, { now, exists, isSilenced, still }));
  }
  return { before: after, after: events.at(-1)?.seq ?? after ?? 0, troubles: changed, told };
}

const isNews = ({ before, after, troubles, told }: ReturnType<typeof weigh>): boolean =>
  after !== before || troubles.size > 0 || told.length > 0;
