import { errorTable } from '#base';

/** What reading WireGuard's formats can find. */
export const wireguardErrors = errorTable({
  'wireguard/syntax-error': {
    says: '{what}',
    fix: 'Write one `Name = value` a line, below a [Interface] or [Peer] heading.',
  },
  'wireguard/unknown-section': {
    says: 'there is no section [{section}]',
    fix: 'Use [Interface] or [Peer].',
  },
  'wireguard/missing-section': {
    says: 'there is no [Interface] section',
    fix: 'Put the settings of the machine itself below a line that says [Interface].',
  },
  'wireguard/unknown-attribute': {
    says: '[{section}] has no setting {name}',
    fix: 'Take the line out, or use one of: {known}.',
  },
  'wireguard/missing-attribute': {
    says: '[{section}] has no {name}',
    fix: 'Add a line `{name} = ...` to this section.',
  },
  'wireguard/invalid-key': {
    says: '{name} is not a WireGuard key',
    fix: 'A key is 32 bytes in base64: 44 characters of which the last is `=`. Copy it whole, or make one with `wg genkey`.',
  },
  'wireguard/invalid-number': {
    says: '{name} is `{value}`, which is not {range}',
    fix: 'Write {range}.',
  },
  'wireguard/invalid-value': {
    says: '{name} is `{value}`, which is not {expected}',
    fix: 'Write {expected}.',
  },
  'wireguard/invalid-endpoint': { says: '{name}: {why}', fix: '{remedy}' },
  'wireguard/duplicate-peer': {
    says: 'the peer {key} was already given in line {line}',
    fix: 'Join the two sections: WireGuard keeps one peer for a public key, and the later section would win.',
  },
  'wireguard/unwritable': {
    says: '{name} holds a line break or a `#`, which the format cannot carry',
    fix: 'Take the character out of the value.',
  },
  'wireguard/bad-dump': {
    says: 'line {line} of `wg show dump` has {fields} fields, which is neither an interface nor a peer',
    fix: 'Read it again: the output was cut off, or this `wg` speaks another format.',
  },
});
