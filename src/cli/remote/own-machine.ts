import { askAgent, defaultStateFolder } from '#agent';
import { HawserError } from '#base';

/** What this machine is called in a network; undefined where no agent of it can be asked. */
export async function ownMachine(network: string): Promise<string | undefined> {
  try {
    const { networks } = await askAgent(defaultStateFolder, { do: 'status' });
    return networks.find((one) => one.network === network)?.machine;
  } catch (error) {
    if (error instanceof HawserError) return undefined;
    throw error;
  }
}
