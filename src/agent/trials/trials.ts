import { mostDiffering, mostUnnamed, type Question, type Tried } from '#api';
import { by, inParallel } from '#base';
import { entered, type Run } from '#host';
import { type Change, describeChanges, type HostState } from '#state';
import type { Pair } from '../segments/asking.ts';
import { connectAt, type Enter, enterOf, enterSpace } from '../sockets.ts';
import { countedBy } from './counter.ts';
import { informing } from './dhcp.ts';
import { echoing } from './echo.ts';
import { loadIperf } from './load/iperf.ts';
import { loadOwn } from './load/own.ts';
import { ping } from './load/ping.ts';
import { serve } from './load/serving.ts';
import { watch } from './load/watch.ts';
import { longest, outcomeOf, said } from './outcome.ts';
import { tryOutside } from './outside.ts';
import { resolving } from './resolve.ts';
import { Stations } from './stations.ts';
import { wayTo } from './way.ts';

/** So many are tried at a time: an echo is a process. */
const atOnce = 16;
type Found = Omit<Tried, 'id' | 'ms'>;

/** Where it is tried. */
export interface Site {
  readonly run: Run;
  /** What the machine should be now. */
  readonly state: HostState | undefined;
  /** Which of these answer on the port of the segment in a namespace, within ms. */
  readonly answering: (
    space: string,
    pairs: readonly Pair[],
    within: number,
  ) => Promise<readonly Pair[]>;
  /** Whom it knows on the port of the segment in a namespace beside the file. */
  readonly unnamed: (space: string) => readonly Pair[];
  /** What of the machine is not as its state says. */
  readonly differences: () => Promise<readonly Change[]>;
}

/** Tries all that is asked, each at most `within` ms. */
export const tryAll = (
  questions: readonly Question[],
  within: number,
  site: Site,
): Promise<readonly Tried[]> => {
  const stations = new Stations(questions, within, site);
  return inParallel(questions, atOnce, async (question) => {
    const began = performance.now();
    const found = await trying(question, within, site, stations);
    const ms = Math.round((performance.now() - began) * 100) / 100;
    return { id: question.id, ms, ...found };
  });
};

async function trying(
  question: Question,
  within: number,
  site: Site,
  stations: Stations,
): Promise<Found> {
  const { space } = question as { readonly space?: string };
  if (space !== undefined && !site.state?.namespaces[space]) {
    return { outcome: 'refused', error: `${space} is no namespace of this machine` };
  }
  const enter = space === undefined ? enterOf(site.state) : enterSpace(space);
  switch (question.kind) {
    case 'resolve':
      return resolving(question, within, enter);
    case 'station':
      return stations.outcomeOf(question);
    case 'holds':
      await stations.areAsked(question.space);
      return looking(async () => ({ differs: await differingIn(question.space, site) }));
    case 'unnamed':
      return looking(async () => ({ unnamed: unnamedIn(question.space, site) }));
    case 'outside':
      return tryOutside(question, within, site);
    case 'dhcp':
      return informing(question, within);
    case 'way':
      return looking(async () => {
        return { way: await wayTo(entered(site.run, enter), site.state, question.address) };
      });
    case 'counter':
      return looking(async () => {
        const counted = await countedBy(site.run, site.state, question.name);
        return counted && { counted };
      });
    case 'watch':
      return looking(async () => ({ watched: await watch(question.seconds) }));
    case 'ping':
      return looking(async () => {
        const pinged = await ping(question.address, question.seconds, enter);
        return pinged && { pinged };
      });
    case 'serve':
      return looking(async () => {
        await serve(question, enter);
        return {};
      });
    case 'load':
      return looking(async () => ({
        loaded: await (question.tool === 'iperf3'
          ? loadIperf(question, enter)
          : loadOwn(question, enter)),
      }));
    default:
      return question.port === undefined
        ? echoing(question, within, { enter })
        : connecting(question.address, question.port, within, enter);
  }
}

type Seen = Pick<
  Tried,
  'way' | 'counted' | 'differs' | 'unnamed' | 'watched' | 'pinged' | 'loaded'
>;

/** What this machine finds; what it does not is refused, with its word. */
async function looking(look: () => Promise<Seen | undefined>): Promise<Found> {
  try {
    const found = await look();
    return found ? { outcome: 'answered', ...found } : { outcome: 'refused' };
  } catch (error) {
    return { outcome: 'refused', error: said(error) };
  }
}

/** Machines on the port that no file names, by address; the first of them. */
function unnamedIn(space: string, { unnamed }: Site): NonNullable<Tried['unnamed']> {
  const all = unnamed(space).map(([mac, address]) => ({ mac, address }));
  return { all: all.length, some: all.sort(by(({ address }) => address)).slice(0, mostUnnamed) };
}

/** What differs in a namespace, the first of it. */
async function differingIn(space: string, { differences }: Site): Promise<string[]> {
  const all = (await differences()).filter(({ namespace }) => namespace === space);
  return describeChanges(all)
    .slice(0, mostDiffering)
    .map((line) => line.slice(0, longest));
}

/** A connection that is ended as soon as it stands: nobody is told anything. */
async function connecting(
  host: string,
  port: number,
  within: number,
  enter: Enter,
): Promise<Found> {
  try {
    (await connectAt(enter, { host, port }, within)).destroy();
    return { outcome: 'answered' };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const outcome = outcomeOf(code ?? '');
    return outcome === 'silent' ? { outcome } : { outcome, error: code ?? message };
  }
}
