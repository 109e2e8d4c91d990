import { apiErrors, type Revision, type RevisionId, type RouteName } from '#api';
import type { Secret } from '#base';
import type { Actor } from '../../actor.ts';
import type { PackageFolder } from '../../installer/packages.ts';
import type { Compiler } from '../../network/compiler.ts';
import type { Matter } from '../../network/decisions.ts';
import type { Edit } from '../../network/edit.ts';
import type { Network } from '../../network/network.ts';
import type { Networks } from '../../networks.ts';
import type { Logins } from '../../oidc/logins.ts';
import type { Store } from '../../store/contract.ts';
import type { Tokens } from '../../tokens.ts';

/** What handlers work with. */
export interface Context {
  readonly store: Store;
  readonly tokens: Tokens;
  readonly compiler: Compiler;
  readonly clock: () => Date;
  readonly networks: Networks;
  /** Where the server says that it is. */
  readonly servers: () => readonly string[];
  /** PEM of the CAs that vouch for it. */
  readonly authorities: () => readonly string[];
  /** All that the server keeps, under a passphrase. */
  readonly backup: (passphrase: Secret) => Promise<Buffer>;
  /** What machines can be given. */
  readonly packages: PackageFolder;
  /** How people log in by OpenID Connect. */
  readonly logins: Logins;
  /** Of this server's program, where that is known. */
  readonly version: string | undefined;
}

/** A revision with its files. @throws api/not-found */
export async function revisionOf({ store }: Context, network: string, number: number) {
  const found = await store.read(async (tx) => tx.revision(network, number));
  if (!found) throw apiErrors.error('api/not-found', { what: `revision ${number} of ${network}` });
  return found;
}

/** How many people may let a revision of a network go. */
export const personsFor = async ({ store, tokens }: Context, network: string): Promise<number> =>
  store.read(async (tx) => tokens.persons(await tx.tokens(), network));

type By = Parameters<Network['commit']>[0];

/** Why somebody asks for something, where that is said. */
interface Reasoned {
  readonly why?: string | undefined;
}

/** Of a call that changes a network. */
interface Asked {
  readonly params: { readonly network: string };
  readonly actor: Actor;
  readonly body?: Reasoned | undefined;
  readonly query?: Reasoned | undefined;
  readonly request?: string;
}

/** The edit that somebody asked for: who he speaks for, and why, if that is not told yet. */
function signed({ actor, body, query, request }: Asked, edit: Edit): Edit {
  const why = body?.why ?? query?.why;
  const detail = why ? { ...edit.detail, why } : edit.detail;
  return { ...edit, request, person: actor.person, detail };
}

/**
 * Changes a network, once: asked again under the same name it answers with what was done. The revision
 * that it made, or the network's own if it made none.
 */
export async function once(
  context: Context,
  asked: Asked,
  kind: RouteName,
  by: By,
): Promise<Revision> {
  const { request } = asked;
  const { network: name } = asked.params;
  let known: number | undefined;
  const made = await onceOfKind(context, asked, kind, async (snapshot, decide) => {
    known = request === undefined ? undefined : await requested(context, name, request);
    return known === undefined ? by(snapshot, decide) : undefined;
  });
  if (known === undefined) return outcome(context, name, made);
  return (await revisionOf(context, name, known)).revision;
}

/**
 * Changes of a network what no revision may tell of, once: asked again under the same name it is done. So much is
 * known of the last call of each kind. Gives the revision, if it made one.
 */
export async function onceOfKind(
  { networks, store }: Context,
  asked: Asked,
  kind: RouteName,
  by: By,
): Promise<RevisionId | undefined> {
  const { request } = asked;
  const { network: name } = asked.params;
  const key = `request/${name}/${kind}`;
  const { revision } = await networks.get(name).network.commit(async (snapshot, decide) => {
    const isDone = request !== undefined && (await settingOf(store, key)) === request;
    const edit = isDone ? undefined : await by(snapshot, decide);
    if (!edit) return undefined;
    const also: Edit['also'] = async (tx) => {
      await edit.also?.(tx);
      // A revision remembers for itself who asked for it.
      if (request !== undefined && !edit.revision) await tx.putSetting(key, request);
    };
    return { ...signed(asked, edit), also };
  });
  return revision;
}

/** The same where one decision is all. */
export const decidedOnce = (
  context: Context,
  asked: Asked,
  kind: RouteName,
  matter: Matter,
): Promise<RevisionId | undefined> =>
  onceOfKind(context, asked, kind, async (_, decide) => decide(matter));

const settingOf = (store: Store, key: string): Promise<string | undefined> =>
  store.read(async (tx) => tx.setting(key));

const requested = async ({ store }: Context, network: string, request: string) =>
  store.read(async (tx) => tx.requested(network, request));

/** The revision that an operation made, or the network's own if it made none. */
export async function outcome(
  context: Context,
  network: string,
  made: RevisionId | undefined,
): Promise<Revision> {
  const { stored } = context.networks.get(network).network.snapshot;
  const { number } = made ?? stored.revision;
  return (await revisionOf(context, network, number)).revision;
}
