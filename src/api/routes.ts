import Type, { type Static } from 'typebox';
import { alertRoutes } from './alerts.ts';
import { benchmarkRoutes } from './benchmark.ts';
import { healthRoutes } from './health-routes.ts';
import { inspectionRoutes } from './inspection.ts';
import { inviteRoutes } from './invites.ts';
import { lifetimeRoutes } from './lifetime.ts';
import { monitorRoutes } from './monitors.ts';
import { loginProviderRoutes } from './oidc.ts';
import { removalRoutes } from './removal.ts';
import { rotationRoutes } from './rotation.ts';
import {
  network,
  OfMachine,
  OfNetwork,
  OfRevision,
  Reason,
  type RouteShape,
  route,
  Why,
} from './route.ts';
import {
  AuditEntry,
  Count,
  DriftEntry,
  FileSet,
  Name,
  NetworkStatus,
  NewToken,
  Package,
  PlanRequest,
  PlanResult,
  PublicKey,
  Revision,
  RevisionId,
  Time,
  TokenInfo,
  Upgrade,
} from './schemas.ts';
import { verifyRoutes } from './verify.ts';
import { whyRoutes } from './why.ts';

/** What a client calls a request, so that it can ask again for what may be done already. */
export const requestHeader = 'idempotency-key';
export const RequestId = Type.String({ pattern: '^[A-Za-z0-9-]{8,64}$' });

export const JoinRequest = Type.Object({
  /** Wanted name; the host's own otherwise. */
  name: Name,
  identity: PublicKey,
  /** WireGuard public keys by lane. */
  keys: Type.Record(Type.String(), PublicKey),
  /** Ed25519 over `joinProofText`, base64. */
  proof: Type.String(),
  mtu: Type.Optional(Type.Integer()),
  /** The cloud that it is an instance of: `openstack`. */
  cloud: Type.Optional(Type.String({ pattern: '^[a-z0-9-]{1,32}$' })),
  /**
   * Peers of a tunnel that it brings along, by public key: whether they have a preshared key, which stays
   * where it is.
   */
  adopted: Type.Optional(Type.Record(PublicKey, Type.Boolean())),
});
export type JoinRequest = Static<typeof JoinRequest>;

export const JoinResponse = Type.Object({
  network: Type.String(),
  machine: Type.String(),
  /** pending: waits for `hawser approve`; the agent may connect and will be told. */
  enrolment: Type.Union([Type.Literal('enrolled'), Type.Literal('pending')]),
  servers: Type.Array(Type.String()),
  /** PEM of the CAs that vouch for the server from now on; empty: the system's. */
  authorities: Type.Array(Type.String()),
});
export type JoinResponse = Static<typeof JoinResponse>;

