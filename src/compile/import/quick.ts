import type { Place } from '#base';
import {
  type Entry,
  parseConfig,
  publicKeyOf,
  readSections,
  type Section,
  type WireguardConfig,
  type WireguardPeer,
} from '#wireguard';
import { nameInComment, namesInPath } from './names.ts';
import type { ImportFile, Left, Own, Source, View } from './source.ts';

const fromThePath =
  'Hawser finds the MTU of the tunnel itself; where the network below has less than 1500, say `mtu:` of that network at the machine or site';
const ownAffair =
  'Hawser sets routes, filters and forwarding itself; what else this does stays yours';

/** Settings that have no place in the new file, and why. Their values are never repeated. */
const leftBehind: Readonly<Record<string, string>> = {
  dns: 'name servers are not in the file yet',
  mtu: fromThePath,
  table: 'Hawser sets the routes itself',
  fwmark: 'Hawser pins the way to endpoints itself where that is needed',
  saveconfig: 'the file is the truth: the interface is not saved',
  preup: ownAffair,
  postup: ownAffair,
  predown: ownAffair,
  postdown: ownAffair,
};

const noteOf = ({ name, place }: Entry): readonly Left[] => {
  const why = leftBehind[name.toLowerCase()];
  return why === undefined ? [] : [{ what: name, why, place }];
};

/** One line for all of a file: a hub has one for each of its peers. */
function presharedKeys(sections: readonly Section[]): readonly Left[] {
  const all = sections
    .flatMap(({ entries }) => entries)
    .filter(({ name }) => name.toLowerCase() === 'presharedkey');
  const [first] = all;
  if (!first) return [];
  const what =
    all.length === 1 ? 'the value of PresharedKey' : `the values of ${all.length} PresharedKey`;
  const why =
    'secrets stay on their machines; only that there is one is taken over, and `hawser join --adopt INTERFACE` goes on with it';
  return [{ what, why, place: first.place }];
}

const namesIn = (section: Section): readonly string[] =>
  section.comments.flatMap(({ text }) => nameInComment(text) ?? []);

/** Only by the key is it sure which peer of other files a machine is. */
const keyless = (config: WireguardConfig, sections: readonly Section[]): readonly Left[] => {
  const place = sections.find(({ kind }) => kind === 'interface')?.place;
  if (config.interface.privateKey || !place) return [];
  const why =
    'there is none, so that the address alone says which peer of other files it is; see whether it stands twice in the new file';
  return [{ what: 'PrivateKey', why, place }];
};

/** `wg-quick` names the interface after the file. */
function interfaceOf(file: string): string | undefined {
  const found = /(?:^|\/)(?<name>[\w=+.-]{1,15})\.conf$/.exec(file)?.groups?.['name'];
  if (/^(?:\.+|all|default|lo)$/.test(found ?? '')) return undefined;
  const isUsual = /^(?:wg|hw)[-\d]/.test(found ?? '') || file.includes('/wireguard/');
  return isUsual ? found : undefined;
}

function ownOf(config: WireguardConfig, sections: readonly Section[], file: string): Own {
  const { privateKey, address, listenPort } = config.interface;
  const own = sections.filter(({ kind }) => kind === 'interface');
  const device = interfaceOf(file);
  return {
    place: own[0]?.place as Place,
    names: own.flatMap(namesIn),
    pathNames: namesInPath(file),
    ...(privateKey && { key: publicKeyOf(privateKey) }),
    addresses: address,
    ...(listenPort !== undefined && listenPort > 0 && { listenPort }),
    ...(device !== undefined && { interface: device }),
  };
}

const isAllowedIps = ({ name }: Entry): boolean => name.toLowerCase() === 'allowedips';

const viewOf = (peer: WireguardPeer, section: Section): View => ({
  place: section.place,
  names: namesIn(section),
  key: peer.publicKey,
  ...(peer.endpoint && { endpoint: peer.endpoint }),
  allowed: peer.allowedIps,
  allowedAt: section.entries.find(isAllowedIps)?.place ?? section.place,
  ...(peer.keepalive !== undefined && { keepalive: peer.keepalive }),
  isPreshared: peer.presharedKey !== undefined,
});

/**
 * Reads one configuration of wg(8) or wg-quick(8); private keys become public ones here.
 * @throws wireguard/...
 */
export function readQuick({ file, text }: ImportFile): {
  readonly source: Source;
  readonly left: readonly Left[];
} {
  const config = parseConfig(text, file);
  const sections = readSections(text, file);
  const peers = sections.filter(({ kind }) => kind === 'peer');
  return {
    source: {
      own: ownOf(config, sections, file),
      peers: config.peers.map((peer, i) => viewOf(peer, peers[i] as Section)),
    },
    left: [
      ...keyless(config, sections),
      ...presharedKeys(sections),
      ...sections.flatMap((one) => one.entries.flatMap(noteOf)),
    ],
  };
}
