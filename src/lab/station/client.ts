import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { HawserError } from '#base';
import { labErrors } from '../errors.ts';
import { until } from '../run.ts';
import type { Answer, Reply, Request } from './protocol.ts';

/** A station as the CLI sees it. */
export interface StationClient {
  readonly name: string;
  readonly socket: string;
  readonly log: string;
  /** Namespace in which its network is, where that is not its own. */
  readonly space?: string;
}

/** Asks a station. Throws `lab/station-silent`, and what goes wrong there. */
export function ask<R extends Request>(
  station: StationClient,
  request: R,
): Promise<Answer<R['do']>> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      const { name: machine, log } = station;
      reject(labErrors.error('lab/station-silent', { machine, log, reason }));
    };
    const socket = connect(station.socket);
    let text = '';
    socket.setEncoding('utf8');
    socket.on('error', (error) => fail(error.message));
    socket.on('data', (part: string) => (text += part));
    socket.on('close', () => {
      if (!text.endsWith('\n')) return fail('it broke off');
      const reply = JSON.parse(text) as Reply;
      if ('error' in reply) reject(new HawserError(reply.error));
      else resolve(reply.ok as Answer<R['do']>);
    });
    socket.write(`${JSON.stringify({ ...request, space: station.space })}\n`);
  });
}

/** The same where its network is. */
export const inSpace = ({ space }: StationClient, argv: readonly string[]): readonly string[] =>
  space === undefined ? argv : ['ip', 'netns', 'exec', space, ...argv];

/** Milliseconds; one that fails says so at once, so that only a very slow machine takes long. */
const startsWithinMs = 120_000;

/** Waits until a station that was started listens. Throws `lab/station-silent` with what it said. */
export async function awaitStation(station: StationClient): Promise<void> {
  const isTaken = () => !existsSync(station.log); // Its lab went down meanwhile.
  let listens = false;
  const settled = async () => {
    listens = await takesCalls(station);
    return listens || lastWords(station) !== '' || isTaken();
  };
  const found = await until(settled, { withinMs: startsWithinMs });
  if (listens) return;
  const { name: machine, log } = station;
  const late = found ? 'its lab was taken down' : 'it did not start within two minutes';
  const reason = lastWords(station) || late;
  throw labErrors.error('lab/station-silent', { machine, log, reason });
}

/** Its socket is there a moment before anybody listens on it. */
const takesCalls = ({ socket }: StationClient): Promise<boolean> =>
  new Promise((resolve) => {
    const called = connect(socket);
    called.on('connect', () => {
      called.destroy();
      resolve(true);
    });
    called.on('error', () => resolve(false));
  });

function lastWords({ log }: StationClient): string {
  try {
    return readFileSync(log, 'utf8').trim().slice(-1000);
  } catch {
    return '';
  }
}