/** The whole HTTP API: the server's handlers, the clients and the OpenAPI document come from this. */
export const routes = {
  listNetworks: route({
    method: 'GET',
    path: '/v1/networks',
    permission: 'read',
    summary: 'The networks of this server',
    response: Type.Array(Type.Object({ network: Type.String(), revision: RevisionId })),
  }),
  createNetwork: route({
    method: 'POST',
    path: network,
    permission: 'administer',
    once: true,
    summary: 'A new network from its file',
    params: OfNetwork,
    body: Type.Object({ ...FileSet.properties, why: Why, facts: Type.Optional(Type.String()) }),
    response: Revision,
  }),
  status: route({
    method: 'GET',
    path: `${network}/status`,
    permission: 'read',
    summary: 'The machines of a network, and what each has',
    params: OfNetwork,
    response: NetworkStatus,
  }),
  ...monitorRoutes,
  ...verifyRoutes,
  ...benchmarkRoutes,
  ...whyRoutes,
  pull: route({
    method: 'GET',
    path: `${network}/file`,
    permission: 'read',
    summary: 'The stored file, which is the truth, and its revision',
    params: OfNetwork,
    query: Type.Object({
      /** Also what is known besides: keys, addresses given out, what was seen. */
      facts: Type.Optional(Type.Boolean()),
    }),
    response: Type.Object({
      revision: RevisionId,
      ...FileSet.properties,
      /** Text of a facts file. */
      facts: Type.Optional(Type.String()),
      /** Version of the preshared keys, where facts are asked for and there are any. */
      presharedKeys: Type.Optional(Type.Integer()),
    }),
  }),
  plan: route({
    method: 'POST',
    path: `${network}/plan`,
    permission: 'read',
    summary: 'What a changed file would do',
    params: OfNetwork,
    body: PlanRequest,
    response: PlanResult,
  }),
  apply: route({
    method: 'POST',
    path: `${network}/apply`,
    permission: 'apply',
    once: true,
    summary: 'Make a file the network’s own; refused if the network changed since `base`',
    params: OfNetwork,
    body: Type.Object({
      ...FileSet.properties,
      base: Type.Optional(RevisionId),
      /** `hash` of a plan: what it was made from may not have moved. */
      plan: Type.Optional(Type.String()),
      why: Why,
      force: Type.Optional(Type.Boolean()),
    }),
    response: Revision,
  }),
  history: route({
    method: 'GET',
    path: `${network}/revisions`,
    permission: 'read',
    summary: 'Revisions, newest first',
    params: OfNetwork,
    query: Type.Object({
      before: Type.Optional(Count),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    }),
    response: Type.Array(Revision),
  }),
  show: route({
    method: 'GET',
    path: `${network}/revisions/:number`,
    permission: 'read',
    summary: 'One revision with its files',
    params: OfRevision,
    response: Type.Object({ ...Revision.properties, ...FileSet.properties }),
  }),
  rollback: route({
    method: 'POST',
    path: `${network}/revisions/:number/rollback`,
    permission: 'apply',
    once: true,
    summary: 'Make the file of an older revision the network’s own again, as a new revision',
    params: OfRevision,
    body: Type.Object({
      /** `hash` of a plan of that revision's files: what it was made from may not have moved. */
      plan: Type.Optional(Type.String()),
      why: Why,
    }),
    response: Revision,
  }),
  approveRevision: route({
    method: 'POST',
    path: `${network}/revisions/:number/approve`,
    permission: 'approve',
    once: true,
    summary: 'Let a held revision go',
    params: OfRevision,
    body: Reason,
    response: Revision,
  }),
  rejectRevision: route({
    method: 'POST',
    path: `${network}/revisions/:number/reject`,
    permission: 'approve',
    once: true,
    summary: 'Let a held revision go no further',
    params: OfRevision,
    body: Reason,
    response: Revision,
  }),
  freeze: route({
    method: 'POST',
    path: `${network}/freeze`,
    permission: 'apply',
    once: true,
    summary: 'Change nothing on any machine until thawed',
    params: OfNetwork,
    body: Type.Object({ frozen: Type.Boolean(), why: Why }),
  }),
  join: route({
    method: 'POST',
    path: `${network}/join`,
    permission: 'join',
    summary: 'Enrol this machine',
    params: OfNetwork,
    body: JoinRequest,
    response: JoinResponse,
  }),
  approveMachine: route({
    method: 'POST',
    path: `${network}/machines/:machine/approve`,
    permission: 'approve',
    once: true,
    summary: 'Let a machine in that waits; as a member of the file unless it is named there',
    params: OfMachine,
    body: Type.Object({ hub: Type.Optional(Name), as: Type.Optional(Name), why: Why }),
    response: Revision,
  }),
  replaceMachine: route({
    method: 'POST',
    path: `${network}/machines/:machine/replace`,
    permission: 'approve',
    once: true,
    summary: 'Forget the identity of a machine, so that another may join under its name',
    params: OfMachine,
    body: Reason,
  }),
  revokeMachine: route({
    method: 'POST',
    path: `${network}/machines/:machine/revoke`,
    permission: 'apply',
    once: true,
    summary:
      'Cut a machine off at all its peers, or let it back; name, key, address and history stay',
    params: OfMachine,
    body: Type.Object({ revoked: Type.Boolean(), why: Why }),
  }),
  giveKey: route({
    method: 'POST',
    path: `${network}/machines/:machine/key`,
    permission: 'apply',
    once: true,
    summary: 'Tell the public key of a machine on which no agent runs',
    params: OfMachine,
    body: Type.Object({
      publicKey: PublicKey,
      /** The key that it is instead of: refused where that is another by now. */
      instead: Type.Optional(PublicKey),
      why: Why,
    }),
  }),
  retryMachine: route({
    method: 'POST',
    path: `${network}/machines/:machine/retry`,
    permission: 'apply',
    once: true,
    summary: 'Try again what a machine has in quarantine',
    params: OfMachine,
    body: Reason,
  }),
  upgradeMachine: route({
    method: 'POST',
    path: `${network}/machines/:machine/upgrade`,
    permission: 'apply',
    once: true,
    summary:
      'Let the agent of a machine put the version of this server’s packages in its own place',
    params: OfMachine,
    body: Type.Object({
      /** Seconds that the new agent has to be connected again, before the one before returns. */
      within: Type.Optional(Type.Integer({ minimum: 1, maximum: 3600 })),
      why: Why,
    }),
    response: Type.Pick(Upgrade, ['id', 'version']),
  }),
  ...inspectionRoutes,
  ...inviteRoutes,
  ...removalRoutes,
  ...lifetimeRoutes,
  ...rotationRoutes,
  ...healthRoutes,
  ...alertRoutes,
  drift: route({
    method: 'GET',
    path: `${network}/drift`,
    permission: 'read',
    summary: 'What differed on machines and was put back, newest first',
    params: OfNetwork,
    query: Type.Object({ machine: Type.Optional(Name) }),
    response: Type.Array(DriftEntry),
  }),
  createToken: route({
    method: 'POST',
    path: '/v1/tokens',
    permission: 'tokens',
    once: true,
    summary: 'A new token; its text is shown this once',
    body: Type.Object({ ...NewToken.properties, why: Why }),
    response: Type.Object({
      token: Type.String(),
      info: TokenInfo,
      /** Whether a bare machine can be given Hawser by this server (`installLines`). */
      installs: Type.Optional(Type.Boolean()),
    }),
  }),
  listPackages: route({
    method: 'GET',
    path: '/v1/packages',
    permission: 'read',
    summary: 'The packages of Hawser that this server hands out, all of one version',
    response: Type.Array(Package),
  }),
  listTokens: route({
    method: 'GET',
    path: '/v1/tokens',
    permission: 'tokens',
    summary: 'All tokens, without their texts',
    response: Type.Array(TokenInfo),
  }),
  vouchToken: route({
    method: 'POST',
    path: '/v1/tokens/:id/vouch',
    permission: 'approve',
    once: true,
    summary: 'Vouch that a token is held by another person than the one who made it',
    params: Type.Object({ id: Type.String() }),
    body: Reason,
    response: TokenInfo,
  }),
  revokeToken: route({
    method: 'DELETE',
    path: '/v1/tokens/:id',
    permission: 'tokens',
    once: true,
    summary: 'Make a token void',
    params: Type.Object({ id: Type.String() }),
    query: Reason,
  }),
  ...loginProviderRoutes,
  audit: route({
    method: 'GET',
    path: '/v1/audit',
    permission: 'administer',
    summary: 'Who did what, oldest first',
    query: Type.Object({
      since: Type.Optional(Time),
      after: Type.Optional(Count),
      network: Type.Optional(Name),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
    }),
    response: Type.Array(AuditEntry),
  }),
  backup: route({
    method: 'POST',
    path: '/v1/backup',
    permission: 'administer',
    summary: 'Everything the server has, encrypted by a passphrase; an application/octet-stream',
    body: Type.Object({ passphrase: Type.String({ minLength: 12 }), why: Why }),
  }),
} as const satisfies Readonly<Record<string, RouteShape>>;

export type Routes = typeof routes;
export type RouteName = keyof Routes;

type StaticOf<R, K extends string> =
  R extends Readonly<Record<K, infer S extends Type.TSchema>> ? Static<S> : undefined;
export type ParamsOf<N extends RouteName> = StaticOf<Routes[N], 'params'>;
export type QueryOf<N extends RouteName> = StaticOf<Routes[N], 'query'>;
export type BodyOf<N extends RouteName> = StaticOf<Routes[N], 'body'>;
export type ResponseOf<N extends RouteName> = StaticOf<Routes[N], 'response'>;

/** The agents' channel (see `channel.ts`): a WebSocket on this path. */
export const channelPath = (name: string): string => `/v1/networks/${name}/agent`;
