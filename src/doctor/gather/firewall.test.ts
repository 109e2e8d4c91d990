import { expect, test } from 'vitest';
import { hostErrors, type Run } from '#host';
import { gatherFirewall } from './firewall.ts';
import { Gathering } from './gathering.ts';
import { gatherers } from './index.ts';

/** Of a machine on which nft(8) ends with these words. */
function rulesWhere(text: string) {
  const run: Run = async (_, [program]) => {
    if (program !== 'nft') return '';
    const args = { argv: 'nft', exit: '1', stderr: text };
    throw hostErrors.error('host/command-failed', args, { text });
  };
  const sources = { stateDir: '/none', run, version: '0', program: [], known: [] };
  return gatherFirewall(new Gathering(sources, gatherers));
}

test('a kernel without nftables has no rules of it, and one that may not be asked has unknown ones', async () => {
  const shut = 'netlink: Error: cache initialization failed: ';
  await expect(rulesWhere(`${shut}Invalid argument`)).resolves.toEqual([]);
  await expect(rulesWhere(`${shut}Operation not permitted`)).rejects.toThrow('not permitted');
});
