import type { Tried, Verified, VerifySegmentResult } from '#api';
import { HawserError } from '#base';
import type { SegmentPart, UnnamedAt, UnnamedFlows } from '#compile';
import { type Ask, arrived, ofFlows, reach, tryAll } from './verify.ts';
import { trialOfStation } from './verify-segment.ts';

export type Found = Pick<VerifySegmentResult, 'verified' | 'untried'>;
type Untried = VerifySegmentResult['untried'][number];

export interface Asking {
  /** Has the agent of a machine try something. @throws server/not-connected, server/tries-nothing ... */
  readonly askOf: (machine: string) => Ask;
  /** What the file says of these addresses, for whoever speaks in a part. */
  readonly flowsTo: (addresses: readonly string[]) => Promise<UnnamedFlows>;
}

/** ms in which whoever is there answers. */
const within = 1_500;

/**
 * Machines that no file names, and gateways know by sight or by a lease: each asks for those on its own port, and those of ours at
 * other sites ping them. No file says that one of them has to be there, or hears pings: what is silent at its own site is wrong nowhere.
 */
export async function verifyUnnamed(part: SegmentPart, asking: Asking): Promise<Found> {
  const all = await Promise.all(part.unnamed.map((at) => verifyAt(part, at, asking)));
  return {
    verified: all.flatMap(({ verified }) => verified),
    untried: all.flatMap(({ untried }) => untried),
  };
}

/** What cannot be asked at one site is not tried, and said to be so. */
async function verifyAt(part: SegmentPart, at: UnnamedAt, asking: Asking): Promise<Found> {
  try {
    return await tryAt(part, at, asking);
  } catch (error) {
    if (!(error instanceof HawserError)) throw error;
    const what = `machines at ${at.site} that no file names, by ${part.from}`;
    return { verified: [], untried: [{ what, why: error.message }] };
  }
}

async function tryAt(part: SegmentPart, at: UnnamedAt, asking: Asking): Promise<Found> {
  const ask = asking.askOf(at.machine);
  const answers = await ask([{ id: 0, kind: 'unnamed', space: at.space }], within);
  const { all = 0, some = [] } = answers.get(0)?.unnamed ?? {};
  const { addresses, flows } = await asking.flowsTo(some.map(({ address }) => address));
  if (at.machine !== part.machine || part.from !== part.machine) {
    return fromAfar(part, at, flows, asking);
  }
  const pairs = some.filter(({ address }) => addresses.includes(address));
  const found = await onPort(at, pairs, ask);
  const more = all - some.length;
  const untold = more > 0 ? [untried(more, at, `of each site ${some.length} are tried`)] : [];
  return { ...found, untried: [...found.untried, ...untold] };
}

const untried = (count: number, { site }: UnnamedAt, why: string, by = ''): Untried => ({
  what: `${count} ${count === 1 ? 'machine' : 'machines'} at ${site} that no file names${by}`,
  why,
});

type Pair = { readonly mac: string; readonly address: string };

/** By ARP and neighbour discovery. */
async function onPort(at: UnnamedAt, pairs: readonly Pair[], ask: Ask): Promise<Found> {
  const trials = pairs.map(({ mac, address }) =>
    trialOfStation({ to: address, mac, address }, at.space),
  );
  const there = (await tryAll(trials, ask)).filter(({ wrong }) => !wrong);
  const gone = pairs.length - there.length;
  const why = 'nobody answers for them there now';
  return { verified: there, untried: gone > 0 ? [untried(gone, at, why)] : [] };
}

/** By pings of somebody of ours at another site, who is held against somebody of ours at their own. */
async function fromAfar(
  { machine, from, space }: SegmentPart,
  at: UnnamedAt,
  flows: UnnamedFlows['flows'],
  { askOf }: Asking,
): Promise<Found> {
  const hearing = at.near ? await hearingOf(at.near, flows, askOf(at.near.machine)) : undefined;
  const tried = flows.filter(({ to }) => hearing?.has(to) ?? true);
  const where = space === undefined ? {} : { space };
  const all = await tryAll(ofFlows(tried, where), askOf(machine));
  const verified = hearing ? all : all.filter((one) => !isMute(one));
  const deaf = flows.length - verified.length;
  const why = hearing
    ? 'they answer no ping at their own site either'
    : 'they answer none, and nobody of ours is at their site to ping them there';
  return {
    verified,
    untried: deaf > 0 ? [untried(deaf, at, why, `, by pings of ${from}`)] : [],
  };
}

/** May be reached, and says nothing. */
const isMute = ({ verdict, wrong }: Verified): boolean =>
  wrong !== undefined && (verdict === 'allow' || verdict === 'outside');

/** Who answers a ping at his own site. */
async function hearingOf(
  { space }: NonNullable<UnnamedAt['near']>,
  flows: UnnamedFlows['flows'],
  ask: Ask,
): Promise<ReadonlySet<string>> {
  const where = space === undefined ? {} : { space };
  const questions = flows.map(({ to }, id) => ({ ...reach({ address: to, ...where }), id }));
  const answers: ReadonlyMap<number, Tried> =
    questions.length > 0 ? await ask(questions, within) : new Map();
  return new Set(
    flows.flatMap(({ to }, id) => {
      const answer = answers.get(id);
      return answer && arrived(answer) ? [to] : [];
    }),
  );
}
