import { lookup, Resolver } from 'node:dns/promises';
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { inParallel } from '#base';
import type { Device } from '#host';
import { parseEndpoint } from '#ip';
import type { NameSeen, OwnNetwork, ResolverSeen, ServerSeen } from '../facts.ts';
import type { Gathering } from './gathering.ts';
import { NotKnown } from './not-known.ts';
import { deviceTowards } from './routes.ts';
import { within } from './within.ts';

/** ms for one question, and for a name with all that the machine's own resolver tries. */
const questionPatience = 750;
const namePatience = 6_000;

/** A name that cannot exist (RFC 6761): any answer will do, and it tells nobody anything. */
const anyName = 'hawser.invalid';

const ownServer = '127.0.0.1';

const silence = new Set(['ETIMEOUT', 'ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH', 'ECANCELLED']);

async function answers(address: string): Promise<boolean> {
  const resolver = new Resolver({ timeout: questionPatience, tries: 2 });
  try {
    resolver.setServers([isIP(address) === 6 ? `[${address}]` : address]);
    await resolver.resolve4(anyName);
    return true;
  } catch (error) {
    return !silence.has((error as NodeJS.ErrnoException).code ?? '');
  }
}

/** The nameservers of resolv.conf(5), of which three are used; zones of link-local ones left away. */
export const nameserversIn = (text: string): readonly string[] =>
  [...text.matchAll(/^\s*nameserver\s+([\da-fA-F.:]+)/gm)]
    .flatMap(([, address = '']) => address)
    .slice(0, 3);

const isTunnel = ({ kind }: Device): boolean => kind === 'wireguard' || kind === 'tun';

/** Where nobody is named the one on the machine itself is asked (resolv.conf(5)), if there is one. */
async function askedServers(text: string): Promise<readonly string[]> {
  const named = nameserversIn(text);
  if (named.length > 0) return named;
  return (await answers(ownServer)) ? [ownServer] : [];
}

/** A name that neither a nameserver nor /etc/hosts knows. */
async function missedName(gathering: Gathering): Promise<string | undefined> {
  const names = await gathering.get('names').catch((error: unknown) => {
    if (error instanceof NotKnown) return [];
    throw error;
  });
  return names.find(({ is }) => !is)?.name;
}

export async function gatherResolver(gathering: Gathering): Promise<ResolverSeen> {
  const file = '/etc/resolv.conf';
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const devices = await gathering.get('devices');
  const servers = await inParallel(await askedServers(text), 3, async (address) => {
    const device = await deviceTowards(gathering.sources.run, address);
    const throughTunnel = devices.find((one) => one.name === device && isTunnel(one))?.name;
    return {
      address,
      answers: await answers(address),
      ...(throughTunnel !== undefined && { throughTunnel }),
    };
  });
  const missed = await missedName(gathering);
  return { servers, ...(missed !== undefined && { missed }) };
}

/** Names that the networks of this machine need, and for what. */
function neededNames(
  networks: readonly OwnNetwork[],
  servers: readonly ServerSeen[],
): ReadonlyMap<string, string> {
  const endpoints = networks.flatMap(({ view }) =>
    [...view.peers.values()].flatMap(({ endpoint, label }) =>
      endpoint === undefined
        ? []
        : [[parseEndpoint(endpoint).host, `endpoint of ${label ?? 'a peer'}`] as const],
    ),
  );
  const hosts = servers.map(
    ({ server }) => [new URL(server).hostname.replace(/^\[|\]$/g, ''), 'of the server'] as const,
  );
  return new Map([...endpoints, ...hosts].filter(([name]) => isIP(name) === 0));
}

const resolves = (name: string): Promise<boolean> =>
  within(
    namePatience,
    lookup(name).then(
      () => true,
      () => false,
    ),
    false,
  );

export async function gatherNames(gathering: Gathering): Promise<readonly NameSeen[]> {
  const networks = await gathering.get('networks');
  const servers = await gathering.get('servers').catch((error: unknown) => {
    if (error instanceof NotKnown) return [];
    throw error;
  });
  const names = neededNames(networks, servers);
  return inParallel([...names].slice(0, 64), 16, async ([name, of]) => ({
    name,
    of,
    is: await resolves(name),
  }));
}
