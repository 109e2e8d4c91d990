import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { askAgent, type SessionStatus } from '#agent';
import { exitCodes, exitWith } from '../exit.ts';
import { print, printJson } from '../output.ts';
import { serverUrl } from '../remote/access.ts';
import { type NetworkFlags, ofNetwork, onlyNetwork } from './agent-daemon.ts';

/** ms until the agent must be connected to where it was sent. */
const patience = 10_000;

export const serverCommand = (): Command =>
  ofNetwork('server', 'where this machine looks for its servers, or where they are from now on')
    .argument('[url]', 'https://HOST:PORT of one that moved')
    .addHelpText(
      'after',
      `
For a server that was lost and came back elsewhere. It has to show the certificate authority
that this machine knows: nothing else is trusted, and nothing has to be joined again.`,
    )
    .action(async (url: string | undefined, flags: NetworkFlags) => {
      const { stateDir, json } = flags;
      const network = flags.network ?? (await onlyNetwork(stateDir));
      if (url !== undefined) {
        await askAgent(stateDir, { do: 'move', network, server: serverUrl(url) });
      }
      const status = await connected(stateDir, network, url === undefined ? 0 : patience);
      const { servers = [], connected: isConnected = false, unreachable } = status ?? {};
      if (json) printJson({ network, servers, connected: isConnected });
      else {
        print(`${network}: ${isConnected ? 'connected' : 'not connected'}`);
        if (unreachable) print(`  ${unreachable.message}`);
        for (const server of servers) print(`  ${server}`);
      }
      exitWith(isConnected ? exitCodes.yes : exitCodes.no);
    });

/** How the network stands, when there is a connection or the time is over. */
async function connected(
  stateDir: string,
  network: string,
  within: number,
): Promise<SessionStatus | undefined> {
  const end = performance.now() + within;
  for (;;) {
    const { networks } = await askAgent(stateDir, { do: 'status' });
    const status = networks.find((one) => one.network === network);
    if (status?.connected || performance.now() > end) return status;
    await sleep(100);
  }
}
