import Type, { type Static } from 'typebox';
import { EventKind } from './events.ts';
import { network, OfNetwork, Reason, route, Why } from './route.ts';
import { Count, Name, Time } from './schemas.ts';

/** The worst first. */
export const Severity = Type.Union([
  Type.Literal('critical'),
  Type.Literal('warning'),
  Type.Literal('info'),
]);
export type Severity = Static<typeof Severity>;
export const severities = Severity.anyOf.map((severity) => severity.const);

/**
 * One thing that somebody is to know. firing: something is not well; resolved: it has been well for a while;
 * once: something happened; test: somebody asked for it.
 */
export const Alert = Type.Object({
  /** Counts up, over all networks of a server; 0 of a test. */
  seq: Count,
  at: Time,
  is: Type.Union([
    Type.Literal('firing'),
    Type.Literal('resolved'),
    Type.Literal('once'),
    Type.Literal('test'),
  ]),
  severity: Severity,
  kind: Type.Union([EventKind, Type.Literal('test')]),
  /** When it began, or happened. */
  since: Time,
  machine: Type.Optional(Type.String()),
  other: Type.Optional(Type.String()),
  service: Type.Optional(Type.String()),
  /** Of the machines, as they were when it was told. */
  sites: Type.Optional(Type.Array(Type.String())),
  text: Type.String(),
});
export type Alert = Static<typeof Alert>;

/** What a webhook is sent, as JSON. `text` is what chats show of it. */
export const Delivery = Type.Object({
  /** Names it. What is sent again may have more in it: an alert is known by its `seq`. */
  delivery: Type.String(),
  network: Type.String(),
  receiver: Type.String(),
  text: Type.String(),
  alerts: Type.Array(Alert),
});
export type Delivery = Static<typeof Delivery>;

const Url = Type.String({ minLength: 8, maxLength: 2000 });
const Mail = Type.String({ pattern: '^[^\\s<>,;:"]+@[^\\s<>,;:"@]+$', maxLength: 254 });
/** PEM of the authorities that vouch for whoever receives; absent: the system's. */
const Authorities = Type.Optional(Type.String({ maxLength: 100_000 }));
const SecretText = Type.String({ minLength: 1, maxLength: 1000 });

/** Where alerts are sent to. */
export const AlertTarget = Type.Union([
  Type.Object({
    kind: Type.Literal('webhook'),
    /** http:// or https:// */
    url: Url,
    authorities: Authorities,
    /** What it is signed with. */
    secret: SecretText,
  }),
  Type.Object({
    kind: Type.Literal('mail'),
    /** smtp://HOST:PORT, which begins TLS, or smtps://HOST:PORT, which is TLS. */
    server: Url,
    user: Type.Optional(Type.String({ maxLength: 254 })),
    authorities: Authorities,
    from: Mail,
    to: Type.Array(Mail, { minItems: 1, maxItems: 50 }),
    /** The password. */
    secret: Type.Optional(SecretText),
  }),
]);
export type AlertTarget = Static<typeof AlertTarget>;

/** Which alerts: all of these have to hold; what is absent holds always. */
export const AlertFilter = Type.Object({
  /** As bad as this, or worse. */
  severity: Severity,
  kinds: Type.Optional(Type.Array(EventKind, { minItems: 1 })),
  machines: Type.Optional(Type.Array(Name, { minItems: 1 })),
  sites: Type.Optional(Type.Array(Name, { minItems: 1 })),
});
export type AlertFilter = Static<typeof AlertFilter>;

export const AlertReceiver = Type.Object({
  name: Name,
  kind: Type.Union([Type.Literal('webhook'), Type.Literal('mail')]),
  /** Without what may be secret in it. */
  target: Type.String(),
  filter: AlertFilter,
  made: Time,
  /** When it took something last. */
  delivered: Type.Optional(Time),
  /** Alerts that it is still to be sent. */
  waiting: Type.Integer(),
  /** Since when it takes nothing, how often that was tried, and why. */
  failing: Type.Optional(
    Type.Object({ since: Time, attempts: Type.Integer(), why: Type.String() }),
  ),
});
export type AlertReceiver = Static<typeof AlertReceiver>;

