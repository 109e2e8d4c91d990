import { type Model, project } from '#compile';
import { cliErrors } from '../errors.ts';
import type { Source } from './source.ts';

type LinkedNode = Model['nodes'][number];

/** The machines that one links with. */
function linksOf(model: Model, machine: string): readonly LinkedNode[] {
  const node = model.nodesByName.get(machine) as LinkedNode;
  const upstream = model.paths.upstream(node);
  return [...new Set([...(upstream ? [upstream] : []), ...model.paths.neighbours(node)])];
}

/** Those whose key is not known yet, so that they are no peers of one. */
const pendingOf = (model: Model, machine: string): readonly LinkedNode[] =>
  linksOf(model, machine).filter((node) => node.publicKey === undefined);

/** The names of those, sorted. */
export const pendingPeers = (model: Model, machine: string): readonly string[] =>
  pendingOf(model, machine)
    .map(({ name }) => name)
    .sort();

/** An export without any peer helps nobody; it means that keys are missing. */
export function refuseWithoutPeers(model: Model, machine: string, { named }: Source): void {
  const peers = Object.values(project(model, machine).tunnels).flatMap((tunnel) =>
    Object.keys(tunnel.peers),
  );
  const pending = pendingOf(model, machine);
  if (peers.length > 0 || pending.length === 0) return;
  throw cliErrors.error('cli/pending-peers', {
    machine,
    pending: pendingPeers(model, machine).join(', '),
    remedy: pendingRemedy(model, machine, pending, named),
  });
}

/**
 * Who runs an agent makes its own key. For all others an export makes it, if that would not wait for
 * this one again.
 */
function pendingRemedy(
  model: Model,
  own: string,
  pending: readonly LinkedNode[],
  named: Source['named'],
): string {
  const network = model.network.name;
  const isKnown = ({ name, publicKey }: LinkedNode): boolean =>
    name !== own && publicKey !== undefined;
  const managed = pending.filter(({ machine }) => machine.managed);
  const others = pending.filter(({ machine }) => !machine.managed);
  const exported = others.filter(({ name }) => linksOf(model, name).some(isKnown));
  const written = others.filter((node) => !exported.includes(node));
  const names = (nodes: readonly LinkedNode[]): string => nodes.map(({ name }) => name).join(', ');
  const commands = exported.map(({ name }) => `hawser export ${named(name)}`).join('; ');
  return [
    ...(exported.length > 0 ? [`First run ${commands}.`] : []),
    ...(written.length > 0
      ? [`Write the public key of ${names(written)} as 'key:' into the file.`]
      : []),
    ...(managed.length > 0
      ? [
          `On ${names(managed)} run 'hawser agent key --network ${network}' and write what it prints as 'key:' into the file.`,
        ]
      : []),
  ].join(' ');
}
