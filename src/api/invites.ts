import Type, { type Static } from 'typebox';
import { OfNetwork, Reason, type RouteShape, route, network as under, Why } from './route.ts';
import { Name, PlanResult, PublicKey, Revision, Time } from './schemas.ts';

/** Where the page is that a link opens; what it is worth stands behind `#`, which browsers send to nobody. */
export const invitePath = '/invite';

/** In an exported file the place of the private key, which only the browser that made it knows. */
export const keyPlace = 'PRIVATE-KEY-OF-THIS-DEVICE';

/**
 * open: nobody used it yet. waits: so does the member, for a second person. used: a key was made with it. expired, withdrawn: it is
 * good for nothing any more.
 */
export const InviteState = Type.Union([
  Type.Literal('open'),
  Type.Literal('waits'),
  Type.Literal('used'),
  Type.Literal('expired'),
  Type.Literal('withdrawn'),
]);
export type InviteState = Static<typeof InviteState>;

export const InviteInfo = Type.Object({
  id: Type.String(),
  machine: Type.String(),
  state: InviteState,
  /** Who invited: the name of a token. */
  by: Type.String(),
  created: Time,
  expires: Time,
  /** When a key was made with it. */
  used: Type.Optional(Time),
});
export type InviteInfo = Static<typeof InviteInfo>;

/** Whom to invite. Where the file does not name the machine, it becomes a member of it. */
export const NewInvite = Type.Object({
  machine: Name,
  /** Of the link. */
  expires: Type.Optional(Time),
  /** The machine has a key, and is to have another: the one before ends when the link is used. */
  newKey: Type.Optional(Type.Boolean()),
  /** Of a new member. */
  hub: Type.Optional(Name),
  tags: Type.Optional(Type.Array(Name, { maxItems: 100 })),
  person: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  memberExpires: Type.Optional(Time),
});
export type NewInvite = Static<typeof NewInvite>;

/** What the holder of a link is told first. */
export const Invitation = Type.Object({
  network: Type.String(),
  machine: Type.String(),
  by: Type.String(),
  expires: Time,
  /** A key that the machine has ends with this one. */
  replaces: Type.Boolean(),
});
export type Invitation = Static<typeof Invitation>;

/** A file for one kind of software, with `keyPlace` where the private key belongs. */
export const InviteFile = Type.Object({ name: Type.String(), text: Type.String() });
export type InviteFile = Static<typeof InviteFile>;

export const Accepted = Type.Object({
  network: Type.String(),
  machine: Type.String(),
  overlay: Type.Array(Type.String()),
  /** Names and addresses of the machines at the other ends of its tunnels. */
  peers: Type.Array(Type.Object({ machine: Type.String(), address: Type.String() })),
  files: Type.Object({
    wgQuick: InviteFile,
    networkManager: InviteFile,
    windows: InviteFile,
    /** What a QR code holds; absent: it is too long for one. */
    qr: Type.Optional(InviteFile),
  }),
});
export type Accepted = Static<typeof Accepted>;

/** Whether packets of the device come through, by what its peers tell. */
export const Arrival = Type.Object({
  peers: Type.Array(
    Type.Object({
      machine: Type.String(),
      /** Seconds since its last handshake; absent: none was seen. */
      handshake: Type.Optional(Type.Integer()),
    }),
  ),
});
export type Arrival = Static<typeof Arrival>;

const invitation = `${under}/invitation`;

/** People whose machines run nothing of ours are let in by a link, which is good once. */
export const inviteRoutes = {
  listInvites: route({
    method: 'GET',
    path: `${under}/invites`,
    permission: 'read',
    summary: 'Invitations, newest first, without their links',
    params: OfNetwork,
    response: Type.Array(InviteInfo),
  }),
  planInvite: route({
    method: 'POST',
    path: `${under}/invites/plan`,
    permission: 'apply',
    summary: 'What an invitation would change in the network at once',
    params: OfNetwork,
    body: NewInvite,
    response: PlanResult,
  }),
  createInvite: route({
    method: 'POST',
    path: `${under}/invites`,
    permission: 'apply',
    once: true,
    summary: 'A link by which a person lets his own device in; it is shown this once',
    params: OfNetwork,
    body: Type.Object({
      ...NewInvite.properties,
      /** `hash` of a plan: what it was made from may not have moved. */
      plan: Type.Optional(Type.String()),
      why: Why,
    }),
    response: Type.Object({
      link: Type.String(),
      info: InviteInfo,
      /** In which the file names the member from now on. */
      revision: Type.Optional(Revision),
    }),
  }),
  withdrawInvite: route({
    method: 'DELETE',
    path: `${under}/invites/:id`,
    permission: 'apply',
    once: true,
    summary: 'Make the link of an invitation void',
    params: Type.Object({ network: Name, id: Type.String() }),
    query: Reason,
  }),
  invitation: route({
    method: 'GET',
    path: invitation,
    permission: 'invited',
    summary: 'What the holder of a link is invited to',
    params: OfNetwork,
    response: Invitation,
  }),
  acceptInvitation: route({
    method: 'POST',
    path: invitation,
    permission: 'invited',
    summary: 'The public key that a link is used for, once; and the files for the device',
    params: OfNetwork,
    body: Type.Object({ publicKey: PublicKey }),
    response: Accepted,
  }),
  arrival: route({
    method: 'GET',
    path: `${invitation}/arrival`,
    permission: 'invited',
    summary: 'Whether the device that a link let in was heard',
    params: OfNetwork,
    query: Type.Object({ publicKey: PublicKey }),
    response: Arrival,
  }),
} as const satisfies Readonly<Record<string, RouteShape>>;
