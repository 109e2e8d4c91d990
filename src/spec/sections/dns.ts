import Type, { type Static } from 'typebox';
import { by } from '#base';
import { Address } from '#ip';
import type { Draft } from '../draft.ts';
import { errors } from '../errors.ts';
import { located } from '../machine.ts';
import type { Dns, DnsRecord } from '../network.ts';
import { entriesOf, type Loose, placeOf, placeOfKey, type Text, textsOf } from '../origin.ts';
import { section } from '../section.ts';
import { machines } from '../selectors.ts';
import * as words from '../vocabulary.ts';
import { isOwnDomain, unusable } from '../zones.ts';

const target = Type.String();

const DnsSchema = words.mapping(
  {
    zone: words.optional(
      words.text(
        {
          description:
            'The domain under which the machines are found. Without it `<network>.internal`, which is nobody else’s: `internal` is set aside for private networks.',
          examples: ['denbi-hybrid.internal', 'vpn.example.org'],
        },
        'zone',
      ),
    ),
    hosts_file: words.optional(
      Type.Unsafe<'auto' | boolean>({
        enum: ['auto', true, false],
        description:
          'Whether machines find the names also in a block of their /etc/hosts. auto: where systemd-resolved does not ask the gateways for them.',
        default: 'auto',
      }),
    ),
    forward: words.optional(
      words.oneOrMany({
        description:
          'Resolvers that the gateways ask for all other names. Without it they answer for the zone alone, as they should wherever machines have resolvers of their own.',
        examples: [['192.0.2.53']],
      }),
    ),
    records: words.optional(
      words.named(
        Type.Union([target, Type.Array(target, { minItems: 1 })], {
          description: 'Addresses, or machines and hosts whose addresses it has.',
          examples: ['worker-1', ['192.168.66.50']],
        }),
        'record',
        {
          description: 'More names in the zone.',
          examples: [{ db: 'worker-1', printer: '192.168.66.50' }],
        },
        'domain',
      ),
    ),
  },
  {
    title: 'Names',
    description:
      'Lets every machine find every other by its name. All of its fields may be absent; without `dns` there are no names.',
    examples: [{ zone: 'denbi-hybrid.internal' }],
  },
);

type Source = Loose<Static<typeof DnsSchema>>;

const hostsFile = new Map<unknown, Dns['hostsFile']>([
  [true, 'always'],
  [false, 'never'],
]);

export const dns = section({
  schema: DnsSchema,
  read(value, draft): Dns | undefined {
    if (value === undefined) return undefined;
    return {
      zone: value.zone === undefined ? `${draft.network}.internal` : readZone(value, draft),
      hostsFile: hostsFile.get(value.hosts_file) ?? 'auto',
      forward: textsOf(value, 'forward').flatMap((at) => draft.parse(at, Address.parse) ?? []),
      records: readRecords(value.records, draft),
      ...located(value, placeOf(value)),
    };
  },
});

function readZone(value: Source, draft: Draft): string {
  const { zone = '' } = value;
  const where = { place: placeOf(value, 'zone'), text: zone };
  const why = unusable(zone);
  if (why !== undefined)
    draft.report(errors.diagnostic('spec/reserved-zone', { zone, why }, where));
  else if (isOwnDomain(zone)) {
    draft.report(
      errors.diagnostic('spec/whole-domain', { zone }, { ...where, severity: 'warning' }),
    );
  }
  return zone;
}

function readRecords(source: Source['records'], draft: Draft): readonly DnsRecord[] {
  return entriesOf(source)
    .map(([name]): DnsRecord => {
      const targets = textsOf(source ?? {}, name).map((at) => readTarget(at, draft));
      return {
        name,
        addresses: targets.flatMap((one) => one.address ?? []),
        machines: targets.flatMap((one) => one.machine ?? []),
        ...located({}, placeOfKey(source, name)),
      };
    })
    .sort(by((record) => record.name));
}

/** An address if it could be one, else a name. */
function readTarget(
  at: Text,
  draft: Draft,
): { readonly address?: Address; readonly machine?: string } {
  if (/^[\d.]+$|:/.test(at.text)) {
    const address = draft.parse(at, Address.parse);
    return address ? { address } : {};
  }
  return draft.names.expect(at, 'machine or host', machines) ? { machine: at.text } : {};
}
