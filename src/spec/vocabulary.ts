import Type from 'typebox';
import type { Code } from './errors.ts';

/**
 * The words the sections' schemas share. A text with a `pattern` names in `fault` the code to raise
 * when the pattern does not match; `reserved` lists keys of later versions. Both stay inside: the
 * JSON Schema for editors does not have them.
 */

export interface Meaning {
  readonly title?: string;
  readonly description: string;
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
}

interface Form {
  readonly pattern: string;
  readonly fault: Code;
}

/** RFC 1123 label in lower case; not digits alone, which many programs read as an address. */
const label = '(?!\\d+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
/** Any label of several. */
const part = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';

const forms = {
  name: { pattern: `^${label}$`, fault: 'spec/bad-name' },
  hostName: {
    pattern: `^(?:${label}|[a-z0-9-]*\\[\\d+-\\d+\\][a-z0-9-]*)$`,
    fault: 'spec/bad-name',
  },
  domain: { pattern: `^(?:${part}\\.)*${label}$`, fault: 'spec/bad-name' },
  // So long that the longest names of a machine and its site still fit before it (RFC 1035).
  zone: { pattern: `^(?=.{1,125}$)(?:${part}\\.)+${label}$`, fault: 'spec/bad-zone' },
  tag: { pattern: '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$', fault: 'spec/bad-tag' },
  // As wg-quick(8) takes them; `all` and `default` mean more than one device to sysctl(8).
  interface: {
    pattern: '^(?!(?:\\.{1,2}|all|default|lo)$)[a-zA-Z0-9_=+.-]{1,15}$',
    fault: 'spec/bad-interface',
  },
  // As nft(8) has it: a name, or the beginning of names.
  ports: {
    pattern: '^(?!(?:\\.{1,2}|all|default|lo)$)[a-zA-Z0-9_=+.-]{1,14}(?:[a-zA-Z0-9_=+.-]|\\*)?$',
    fault: 'spec/bad-interface',
  },
  // What login programs take, and no shell or ssh(1) reads otherwise.
  login: { pattern: '^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,31}$', fault: 'spec/bad-login' },
  // As people write it on an envelope: one line.
  person: { pattern: '^[^\\x00-\\x1f\\x7f]{1,100}$', fault: 'spec/bad-person' },
  // RFC 3339: a date, or a date and time with its zone.
  time: {
    pattern:
      '^\\d{4}-\\d{2}-\\d{2}(?:[T ]\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d+)?)?(?:Z|[+-]\\d{2}:\\d{2}))?$',
    fault: 'spec/bad-time',
  },
  publicKey: { pattern: '^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$', fault: 'spec/bad-public-key' },
} as const satisfies Record<string, Form>;

export const text = (meaning: Meaning, form?: keyof typeof forms) =>
  Type.String({ ...meaning, ...(form && forms[form]) });

export const whole = (least: number, most: number, meaning: Meaning) =>
  Type.Integer({ ...meaning, minimum: least, maximum: most });

export const yesOrNo = (meaning: Meaning) => Type.Boolean({ ...meaning });

/** One text, or a list of them. */
export const oneOrMany = (meaning: Meaning, form?: keyof typeof forms) =>
  someOf(meaning, Type.String(form && forms[form]), 0);

/** One text, or a list of at least one. */
export const atLeastOne = (meaning: Meaning, form?: keyof typeof forms) =>
  someOf(meaning, Type.String(form && forms[form]), 1);

const someOf = (meaning: Meaning, item: Type.TString, least: number) =>
  Type.Union([item, Type.Array(item, least > 0 ? { minItems: least } : {})], { ...meaning });

export const oneOf = <const Words extends string[]>(words: readonly [...Words], meaning: Meaning) =>
  Type.Enum(words, { ...meaning });

/** A mapping with these keys and no others. */
export const mapping = <P extends Type.TProperties>(
  properties: P,
  meaning: Meaning,
  reserved: readonly string[] = [],
) => Type.Object(properties, { ...meaning, additionalProperties: false, reserved });

