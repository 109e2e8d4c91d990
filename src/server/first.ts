import { randomBytes } from 'node:crypto';
import type { Secret } from '#base';
import { emptyFacts } from '#compile';
import { Compiled } from './network/compiled.ts';
import { makeNetworkSecret } from './secrets/network-secret.ts';
import type { Store, Transaction } from './store/contract.ts';
import type { Tokens } from './tokens.ts';

/** The network that a server begins with: this machine is its hub, and everybody else a member. */
export interface FirstNetwork {
  readonly network: string;
  /** The hub's name, for its site too. */
  readonly machine: string;
  /** Where members reach the hub's WireGuard: `host:port`. */
  readonly endpoint: string;
  /** A prefix that no member uses at home. */
  readonly overlay?: string;
}

/** Tokens of the first start; their texts are shown once and kept nowhere. */
export interface FirstTokens {
  readonly admin: Secret;
  /** Lets machines in for a day. */
  readonly join?: Secret;
  /** For this machine's own agent, once. */
  readonly hub?: Secret;
}

const day = 24 * 3600 * 1000;

export const newEpoch = (): string => randomBytes(6).toString('hex');

/** A range that home routers and clouds rarely use (RFC 1918). */
const defaultOverlay = '10.86.0.0/24';

const fileOf = ({ network, machine, endpoint, overlay = defaultOverlay }: FirstNetwork): string =>
  `version: 1
network: ${network}
overlay: ${overlay}
topology: { hub: [${machine}] }

sites:
  ${machine}:
    gateways:
      ${machine}: { endpoint: "${endpoint}" }

members: {}
`;

export interface FirstInit {
  readonly firstNetwork?: FirstNetwork;
  readonly now: Date;
}

/**
 * Makes the admin token and the first network where the store has none, once.
 * @throws DiagnosticsError if the network's names or addresses are not sound
 */
export async function firstStart(
  store: Store,
  tokens: Tokens,
  { firstNetwork, now }: FirstInit,
): Promise<FirstTokens | undefined> {
  return store.write(async (tx) => {
    const known = await tx.tokens();
    if (known.some(({ role }) => role === 'admin')) return undefined;
    const admin = await tokens.make(tx, { role: 'admin', name: 'admin' });
    const begun = firstNetwork && (await beginNetwork(tx, tokens, firstNetwork, now));
    return { admin: admin.token, ...begun };
  });
}

async function beginNetwork(
  tx: Transaction,
  tokens: Tokens,
  first: FirstNetwork,
  now: Date,
): Promise<Pick<FirstTokens, 'join' | 'hub'>> {
  const { network, machine } = first;
  const entry = `${network}.yaml`;
  const files = { entry, files: { [entry]: fileOf(first) } };
  const epoch = newEpoch();
  const compiled = Compiled.of({ files, facts: emptyFacts, revision: { epoch, number: 1 } });
  const at = now.toISOString();
  await tx.createNetwork(network, epoch, {
    kind: 'create',
    at,
    author: 'server',
    why: 'the first start',
    state: 'applied',
    summary: [`${machine} is the hub`],
    files,
    facts: compiled.facts,
  });
  await makeNetworkSecret(tx, network);
  await tx.addAudit({ at, actor: 'server', action: 'create', network, revision: 1, detail: {} });
  const expires = new Date(now.getTime() + day).toISOString();
  const join = await tokens.make(tx, {
    role: 'join',
    name: 'first',
    network,
    expires,
    admits: true,
  });
  const own = { role: 'join', name: `hub ${machine}`, network, expires, uses: 1 } as const;
  const hub = await tokens.make(tx, own);
  return { join: join.token, hub: hub.token };
}

/** A new admin token; the old ones are void. For whoever has the server's own data in his hands. */
export async function resetAdmin(
  store: Store,
  tokens: Tokens,
  now: Date,
  why?: string,
): Promise<Secret> {
  return store.write(async (tx) => {
    for (const token of await tx.tokens()) {
      if (token.role === 'admin') await tx.putToken({ ...token, revoked: true });
    }
    const { token } = await tokens.make(tx, { role: 'admin', name: 'admin' });
    const at = now.toISOString();
    await tx.addAudit({
      at,
      actor: 'server',
      action: 'reset-admin',
      detail: { ...(why && { why }) },
    });
    return token;
  });
}
