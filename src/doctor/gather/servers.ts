import { lookup } from 'node:dns/promises';
import { request } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { type Dial, dial, Enrolments } from '#agent';
import { HawserError, inParallel, plainFinding } from '#base';
import { networkOf } from '#host';
import type { Facts, ServerSeen } from '../facts.ts';
import type { Gathering } from './gathering.ts';
import { isRoot, NotHere, NotKnown, whyNotKnown } from './not-known.ts';
import { deviceTowards } from './routes.ts';
import { within } from './within.ts';

/** ms until a server must have taken a connection, and have answered. */
const patience = 5_000;

type Subject = Omit<Dial, 'patience'> & { readonly network?: string };

/** The servers of the networks that were joined, then those that the user is logged in at. */
function subjects({ sources: { stateDir, known } }: Gathering): readonly Subject[] {
  const joined = enrolled(stateDir);
  const others = known.filter(({ server }) => !joined.some((one) => one.server === server));
  return [...joined, ...others.map((one) => ({ authorities: [], ...one }))];
}

function enrolled(stateDir: string): readonly Subject[] {
  const enrolments = new Enrolments(stateDir);
  try {
    return enrolments.networks().flatMap((network) => {
      const found = enrolments.find(network);
      if (!found) return [];
      const { servers, authorities, pin } = found;
      return servers.map((server) => ({
        server,
        authorities,
        network,
        ...(pin !== undefined && { pin }),
      }));
    });
  } catch (error) {
    if (error instanceof HawserError && error.code === 'agent/not-permitted') return [];
    throw error;
  }
}

/** A time in whole seconds is this much earlier than what it stands for, ms, on average. */
const halfSecond = 500;

/** The time that a server tells with its answer, ms; it has no finer one than seconds. */
function timeAt(socket: TLSSocket, server: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      createConnection: () => socket,
      path: '/healthz',
      headers: { host: new URL(server).host, connection: 'close' },
      timeout: patience,
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('it does not answer')));
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      incoming.resume();
      const time = Date.parse(incoming.headers.date ?? '');
      resolve(Number.isNaN(time) ? undefined : time + halfSecond);
    });
    outgoing.end();
  });
}

const untimely = /CERT_NOT_YET_VALID|CERT_HAS_EXPIRED/;

const codeOf = (error: HawserError): string =>
  (error.cause as NodeJS.ErrnoException | undefined)?.code ?? '';

function failureOf(error: unknown): Pick<ServerSeen, 'failure' | 'untimely'> {
  if (error instanceof HawserError) {
    const failure = plainFinding(error);
    return { failure, ...(untimely.test(codeOf(error)) && { untimely: true }) };
  }
  const message = whyNotKnown(error);
  return {
    failure: { code: 'agent/no-connection', severity: 'error', message, fix: '' },
  };
}

async function ask(subject: Subject): Promise<Partial<ServerSeen>> {
  try {
    const socket = await dial({ ...subject, patience });
    const validTo = new Date(socket.getPeerX509Certificate()?.validTo ?? '');
    const before = Date.now();
    const theirs = await timeAt(socket, subject.server);
    const middle = (before + Date.now()) / 2;
    return {
      ...(!Number.isNaN(validTo.getTime()) && { validTo: validTo.toISOString() }),
      ...(theirs !== undefined && { ahead: Math.round((middle - theirs) / 1000) }),
    };
  } catch (error) {
    return failureOf(error);
  }
}

/** Our tunnel through which a server would be reached, if that is so. */
async function tunnelTowards(
  { sources: { run } }: Gathering,
  server: string,
  devices: Facts['devices'],
): Promise<string | undefined> {
  const host = new URL(server).hostname.replace(/^\[|\]$/g, '');
  const found = lookup(host).then(({ address }) => address);
  const address = await within(patience, found, '').catch(() => '');
  const device = address === '' ? undefined : await deviceTowards(run, address);
  const alias = devices.find(({ name }) => name === device)?.alias;
  return networkOf(alias) === undefined ? undefined : device;
}

export async function gatherServers(gathering: Gathering): Promise<readonly ServerSeen[]> {
  const all = subjects(gathering);
  if (all.length === 0) {
    if (isRoot()) throw new NotHere('no server is known here');
    throw new NotKnown('needs root, or a login');
  }
  const devices = await gathering.get('devices');
  return inParallel(all, 8, async (subject) => {
    const { server, network } = subject;
    const throughTunnel = await tunnelTowards(gathering, server, devices);
    return {
      server,
      ...(network !== undefined && { network }),
      ...(throughTunnel !== undefined && { throughTunnel }),
      ...(await ask(subject)),
    };
  });
}
