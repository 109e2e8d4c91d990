import Type, { type Static } from 'typebox';
import { by, type Place } from '#base';
import type { Draft } from '../draft.ts';
import { errors } from '../errors.ts';
import { located } from '../machine.ts';
import type { Forward, Router } from '../network.ts';
import { entriesOf, type Loose, placeOf, placeOfKey, textsOf } from '../origin.ts';
import { checkRouter, checkRouters } from '../routers/check.ts';
import { readEgress } from '../routers/egress.ts';
import { readExternal } from '../routers/external.ts';
import { readForward } from '../routers/forward.ts';
import { readTunnel } from '../routers/tunnel.ts';
import { readUplink } from '../routers/uplink.ts';
import { section } from '../section.ts';
import * as words from '../vocabulary.ts';

const UplinkSchema = words.mapping(
  {
    address: words.atLeastOne({
      description:
        'The address of the router outside, with the length of its network; one for each of IPv4 and IPv6 at most.',
      examples: ['10.5.0.2/24'],
    }),
    via: words.atLeastOne({
      description:
        'Where what leaves is sent: the address that the gateway itself takes at the other end. From there the gateway’s own routes lead, and who forwards on it is not our affair.',
      examples: ['10.5.0.1'],
    }),
  },
  {
    title: 'Uplink',
    description: 'The way out of a router: a pair of devices between it and its gateway.',
    examples: [{ address: '10.5.0.2/24', via: '10.5.0.1' }],
  },
);

const EgressSchema = words.mapping(
  {
    to: words.optional(
      words.text({
        description:
          'The range, the address, or the name of the machine that may be reached. A name is looked up by the gateway, again and again.',
        examples: ['130.238.7.10/32', 'proxy.example.org'],
      }),
    ),
    internet: words.optional(
      words.yesOrNo({
        description:
          'Instead of `to`: everything that is not of this network. `hawser check` warns.',
        default: false,
      }),
    ),
    ports: words.optional(
      words.atLeastOne({
        description: 'By which ports: `tcp/22`, `udp/1000-2000`, `icmp`. Without it by all.',
        examples: [['udp/53', 'tcp/53']],
      }),
    ),
  },
  {
    title: 'Way out',
    description: 'What the machines behind a router may reach.',
    examples: [{ to: '130.238.7.10/32', ports: ['udp/53', 'tcp/53'] }],
  },
);

const ForwardSchema = words.mapping(
  {
    port: words.text({
      description: 'A port of the router’s address outside.',
      examples: ['tcp/2222'],
    }),
    to: words.text({
      description: 'The address of a machine in a segment of the router.',
      examples: ['10.101.128.101'],
    }),
    target: words.optional(
      words.whole(1, 65535, {
        description: 'The port there. Without it the same.',
        examples: [22],
      }),
    ),
  },
  {
    title: 'Forward',
    description: 'Lets what is outside reach one port of a machine.',
    examples: [{ port: 'tcp/2222', to: '10.101.128.101', target: 22 }],
  },
);

