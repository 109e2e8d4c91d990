import Type from 'typebox';
import type { Defaults } from '../draft.ts';
import { errors } from '../errors.ts';
import { section } from '../section.ts';
import { readSshDefaults } from '../ssh.ts';
import * as words from '../vocabulary.ts';

/** The version of the file that this code reads. */
export const fileVersion = 1;

export const version = section({
  schema: Type.Integer({
    description: 'The version of this file format.',
    examples: [fileVersion],
  }),
  read(value, draft, place): 1 {
    if (value !== undefined && value !== fileVersion) {
      const where = { place, text: String(value) };
      draft.report(errors.diagnostic('spec/version', { version: value }, where));
    }
    return fileVersion;
  },
});

export const network = section({
  schema: words.text(
    {
      description: 'The name of the network. Its interfaces are called `hw-<network>` unless said.',
      examples: ['denbi-hybrid'],
    },
    'name',
  ),
  read: (value): string => value ?? '',
});

export const approvals = section({
  schema: words.whole(1, 2, {
    description:
      'How many people a change of this file needs, at a server: with 2, what one applies waits until another approves it. To take that back needs two as well.',
    default: 1,
    examples: [2],
  }),
  read: (value): 1 | 2 => (value === 2 ? 2 : 1),
});

/** IFNAMSIZ of Linux is 16, with the closing zero. */
const interfaceLength = 15;

/** The file's defaults; the interface follows from the network's name if it gives none. */
type Given = Omit<Defaults, 'interface'> & Partial<Pick<Defaults, 'interface'>>;

export const defaults = section({
  schema: words.mapping(
    {
      port: words.optional({ ...words.Port, default: 51820 }),
      keepalive: words.optional({ ...words.Keepalive, default: 25 }),
      interface: words.optional(words.Interface),
      ssh: words.optional(words.SshDefaults),
    },
    {
      title: 'Defaults',
      description: 'What gateways, nodes and members have unless they say otherwise.',
      examples: [{ port: 51820, keepalive: 25, interface: 'wg0' }],
    },
  ),
  read: (value, draft): Given => {
    const { port = 51820, keepalive = 25 } = value ?? {};
    return {
      port,
      keepalive,
      ssh: readSshDefaults(value?.ssh, {}, draft),
      ...(value?.interface !== undefined && { interface: value.interface }),
    };
  },
});

/** `hw-<network>`; undefined if Linux would not take it. */
export function interfaceOf(network: string): string | undefined {
  const name = `hw-${network}`;
  return name.length <= interfaceLength ? name : undefined;
}

export const include = section({
  schema: words.atLeastOne({
    description:
      'Other files whose sites, members, segments, groups, policy and tests belong to this one, by path or pattern. Paths count from the file that says them; their policy and tests follow those of this file.',
    examples: ['sites/*.yaml', ['people.yaml', 'sites/*.yaml']],
  }),
  // Files are joined before sections are read.
  read: () => undefined,
});
