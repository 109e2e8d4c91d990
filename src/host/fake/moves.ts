import type { Change } from '#state';
import { editsOf } from '../pick.ts';
import type { FakeKernel } from './kernel.ts';

/** Tunnels leave the namespaces in which they are not to live any more before anything else is done. */
export function sendHome(kernel: FakeKernel, changes: readonly Change[]): void {
  for (const change of editsOf(changes, 'tunnels')) {
    if (change.kind === 'add') continue;
    const { interface: name, livesIn } = change.before;
    const stays = change.kind === 'change' && change.after.livesIn === livesIn;
    if (livesIn !== undefined && !stays) kernel.spaces.get(livesIn)?.kernel.send(name, kernel);
  }
}

/** Tunnels come to where they are to live as soon as that is there. */
export function takeIn(kernel: FakeKernel): void {
  for (const { item } of kernel.of('tunnels')) {
    const space = kernel.spaces.get(item.livesIn ?? '');
    if (space) kernel.send(item.interface, space.kernel);
  }
}
