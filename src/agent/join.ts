import { request } from 'node:https';
import { hostname } from 'node:os';
import Value from 'typebox/value';
import {
  type JoinRequest,
  JoinResponse,
  joinProofText,
  Name,
  Problem,
  parseToken,
  routes,
  type Token,
} from '#api';
import { DiagnosticsError, HawserError } from '#base';
import { type Brought, secretsOf } from './adoption/brought.ts';
import { dial } from './channel/dial.ts';
import { type Enrolment, Enrolments } from './enrolment.ts';
import { agentErrors } from './errors.ts';
import { type Identity, machineIdentity } from './identity.ts';
import { defaultStateFolder, Store } from './store.ts';

export interface JoinOptions {
  readonly token: string;
  /** The name that this machine wants; the host's own. */
  readonly name?: string;
  readonly stateDir?: string;
  /** The cloud that this machine is an instance of. */
  readonly cloud?: string | undefined;
  /** A tunnel that is there, which is to be the network's as it is. */
  readonly brought?: Brought;
  /** Whether that is taken over also where the network wants it otherwise. */
  readonly anyway?: boolean;
}

export interface Joined {
  readonly network: string;
  /** The name it has there. */
  readonly machine: string;
  /** pending: an operator has to approve it. */
  readonly enrolment: JoinResponse['enrolment'];
}

/** ms until a server must have taken the connection, and have answered. */
const connectPatience = 10_000;
const answerPatience = 30_000;

/** The host's name as a DNS label; what comes after its first dot names the site, not the machine. */
export const nameOfHost = (): string =>
  (hostname().toLowerCase().split('.')[0] ?? '')
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 63) || 'machine';

/** @throws agent/bad-name */
function requireName(name: string): void {
  if (Value.Check(Name, name)) return;
  throw agentErrors.error('agent/bad-name', { name, own: nameOfHost() });
}

interface JoinToken extends Token {
  readonly network: string;
}

/** @throws api/token-malformed, agent/not-a-join-token */
function joinToken(text: string): JoinToken {
  const token = parseToken(text);
  const { role, network } = token;
  if (role !== 'join' || network === undefined) {
    throw agentErrors.error('agent/not-a-join-token', { role });
  }
  return { ...token, network };
}