const RouterSchema = words.mapping(
  {
    site: words.text(
      {
        description: 'The site on whose first gateway it stands.',
        examples: ['knox'],
      },
      'name',
    ),
    segments: words.optional(
      words.atLeastOne(
        {
          description:
            'The segments whose router it is: those of a site have the address `router` of each, and their machines reach each other through it. Only where the `tunnel` is in it there are none.',
          examples: [['mosler']],
        },
        'name',
      ),
    ),
    uplink: words.optional(UplinkSchema),
    egress: words.optional(
      Type.Array(Type.Union([Type.String({ examples: ['10.254.0.1/32'] }), EgressSchema]), {
        description:
          'What may leave, and answers to it. Nothing else does: there is no default route. A range or a name alone is one by all ports.',
        examples: [['10.254.0.1/32', { to: '130.238.7.10/32', ports: ['udp/53', 'tcp/53'] }]],
      }),
    ),
    snat: words.optional(
      words.yesOrNo({
        description:
          'Whether what leaves has the address of the uplink. If not, those outside need routes back. Of an `external` one whether it has the address by which it leaves; if not, which is usual there, that is left to the router.',
        default: true,
      }),
    ),
    external: words.optional(
      words.yesOrNo({
        description:
          'The router is there already, as with the `qrouter-…` of Neutron: a network namespace that others made. Nothing but its end in each segment and a filter for that is added, and nothing else is ever taken away. It has no `uplink` here: its own routes lead on.',
        default: false,
      }),
    ),
    namespace: words.optional(
      words.text({
        description: 'The namespace of an `external` router. Without it the name of the router.',
        examples: ['qrouter-3f4d2c1b-5d0e-4a7b-9c55-0c8a6f1e2d3b'],
      }),
    ),
    tunnel: words.optional(
      words.yesOrNo({
        description:
          'Of an `external` one: the tunnel of the gateway lives in it, with its address, routes and filter, while its socket stays in the gateway’s own namespace. The network then ends in the router: what is behind that are the `subnets` of the site, and `address` of the gateway is the address of the router in them. The gateway itself has no part in the network. `false` of one without `segments` says that there is nothing in it now: the tunnel may go there and come back.',
        default: false,
      }),
    ),
    forwards: words.optional(
      Type.Array(ForwardSchema, { description: 'What may come in. Nothing else does.' }),
    ),
  },
  {
    title: 'Router',
    description: 'Leads out of segments, and from one to the other.',
    examples: [
      {
        site: 'knox',
        segments: ['mosler'],
        uplink: { address: '10.5.0.2/24', via: '10.5.0.1' },
        egress: ['10.254.0.1/32'],
      },
    ],
  },
);

const Routers = words.named(RouterSchema, 'router', {
  description: 'Routers of segments, each in a network namespace of a gateway.',
});

type RouterSource = Loose<Static<typeof RouterSchema>>;

export const routers = section({
  schema: Routers,
  read(value, draft): readonly Router[] {
    const all = entriesOf(value).map(([name, source]) =>
      readRouter(name, source, placeOfKey(value, name), draft),
    );
    checkRouters(all, draft);
    return all.sort(by(({ name }) => name));
  },
});

/** One of others in which nothing is now, and its gateway's tunnel may be at another time. */
const isEmpty = ({ external, tunnel, egress, snat }: RouterSource): boolean =>
  external === true && tunnel === false && egress === undefined && snat === undefined;

function readRouter(name: string, source: RouterSource, place: Place, draft: Draft): Router {
  draft.names.declare(name, 'router', place);
  const [site] = textsOf(source, 'site');
  if (site) draft.names.expect(site, 'site', ['site']);
  const segments = textsOf(source, 'segments');
  const tunnel = readTunnel(name, source, draft);
  if (!tunnel && source.segments === undefined && !isEmpty(source)) {
    const args = { what: `\`${name}\``, key: 'segments', example: '[mosler]' };
    draft.report(errors.diagnostic('spec/missing-key', args, { place }));
  }
  const external = readExternal(name, source, place, draft);
  const uplink = external === undefined ? readUplink(name, source.uplink, draft) : [];
  const egress = (source.egress ?? []).map((item, index) =>
    readEgress(name, item, placeOf(source.egress ?? {}, index), draft),
  );
  const forwards = (source.forwards ?? []).map((item, index): Forward[] =>
    readForward(item, placeOf(source.forwards ?? {}, index), draft),
  );
  const reached = draft.segments.filter((one) => segments.some(({ text }) => text === one.name));
  const inside = [
    ...new Set(reached.flatMap(({ routers: own }) => own.map(({ family }) => family))),
  ].sort((a, b) => a - b);
  const router: Router = {
    name,
    site: site?.text ?? '',
    segments: [...new Set(segments.map(({ text }) => text))].sort(),
    ...(external !== undefined && { external }),
    tunnel,
    uplink,
    families: external === undefined ? uplink.map(({ network }) => network.family) : inside,
    egress: egress.flat(),
    snat: source.snat ?? external === undefined,
    forwards: forwards.flat(),
    ...located(source, place),
  };
  checkRouter(router, segments, draft);
  return router;
}
