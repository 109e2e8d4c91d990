import type { WireguardConfig, WireguardInterface, WireguardPeer } from './config.ts';
import { wireguardErrors } from './errors.ts';
import { type Entry, readSections, type Section } from './lines.ts';
import {
  readAddresses,
  readAllowedIps,
  readBoolean,
  readDns,
  readEndpoint,
  readKey,
  readNumber,
  readSecretKey,
  readTable,
} from './values.ts';

type Draft<T> = { -readonly [K in keyof T]: T[K] };
/** What one setting changes; lists grow with each line, of all others the last line wins. */
type Setting<T> = (entry: Entry, before: T) => Partial<T>;
type Settings<T> = Readonly<Record<string, Setting<T>>>;

const highestMark = 0xffffffff;
const highestPort = 65535;
/** RFC 791: every link carries 68 bytes. */
const lowestMtu = 68;

const hook =
  (name: 'preUp' | 'postUp' | 'preDown' | 'postDown'): Setting<WireguardInterface> =>
  ({ value }, before) => ({ [name]: [...before[name], value] });

const interfaceSettings: Settings<WireguardInterface> = {
  PrivateKey: (entry) => ({ privateKey: readSecretKey(entry) }),
  ListenPort: (entry) => ({ listenPort: readNumber(entry, 0, highestPort) }),
  FwMark: (entry) => ({ fwmark: readNumber(entry, 0, highestMark, { off: true, hex: true }) }),
  Address: (entry, { address }) => ({ address: [...address, ...readAddresses(entry)] }),
  DNS: (entry, { dns }) => ({ dns: [...dns, ...readDns(entry)] }),
  MTU: (entry) => ({ mtu: readNumber(entry, lowestMtu, 65535) }),
  Table: (entry) => ({ table: readTable(entry) }),
  PreUp: hook('preUp'),
  PostUp: hook('postUp'),
  PreDown: hook('preDown'),
  PostDown: hook('postDown'),
  SaveConfig: (entry) => ({ saveConfig: readBoolean(entry) }),
};

const peerSettings: Settings<WireguardPeer> = {
  PublicKey: (entry) => ({ publicKey: readKey(entry) }),
  PresharedKey: (entry) => ({ presharedKey: readSecretKey(entry) }),
  AllowedIPs: (entry, { allowedIps }) => ({
    allowedIps: [...allowedIps, ...readAllowedIps(entry)],
  }),
  Endpoint: (entry) => ({ endpoint: readEndpoint(entry) }),
  PersistentKeepalive: (entry) => ({ keepalive: readNumber(entry, 0, 65535, { off: true }) }),
};

/** The settings that may be left empty; those of wg(8) and wg-quick(8) that are lists. */
const mayBeEmpty = new Set([
  'address',
  'allowedips',
  'dns',
  'preup',
  'postup',
  'predown',
  'postdown',
]);

const byLowerName = <T>(settings: Settings<T>): ReadonlyMap<string, Setting<T>> =>
  new Map(Object.entries(settings).map(([name, setting]) => [name.toLowerCase(), setting]));

const known = { interface: interfaceSettings, peer: peerSettings };
const title = { interface: 'Interface', peer: 'Peer' } as const;

function unknownAttribute(section: Section, { name, place }: Entry): Error {
  const names = Object.keys(known[section.kind]).join(', ');
  return wireguardErrors.error(
    'wireguard/unknown-attribute',
    { section: title[section.kind], name, known: names },
    { place, text: name },
  );
}

function apply<T>(section: Section, settings: ReadonlyMap<string, Setting<T>>, draft: Draft<T>) {
  for (const entry of section.entries) {
    const name = entry.name.toLowerCase();
    const setting = settings.get(name);
    if (!setting) throw unknownAttribute(section, entry);
    if (entry.value !== '') Object.assign(draft, setting(entry, draft));
    else if (!mayBeEmpty.has(name)) {
      const what = `${entry.name} has no value`;
      throw wireguardErrors.error('wireguard/syntax-error', { what }, { place: entry.place });
    }
  }
}

const interfaceByName = byLowerName(interfaceSettings);
const peerByName = byLowerName(peerSettings);

function readInterface(sections: readonly Section[], file: string): WireguardInterface {
  const draft: Draft<WireguardInterface> = {
    address: [],
    dns: [],
    preUp: [],
    postUp: [],
    preDown: [],
    postDown: [],
  };
  const own = sections.filter(({ kind }) => kind === 'interface');
  if (own.length === 0) {
    const place = { file, line: 1, column: 1 };
    throw wireguardErrors.error('wireguard/missing-section', {}, { place });
  }
  for (const section of own) apply(section, interfaceByName, draft);
  return draft;
}

function readPeer(section: Section): WireguardPeer {
  const draft: Draft<WireguardPeer> = { publicKey: '', allowedIps: [] };
  apply(section, peerByName, draft);
  if (draft.publicKey !== '') return draft;
  const missing = { section: title.peer, name: 'PublicKey' };
  throw wireguardErrors.error('wireguard/missing-attribute', missing, { place: section.place });
}

function readPeers(sections: readonly Section[]): readonly WireguardPeer[] {
  const seen = new Map<string, number>();
  return sections.map((section) => {
    const peer = readPeer(section);
    const line = seen.get(peer.publicKey);
    if (line !== undefined) {
      const twice = { key: peer.publicKey, line };
      throw wireguardErrors.error('wireguard/duplicate-peer', twice, { place: section.place });
    }
    seen.set(peer.publicKey, section.place.line);
    return peer;
  });
}

/**
 * Reads a configuration of wg(8) or wg-quick(8), as liberal as they are: names are
 * case-insensitive, white space inside a line means nothing, host bits of allowed IPs are masked.
 * `file` names it in errors. The first error is thrown, with its line and column.
 * @throws wireguard/...
 */
export function parseConfig(text: string, file = 'wireguard.conf'): WireguardConfig {
  const sections = readSections(text, file);
  return {
    interface: readInterface(sections, file),
    peers: readPeers(sections.filter(({ kind }) => kind === 'peer')),
  };
}