/** What is not well now. */
export const OpenAlert = Type.Object({
  severity: Severity,
  kind: EventKind,
  since: Time,
  machine: Type.Optional(Type.String()),
  other: Type.Optional(Type.String()),
  service: Type.Optional(Type.String()),
  /** How often it became so, since then. */
  times: Type.Integer(),
  /** It is well again, since when, and is watched for a while. */
  wellSince: Type.Optional(Time),
  silenced: Type.Optional(Type.Literal(true)),
  text: Type.String(),
});
export type OpenAlert = Static<typeof OpenAlert>;

/** Nobody is alerted of a machine, or of those of a site; all else goes on. */
export const Silence = Type.Object({
  id: Type.String(),
  machine: Type.Optional(Type.String()),
  site: Type.Optional(Type.String()),
  from: Time,
  /** When it ends, or was ended. */
  until: Time,
  by: Type.String(),
  why: Type.Optional(Type.String()),
});
export type Silence = Static<typeof Silence>;

/** One that begins, and those of the same that it replaces, with the ends that they would have had. */
export const BegunSilence = Type.Object({
  ...Silence.properties,
  replaced: Type.Optional(Type.Array(Silence)),
});
export type BegunSilence = Static<typeof BegunSilence>;

const OfReceiver = Type.Object({ network: Name, receiver: Name });

/** Who is told of what happens, and of what nobody is. */
export const alertRoutes = {
  alerts: route({
    method: 'GET',
    path: `${network}/alerts`,
    permission: 'read',
    summary: 'Who is alerted, whether that succeeds, and of what',
    params: OfNetwork,
    response: Type.Object({
      receivers: Type.Array(AlertReceiver),
      open: Type.Array(OpenAlert),
    }),
  }),
  putReceiver: route({
    method: 'POST',
    path: `${network}/alerts/receivers/:receiver`,
    permission: 'administer',
    once: true,
    summary: 'Alert somebody from now on, or otherwise than before',
    params: OfReceiver,
    body: Type.Object({ target: AlertTarget, filter: AlertFilter, why: Why }),
  }),
  removeReceiver: route({
    method: 'DELETE',
    path: `${network}/alerts/receivers/:receiver`,
    permission: 'administer',
    once: true,
    summary: 'Alert somebody no more',
    params: OfReceiver,
    query: Reason,
  }),
  testReceiver: route({
    method: 'POST',
    path: `${network}/alerts/receivers/:receiver/test`,
    permission: 'apply',
    summary: 'Send one alert that says that it is a test, and answer when it is there',
    params: OfReceiver,
    response: Type.Object({ took: Type.Integer() }),
  }),
  silences: route({
    method: 'GET',
    path: `${network}/silences`,
    permission: 'read',
    summary: 'Of what nobody is alerted now',
    params: OfNetwork,
    response: Type.Array(Silence),
  }),
  silence: route({
    method: 'POST',
    path: `${network}/silences`,
    permission: 'apply',
    once: true,
    summary:
      'Alert nobody of a machine or site for a while; this replaces what was said of the same before',
    params: OfNetwork,
    body: Type.Object({
      machine: Type.Optional(Name),
      site: Type.Optional(Name),
      /** Seconds. */
      lasts: Type.Integer({ minimum: 1, maximum: 31_622_400 }),
      why: Why,
    }),
    response: BegunSilence,
  }),
  endSilence: route({
    method: 'DELETE',
    path: `${network}/silences/:id`,
    permission: 'apply',
    once: true,
    summary: 'Alert of it again',
    params: Type.Object({ network: Name, id: Type.String() }),
    query: Reason,
  }),
} as const;
