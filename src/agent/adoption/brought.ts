import { existsSync, readFileSync } from 'node:fs';
import { Secret } from '#base';
import { countingRun, type Device, type Host, linuxHost, networkOf, type Run } from '#host';
import { adoptedKey, adoptedPair } from '#state';
import { parseConfig, publicKeyOf } from '#wireguard';
import { agentErrors } from '../errors.ts';
import { permitted } from '../permitted.ts';

/** A tunnel that a machine brings into a network: its key, and the preshared keys it has by peer. */
export interface Brought {
  readonly interface: string;
  readonly privateKey: Secret;
  readonly publicKey: string;
  readonly peers: readonly { readonly publicKey: string; readonly presharedKey?: Secret }[];
}

export interface BroughtInit {
  readonly host?: Host;
  readonly run?: Run;
  /** Where wg-quick has its configurations. */
  readonly folder?: string;
}

export const wgQuickFolder = '/etc/wireguard';

/** The preshared keys by the names that states give them. */
export const secretsOf = ({ publicKey: own, peers }: Brought): ReadonlyMap<string, Secret> =>
  new Map(
    peers.flatMap(({ publicKey, presharedKey }) => {
      if (!presharedKey) return [];
      const { id, version } = adoptedKey(adoptedPair(own, publicKey));
      return [[`${id}@${version}`, presharedKey] as const];
    }),
  );

/** wg's word for a device without a key. */
const none = '(none)';

async function privateKeyOf(run: Run, device: string): Promise<Secret> {
  const text = (await run('read', ['wg', 'show', device, 'private-key'])).trim();
  if (text !== none && text !== '') return new Secret(text);
  throw agentErrors.error('agent/no-private-key', { interface: device });
}

function requireFree(device: Device): void {
  const network = networkOf(device.alias);
  if (network === undefined) return;
  throw agentErrors.error('agent/is-adopted', { interface: device.name, network });
}

/** What is in the configuration that would make the interface. @throws wireguard/..., agent/... */
function fromFile(file: string, name: string): Brought {
  const text = permitted(file, () => readFileSync(file, 'utf8'));
  const { interface: own, peers } = parseConfig(text, file);
  const { privateKey } = own;
  if (!privateKey) throw agentErrors.error('agent/no-private-key', { interface: name });
  return { interface: name, privateKey, publicKey: publicKeyOf(privateKey), peers };
}

/**
 * Reads a tunnel that is up, else the configuration of wg-quick that would make it.
 * @throws agent/nothing-to-adopt, agent/no-private-key, agent/is-adopted, wireguard/...
 */
export async function readBrought(
  name: string,
  { host = linuxHost(), run = countingRun().run, folder = wgQuickFolder }: BroughtInit = {},
): Promise<Brought> {
  const device = (await host.devices(['root'])).get('root')?.get(name);
  const found = device && (await host.existing(device));
  if (found) {
    requireFree(device);
    const privateKey = await privateKeyOf(run, name);
    return { interface: name, privateKey, publicKey: publicKeyOf(privateKey), peers: found.peers };
  }
  const file = `${folder}/${name}.conf`;
  if (!device && existsSync(file)) return fromFile(file, name);
  throw agentErrors.error('agent/nothing-to-adopt', { interface: name, file });
}