/** A mapping whose keys the person chooses: `called` says what a key is, in the docs. */
export const named = <S extends Type.TSchema>(
  item: S,
  called: string,
  meaning: Meaning,
  form: 'name' | 'hostName' | 'domain' = 'name',
) =>
  Type.Record(Type.String({ pattern: forms[form].pattern }), item, {
    ...meaning,
    additionalProperties: false,
    fault: forms[form].fault,
    called,
  });

export const optional = Type.Optional;

export const Name = text({ description: 'A DNS label.', examples: ['master'] }, 'name');

export const Tags = oneOrMany(
  {
    description: 'Words to select by: `tag:people` in groups, policy and tests.',
    examples: [['people']],
  },
  'tag',
);

export const Was = text(
  {
    description:
      'Its former name: key and address move to the new one; events and charts of before stay under the former.',
    examples: ['old-name'],
  },
  'name',
);

export const Mtu = whole(576, 65535, {
  description:
    'MTU in bytes of its own network towards the internet. Without it the machine observes it.',
  examples: [1450],
});

export const Port = whole(1, 65535, {
  description: 'UDP port on which WireGuard listens.',
  examples: [51820],
});

export const Keepalive = whole(0, 65535, {
  description:
    'Seconds between keepalives; 0 sends none. A machine with an endpoint sends them only if it says so itself.',
  examples: [25],
});

export const Interface = text(
  { description: 'Name of the WireGuard interface.', examples: ['wg0'] },
  'interface',
);

export const PublicKey = text(
  {
    description:
      'Its WireGuard public key, where the machine does not report one by itself. One with an agent joins with this key or not at all.',
    examples: ['xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg='],
  },
  'publicKey',
);

export const Endpoint = text({
  description:
    'Public host and UDP port at which others reach it. Without one it stands behind NAT, and reaches out itself.',
  examples: ['203.0.113.10:51820', 'vpn.example.org:51820', '[2001:db8::1]:51820'],
});

export const Overlay = oneOrMany({
  description: 'Its overlay address, at most one in each overlay range. Without it one is given.',
  examples: ['10.0.0.1'],
});

export const SiteAddress = oneOrMany({
  description: "Its address in the site's subnets, one for each of IPv4 and IPv6 at most.",
  examples: ['192.168.66.4'],
});

export const NatKind = oneOf(['port-preserving', 'symmetric', 'cgnat'], {
  description:
    'How the NAT before machines without endpoint translates; `hawser lab` builds it so. port-preserving keeps the source port; symmetric takes another for each destination; cgnat is a second, shared NAT outside the first.',
  default: 'port-preserving',
});

const ssh = {
  user: optional(
    text(
      {
        description: 'Who logs in there: root, or who may use `sudo` without a password.',
        examples: ['debian'],
      },
      'login',
    ),
  ),
  port: optional(whole(1, 65535, { description: 'TCP port of sshd.', examples: [22] })),
  via: optional(
    text({
      description:
        'What to jump over: another machine of the file, which is reached as it says itself, or `[user@]host[:port]` (ProxyJump).',
      examples: ['master', 'admin@bastion.example.org'],
    }),
  ),
  identity: optional(
    text({
      description: 'File of the private key, on the machine of who deploys (IdentityFile).',
      examples: ['~/.ssh/cloud'],
    }),
  ),
};

const sshMeaning = {
  description:
    'How `hawser deploy` reaches machines. What is not said here, the configuration of ssh decides: users, keys, known hosts.',
};

/** What several machines have in common. */
export const SshDefaults = mapping(ssh, {
  title: 'SSH defaults',
  ...sshMeaning,
  examples: [{ user: 'debian', via: 'master' }],
});

export const Ssh = mapping(
  {
    ...ssh,
    host: optional(
      text({
        description:
          "Address or name at which ssh finds it. Without it: its address in the site if it is reached over a machine of that site, else its endpoint's host, its address, or its name.",
        examples: ['198.51.100.7'],
      }),
    ),
  },
  { title: 'SSH', ...sshMeaning, examples: [{ user: 'debian', host: '198.51.100.7' }] },
);
