export type {
  InterfaceAddress,
  WireguardConfig,
  WireguardInterface,
  WireguardPeer,
} from './config.ts';
export { type DeviceDump, type PeerDump, parseDumpOf, parseDumpOfAll } from './dump.ts';
export { wireguardErrors } from './errors.ts';
export { isKey, zeroKey } from './key-text.ts';
export { generateKeyPair, generatePresharedKey, type KeyPair, publicKeyOf } from './keys.ts';
export { type Comment, type Entry, readSections, type Section } from './lines.ts';
export { parseConfig } from './read.ts';
export { formatConfig, formatPeer } from './write.ts';
