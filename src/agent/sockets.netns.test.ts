import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { suite } from '../../tests/support/suite.ts';
import { datagramsAt, enterSpace, listenAt } from './sockets.ts';

const space = `hw-sockets-${process.pid}`;

class Space implements Disposable {
  constructor() {
    execFileSync('ip', ['netns', 'add', space]);
    execFileSync('ip', ['-n', space, 'link', 'set', 'lo', 'up']);
  }

  [Symbol.dispose](): void {
    execFileSync('ip', ['netns', 'del', space]);
  }
}

/** Processes beside this one that are in the namespace: who made a socket there may take what comes by it. */
function othersInside(): readonly number[] {
  const inode = statSync(`/run/netns/${space}`).ino;
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/ns/net`) === `net:[${inode}]`;
    } catch {
      return false;
    }
  });
}

suite('a socket that is made in a namespace', { needs: ['root', 'netns'] }, () => {
  test('is read by nobody but who asked for it', async () => {
    using _ = new Space();
    const datagrams = await datagramsAt(enterSpace(space), { host: '127.0.0.1', port: 7 });
    expect(othersInside()).toEqual([]);
    datagrams.send('echo', 7, '127.0.0.1');
    const [message] = await once(datagrams, 'message');
    expect(String(message)).toBe('echo');
    datagrams.close();
    const server = await listenAt(enterSpace(space), { host: '127.0.0.1', port: 7 });
    expect(othersInside()).toEqual([]);
    server.close();
  });

  test('is refused with the word of the system, and leaves no process there', async () => {
    using _ = new Space();
    const at = datagramsAt(enterSpace(space), { host: '192.0.2.1', port: 7 });
    await expect(at).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' });
    expect(othersInside()).toEqual([]);
  });
});
