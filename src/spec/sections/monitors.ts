import type { Static } from 'typebox';
import { by, type Place } from '#base';
import { Address, isHostName, parseEndpoint } from '#ip';
import type { Draft } from '../draft.ts';
import { errors } from '../errors.ts';
import { located } from '../machine.ts';
import type { Monitor } from '../network.ts';
import {
  entriesOf,
  type Loose,
  originOf,
  placeOf,
  placeOfKey,
  type Text,
  textsOf,
} from '../origin.ts';
import { section } from '../section.ts';
import { machines } from '../selectors.ts';
import * as words from '../vocabulary.ts';

const MonitorSchema = words.mapping(
  {
    type: words.oneOf(['tcp', 'http', 'pyro'], {
      description:
        'tcp: whether somebody takes connections. http: with which status a page answers. pyro: a Pyro5 name server and, with MuPIF’s tags, its job managers and schedulers.',
    }),
    host: words.optional(
      words.text({
        description:
          'Of tcp: a machine or host of the file, an address, or a name that the machine that looks can resolve.',
        examples: ['worker-1', '192.168.66.11'],
      }),
    ),
    port: words.optional(words.whole(1, 65_535, { description: 'Of tcp.', examples: [5432] })),
    url: words.optional(
      words.text({
        description: 'Of http: the page, as the machine that looks reaches it.',
        examples: ['http://192.168.66.11:8080/health'],
      }),
    ),
    expect: words.optional(
      words.whole(100, 599, {
        description:
          'Of http: the status that it answers with. Without it any of 200 to 299. Redirects are not followed.',
        examples: [200],
      }),
    ),
    nameserver: words.optional(
      words.text({
        description: 'Of pyro: host and port of the name server.',
        examples: ['172.22.2.1:10000'],
      }),
    ),
    from: words.optional(
      words.text({
        description:
          'Who looks: a machine with an agent, `site:NAME` (its first gateway) or `hub`. Without it the hub, in other topologies the first gateway of the first site.',
        examples: ['hub', 'site:giessen'],
      }),
    ),
    every: words.optional(
      words.whole(1, 3_600, { description: 'Seconds between looks.', default: 10 }),
    ),
    timeout: words.optional(
      words.whole(1, 60, {
        description: 'Seconds that an answer may take; of a platform that of each of its services.',
        default: 5,
      }),
    ),
  },
  {
    title: 'Monitor',
    description: 'A service, and from where it has to be reached.',
    examples: [{ type: 'tcp', host: 'worker-1', port: 5432 }],
  },
);

/** As the file has it: who looks is not looked up yet. */
export interface WrittenMonitor extends Omit<Monitor, 'from'> {
  readonly from?: Text;
}

type Source = Loose<Static<typeof MonitorSchema>>;
type Type = Monitor['type'];

/** What each type has to say, with an example, and what it may say besides. */
const keysOf: Readonly<Record<Type, { needs: Readonly<Record<string, string>>; may?: string }>> = {
  tcp: { needs: { host: 'worker-1', port: '5432' } },
  http: { needs: { url: 'http://192.168.66.11/' }, may: 'expect' },
  pyro: { needs: { nameserver: '"172.22.2.1:10000"' } },
};
const typed = ['host', 'port', 'url', 'expect', 'nameserver'] as const;

export const monitors = section({
  schema: words.named(MonitorSchema, 'monitor', {
    description:
      'Services that machines of the network look at: `hawser monitors` tells how they are.',
  }),
  read(value, draft): readonly WrittenMonitor[] {
    return entriesOf(value)
      .flatMap(([name, source]) => readMonitor(name, source, placeOfKey(value, name), draft))
      .sort(by(({ name }) => name));
  },
});

function readMonitor(
  name: string,
  source: Source,
  at: Place,
  draft: Draft,
): readonly WrittenMonitor[] {
  const { type } = source;
  if (type === undefined) return [];
  reportKeys(name, type, source, draft);
  const from = textsOf(source, 'from')[0];
  const target = readTarget(type, source, draft);
  return [
    {
      name,
      type,
      ...target,
      ...(from && { from }),
      every: source.every ?? 10,
      timeout: source.timeout ?? 5,
      ...located(source, at),
    },
  ];
}

/** What is missing, and what means nothing for this type. */
function reportKeys(name: string, type: Type, source: Source, draft: Draft): void {
  const { needs, may } = keysOf[type];
  const { fields } = originOf(source);
  for (const [key, example] of Object.entries(needs)) {
    if (key in fields) continue;
    const args = { what: `monitor \`${name}\``, key, example };
    draft.report(errors.diagnostic('spec/missing-key', args, { place: placeOf(source) }));
  }
  for (const key of typed) {
    if (!(key in fields) || key in needs || key === may) continue;
    const fits = [...Object.keys(needs), ...(may === undefined ? [] : [may])];
    const args = { key, type, keys: fits.map((one) => `\`${one}\``).join(' and ') };
    draft.report(errors.diagnostic('spec/not-of-monitor', args, { place: placeOf(source, key) }));
  }
}

type Target = Pick<Monitor, 'host' | 'port' | 'url' | 'expect'>;

function readTarget(type: Type, source: Source, draft: Draft): Target {
  const [url] = textsOf(source, 'url');
  if (type === 'http') {
    if (url) reportUrl(url, draft);
    return {
      ...(url && { url: url.text }),
      ...(source.expect !== undefined && { expect: source.expect }),
    };
  }
  if (type === 'pyro') {
    const [at] = textsOf(source, 'nameserver');
    const endpoint = at && draft.parse(at, parseEndpoint);
    return endpoint ? { host: endpoint.host, port: endpoint.port } : {};
  }
  const [host] = textsOf(source, 'host');
  if (host && !isOutside(host.text)) draft.names.expect(host, 'machine or host', machines);
  return {
    ...(host && { host: host.text }),
    ...(source.port !== undefined && { port: source.port }),
  };
}

/** An address, or a name with a dot: no machine of a file has one. */
const isOutside = (host: string): boolean =>
  Address.tryParse(host) !== undefined || (host.includes('.') && isHostName(host));

function reportUrl(at: Text, draft: Draft): void {
  const url = URL.parse(at.text);
  const why =
    url === null || !['http:', 'https:'].includes(url.protocol)
      ? 'it does not begin with `http://` or `https://` and a host'
      : url.username !== '' || url.password !== ''
        ? 'it holds a password, which everybody who may read the file would know'
        : undefined;
  if (why === undefined) return;
  const where = { place: at.place, text: at.text };
  draft.report(errors.diagnostic('spec/bad-url', { url: at.text, why }, where));
}
