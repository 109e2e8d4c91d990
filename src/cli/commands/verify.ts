import { type Command, InvalidArgumentError } from 'commander';
import type { MachineStatus, Verified, VerifySegmentResult } from '#api';
import { HawserError, inParallel } from '#base';
import { formatPort, parsePort } from '#spec';
import { exitCodes, exitWith } from '../exit.ts';
import { print, printJson } from '../output.ts';
import type { Client } from '../remote/client.ts';
import { inNetwork, type NetworkOptions, ofNetwork } from '../remote/session.ts';
import { type From, type LiveProof, proofText } from '../remote/verify.ts';
import type { SegmentProof } from '../remote/verify-segment.ts';

interface VerifyOptions extends NetworkOptions {
  readonly port?: readonly string[];
}

/** So many machines try at a time: what all of them send at once would be a load of its own. */
const atOnce = 8;

function more(text: string, before: readonly string[] = []): readonly string[] {
  const port = parsePort(text);
  if (port.protocol === 'udp') throw new InvalidArgumentError('nothing is sent by UDP');
  return [...before, formatPort(port)];
}

export const verifyCommand = (): Command =>
  ofNetwork('verify', 'let the machines try whether the live network is what its file says')
    .argument('[from]', 'only from this machine; all whose agents are connected, unless said')
    .argument('[to]', 'only to this machine or host; to all, unless said')
    .option(
      '--port <port>',
      'icmp or tcp/22, also several times; all that the policy tells apart, unless said',
      more,
    )
    .addHelpText(
      'after',
      '\nTried are ICMP, TCP connections that are ended at once, packets of the largest size, and names; nothing is sent by UDP but questions to servers of names and of DHCP.' +
        '\nIn segments whoever of ours has an address there tries it, and gateways ask for the machines on their ports. What nobody can try is named, with the reason.' +
        '\nExit code 0: all is as the file says. 1: it is not. 2: could not say.',
    )
    .action((from: string | undefined, to: string | undefined, options: VerifyOptions) =>
      inNetwork(options, async (client, network) => {
        const proof = await prove(client, network, { from, to, ports: options.port });
        if (options.json) printJson(proof);
        else print(proofText(proof));
        const all = [...proof.from, ...proof.segments.flatMap(({ from }) => from)];
        const isRight = proof.failures.length === 0 && all.every(isAsItShould);
        exitWith(isRight && proof.silent.length === 0 ? exitCodes.yes : exitCodes.no);
      }),
    );

const isAsItShould = ({ verified }: From): boolean => verified.every(({ wrong }) => !wrong);

interface Choice {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly ports: readonly string[] | undefined;
}

/** Every machine tries all others, some machines at a time. */
async function prove(client: Client, network: string, choice: Choice): Promise<LiveProof> {
  const began = performance.now();
  const { machines, segments = [] } = await client.call('status', { params: { network } });
  const joined = machines.filter(({ enrolment }) => enrolment === 'enrolled');
  const chosen = choice.from === undefined ? joined : [{ name: choice.from, connected: true }];
  const silent = new Map(
    chosen.filter(isAway).map(({ name }) => [name, 'its agent is not connected']),
  );
  const senders = chosen.filter((machine) => !isAway(machine)).map(({ name }) => name);
  const inside = [...new Set(segments.map(({ segment }) => segment))];
  const progress = new Share(senders.length + inside.length);
  const from = await inParallel(senders, atOnce, async (machine): Promise<readonly From[]> => {
    try {
      const verified = await tryFrom(client, network, machine, choice, progress);
      return [{ machine, verified }];
    } catch (error) {
      if (choice.from !== undefined || !(error instanceof HawserError)) throw error;
      silent.set(machine, error.message);
      return [];
    }
  });
  const inSegments: SegmentProof[] = [];
  for (const segment of inside) {
    inSegments.push(await trySegment(client, network, segment, choice, progress));
  }
  progress.end();
  return {
    network,
    from: from.flat(),
    silent: [...silent].map(([machine, why]) => ({ machine, why })),
    failures: machines
      .filter(({ name }) => choice.from === undefined || [choice.from, choice.to].includes(name))
      .flatMap(({ name, failures }) => failures.map((failure) => ({ ...failure, machine: name }))),
    segments: inSegments,
    seconds: Math.round((performance.now() - began) / 100) / 10,
  };
}

const isAway = ({ connected }: Pick<MachineStatus, 'connected'>): boolean => !connected;

async function tryFrom(
  client: Client,
  network: string,
  from: string,
  { to, ports }: Choice,
  progress: Share,
): Promise<readonly Verified[]> {
  const verified: Verified[] = [];
  for (let after = 0, all = 1; after < all; ) {
    const body = {
      ...{ from, after },
      ...(to !== undefined && { to: [to] }),
      ...(ports && { ports: [...ports] }),
    };
    const answer = await client.call('verify', { params: { network }, body });
    verified.push(...answer.verified);
    progress.add((answer.done - after) / Math.max(answer.all, 1));
    ({ done: after, all } = answer);
  }
  return verified;
}

/** Whoever of ours has an address in a segment tries it: the first answer says how many parts that are. */
async function trySegment(
  client: Client,
  network: string,
  segment: string,
  { from, to, ports }: Choice,
  progress: Share,
): Promise<SegmentProof> {
  const choice = {
    segment,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to: [to] }),
    ...(ports && { ports: [...ports] }),
  };
  const tryPart = async (after: number): Promise<VerifySegmentResult> => {
    const body = { ...choice, after };
    const answer = await client.call('verifySegment', { params: { network }, body });
    progress.add(1 / Math.max(answer.all, 1));
    return answer;
  };
  const first = await tryPart(0);
  const others = Array.from({ length: Math.max(first.all - 1, 0) }, (_, i) => i + 1);
  const answers = [first, ...(await inParallel(others, atOnce, tryPart))];
  return {
    segment,
    from: answers.flatMap(({ from: machine, verified }) =>
      machine === undefined ? [] : [{ machine, verified }],
    ),
    untried: answers.flatMap(({ untried }) => untried),
  };
}

/** How much of it is done, on a terminal. */
class Share {
  readonly #all: number;
  #done = 0;

  constructor(all: number) {
    this.#all = all;
  }

  add(share: number): void {
    this.#done += share;
    const percent = Math.floor((this.#done / Math.max(this.#all, 1)) * 100);
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${percent} % is tried`);
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  }
}
