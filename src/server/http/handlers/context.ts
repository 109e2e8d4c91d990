import { apiErrors, type Revision, type RevisionId, type RouteName } from '#api';
import type { Secret } from '#base';
import type { Actor } from '../../actor.ts';
import type { PackageFolder } from '../../installer/packages.ts';
import type { Compiler } from '../../network/compiler.ts';
import type { Edit } from '../../network/edit.ts';
import type { Network } from '../../network/network.ts';
import type { Networks } from '../../networks.ts';
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

/** Of a call that changes a network. */
interface Asked {
  readonly params: { readonly network: string };
  readonly actor: Actor;
  readonly request?: string;
}

/**
 * Changes a network, once: asked again under the same name it answers with what was done. The revision
 * that it made, or the network's own if it made none.
 */
export async function once(
  context: Context,
  { params: { network: name }, actor, request }: Asked,
  by: Parameters<Network['commit']>[0],
): Promise<Revision> {
  const { network } = context.networks.get(name);
  let known: number | undefined;
  const { revision } = await network.commit(async (snapshot, decide) => {
    known = request === undefined ? undefined : await requested(context, name, request);
    if (known !== undefined) return undefined;
    const edit = await by(snapshot, decide);
    return edit && { ...edit, request, person: actor.person };
  });
  if (known === undefined) return outcome(context, name, revision);
  return (await revisionOf(context, name, known)).revision;
}

/**
 * Changes of a network what no revision tells of, once: asked again under the same name it is done. So much is
 * known of the last call of each kind.
 */
export async function onceOfKind(
  { networks, store }: Context,
  { params: { network: name }, request }: Asked,
  kind: RouteName,
  by: Parameters<Network['commit']>[0],
): Promise<void> {
  const key = `request/${name}/${kind}`;
  await networks.get(name).network.commit(async (snapshot, decide) => {
    if (request === undefined) return by(snapshot, decide);
    if ((await store.read(async (tx) => tx.setting(key))) === request) return undefined;
    const edit = await by(snapshot, decide);
    if (!edit) return undefined;
    const also: Edit['also'] = async (tx) => {
      await edit.also?.(tx);
      await tx.putSetting(key, request);
    };
    return { ...edit, also };
  });
}

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
