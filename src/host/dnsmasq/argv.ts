import type { ResolverItem } from '#state';

interface Places {
  readonly tables: string;
  readonly pid: string;
}

/** Seconds that others may remember a name: what changes is known everywhere soon after. */
const ttl = 15;

/** Options that say what an item says, each once for every element. */
const telling = {
  listen: { option: '--listen-address=', end: '' },
  zones: { option: '--local=/', end: '/' },
  forward: { option: '--server=', end: '' },
} as const;

const optionsOf = (item: ResolverItem): readonly string[] =>
  (['listen', 'zones', 'forward'] as const).flatMap((field) =>
    item[field].map((value) => `${telling[field].option}${value}${telling[field].end}`),
  );

/**
 * A resolver by dnsmasq(8), which reads no file of the machine's. `--bind-dynamic`: it answers on these
 * addresses alone, also when a device with them comes later or comes back.
 */
export const resolverArgv = (item: ResolverItem, { tables, pid }: Places): readonly string[] => [
  ...['dnsmasq', '--conf-file=/dev/null', '--no-resolv', '--no-hosts', '--no-poll'],
  '--bind-dynamic',
  ...optionsOf(item),
  // Of those it asks, one may ask it in turn; and bare names are nobody else's affair.
  ...(item.forward.length > 0 ? ['--dns-loop-detect', '--domain-needed'] : []),
  `--local-ttl=${ttl}`,
  `--hostsdir=${tables}`,
  `--pid-file=${pid}`,
];

/** What a process that was started so says of itself. */
export function itemOf(name: string, argv: readonly string[]): ResolverItem {
  const values = (field: keyof typeof telling): readonly string[] => {
    const { option, end } = telling[field];
    return argv
      .filter((word) => word.startsWith(option))
      .map((word) => word.slice(option.length, word.length - end.length));
  };
  return { name, listen: values('listen'), zones: values('zones'), forward: values('forward') };
}
