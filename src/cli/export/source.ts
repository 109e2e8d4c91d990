import { DiagnosticsError } from '#base';
import { type Facts, parseFacts } from '#compile';
import { loadNetwork, readerOf } from '#spec';
import { cliErrors } from '../errors.ts';
import { type Known, openNetwork, saveFacts } from '../load.ts';
import type { Client } from '../remote/client.ts';
import { inNetwork, type NetworkOptions, type Reasoned } from '../remote/session.ts';

/** A network of which something is exported, and where it is kept what is known of it. */
export interface Source {
  readonly known: Known;
  /** What people write to name it and a machine of it. */
  readonly named: (machine: string) => string;
  /** Keeps facts in which a machine may have another key. */
  keep(facts: Facts, machine: string): Promise<void>;
}

/** A file on this disk, with its facts beside it. @throws DiagnosticsError */
export function fileSource(file: string): Source {
  const opened = openNetwork(file);
  return {
    known: opened,
    named: (machine) => `FILE ${machine}`,
    keep: async (facts) => saveFacts(opened, facts),
  };
}

/** What the server has now. @throws DiagnosticsError, compile/facts-unreadable */
async function pulled(client: Client, name: string): Promise<Known> {
  const found = await client.call('pull', { params: { network: name }, query: { facts: true } });
  const { entry, files, facts: text = '', revision, presharedKeys } = found;
  const { network, diagnostics } = loadNetwork(entry, readerOf(files));
  if (!network) throw new DiagnosticsError(diagnostics);
  const facts = parseFacts(text, name);
  return { network, facts, revision, ...(presharedKeys !== undefined && { presharedKeys }) };
}

const keyIn = ({ keys }: Facts, machine: string): string | undefined => keys[machine]?.['0'];

/** A network of the server that the options mean, for as long as the work takes. */
export const atSource = (
  options: NetworkOptions & Reasoned,
  work: (source: Source) => Promise<void>,
): Promise<void> =>
  inNetwork(options, async (client, network) => {
    const known = await pulled(client, network);
    await work({
      known,
      named: (machine) => machine,
      async keep(facts, machine) {
        const [instead, publicKey] = [keyIn(known.facts, machine), keyIn(facts, machine)];
        if (publicKey === undefined || publicKey === instead) return;
        const body = { publicKey, instead, why: options.message };
        await client.call('giveKey', { params: { network, machine }, body });
      },
    });
  });

/** Refuses what can only be a file where a machine's name should be. @throws cli/export-what */
export function requireName(text: string): void {
  if (/[./]/.test(text) || text === '-') throw cliErrors.error('cli/export-what', { file: text });
}