function requestOf(
  network: string,
  name: string,
  identity: Identity,
  store: Store,
  { brought, cloud }: JoinOptions,
): JoinRequest {
  const keys = { '0': brought?.publicKey ?? store.publicKey(network, 0) };
  const text = joinProofText(network, identity.publicKey, Object.values(keys));
  const adopted = brought?.peers.map(
    ({ publicKey, presharedKey }) => [publicKey, presharedKey !== undefined] as const,
  );
  return {
    name,
    identity: identity.publicKey,
    keys,
    proof: identity.sign(text),
    ...(cloud !== undefined && { cloud }),
    ...(adopted && { adopted: Object.fromEntries(adopted) }),
  };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Sends a request over a connection to the server that the token's pin names. */
async function post(server: string, token: JoinToken, body: JoinRequest): Promise<Answer> {
  const { pin, network, secret } = token;
  const trust = { authorities: [], ...(pin !== undefined && { pin }) };
  const socket = await dial({ server, patience: connectPatience, ...trust });
  const text = JSON.stringify(body);
  const { host } = new URL(server);
  return new Promise((resolve, reject) => {
    const outgoing = request({
      createConnection: () => socket,
      method: routes.join.method,
      path: routes.join.path.replace(':network', encodeURIComponent(network)),
      headers: {
        host,
        authorization: `Bearer ${secret.reveal()}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        connection: 'close',
      },
      timeout: answerPatience,
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('it does not answer')));
    outgoing.on('error', ({ message: detail }) =>
      reject(agentErrors.error('agent/no-connection', { server, detail })),
    );
    outgoing.on('response', (incoming) => {
      let received = '';
      incoming.setEncoding('utf8').on('data', (part: string) => {
        received += part;
      });
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: received }));
    });
    outgoing.end(text);
  });
}

function readAnswer(server: string, { status, body }: Answer): JoinResponse {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    value = undefined;
  }
  if (status === 200 && Value.Check(JoinResponse, value)) return value;
  if (Value.Check(Problem, value)) {
    if (value.errors?.length) throw new DiagnosticsError(value.errors);
    throw new HawserError({ code: value.code, message: value.detail, fix: value.fix });
  }
  const detail = `it answers with HTTP status ${status}, and not as Hawser does`;
  throw agentErrors.error('agent/no-connection', { server, detail });
}

/** Errors by which a server may have let the machine in all the same. */
const unsure = ['agent/no-connection', 'api/internal', 'api/unavailable'];

/**
 * Asks the servers in turn: the next one where one cannot be reached, never where one says no. `refused`: for sure
 * none of them knows the machine by the key that it was told.
 */
async function ask(
  token: JoinToken,
  body: JoinRequest,
  refused: () => void,
): Promise<JoinResponse> {
  const failures: HawserError[] = [];
  for (const server of token.servers) {
    try {
      return readAnswer(server, await post(server, token, body));
    } catch (error) {
      const code = error instanceof HawserError ? error.code : '';
      if (failures.length === 0 && !unsure.includes(code)) refused();
      if (!(error instanceof HawserError) || code !== 'agent/no-connection') throw error;
      failures.push(error);
    }
  }
  throw failures.length === 1 ? (failures[0] as HawserError) : new DiagnosticsError(failures);
}

/** Two networks of one name would take each other's place. @throws agent/joined-elsewhere */
function requireSameServer(
  known: Enrolment | undefined,
  { pin, servers, network }: JoinToken,
): void {
  if (!known) return;
  const same = known.pin === undefined ? undefined : known.pin === pin;
  if (same ?? known.servers.some((server) => servers.includes(server))) return;
  throw agentErrors.error('agent/joined-elsewhere', { network, servers: known.servers.join(', ') });
}

/** A key that is there already would not be the tunnel's. @throws agent/has-own-key */
function requireItsKey(store: Store, network: string, { publicKey, interface: device }: Brought) {
  if (!store.hasKey(network, 0) || store.publicKey(network, 0) === publicKey) return;
  const file = store.keyFile(network, 0);
  throw agentErrors.error('agent/has-own-key', { network, interface: device, file });
}

/** Keeps what a tunnel brings along; the agent takes it over once the network's state fits it. */
function keepBrought(store: Store, network: string, brought: Brought, anyway: boolean): void {
  store.bringKey(network, 0, brought.privateKey);
  store.bringSecrets(network, secretsOf(brought));
  const { interface: device } = brought;
  store.adoptions.put({ network, interface: device, anyway, units: [] });
}

/**
 * Enrols this machine in the network that a join token names: its identity and its keys are born here
 * and stay, or are those of a tunnel that it brings along; the server gets the public ones. Trusts nobody
 * but the server that the token's pin names. The agent has to be told (`startAgent`).
 * @throws api/..., server/..., agent/bad-name, agent/not-a-join-token, agent/joined-elsewhere, agent/wrong-server,
 *   agent/no-connection, agent/not-permitted, agent/has-own-key
 */
export async function joinNetwork(options: JoinOptions): Promise<Joined> {
  const { stateDir = defaultStateFolder, name = nameOfHost(), brought } = options;
  requireName(name);
  const token = joinToken(options.token);
  const enrolments = new Enrolments(stateDir);
  requireSameServer(enrolments.find(token.network), token);
  const store = new Store(stateDir);
  if (brought) requireItsKey(store, token.network, brought);
  const identity = machineIdentity(stateDir);
  const isNew = !store.networks().includes(token.network);
  const wanted = requestOf(token.network, name, identity, store, options);
  const answer = await ask(token, wanted, () => {
    if (isNew) store.forgetKeys(token.network);
  });
  const { network, machine, enrolment, servers, authorities } = answer;
  if (brought) keepBrought(store, network, brought, options.anyway ?? false);
  const { pin } = token;
  enrolments.put({
    network,
    machine,
    servers: servers.length > 0 ? servers : [...token.servers],
    authorities,
    ...(pin !== undefined && { pin }),
  });
  return { network, machine, enrolment };
}
