import { cloudHere, joinNetwork, startAgent } from '#agent';
import { formatDiagnostic, HawserError, type Secret } from '#base';
import { thisProgram } from '../this-program.ts';

/**
 * Makes this machine the hub of its first network: it joins as every other does, and its agent lives on
 * when the server ends. A machine that cannot be a hub can serve all the same, and is told why it is none.
 */
export async function joinHere(token: Secret, network: string, name: string): Promise<string> {
  try {
    await joinNetwork({ token: token.reveal(), name, cloud: cloudHere() });
    const { as } = await startAgent({ program: thisProgram() });
    const boot =
      as === 'process'
        ? '\n`hawser agent start` tells what has to be done for it to be the hub after a reboot too'
        : '';
    return `this machine is the hub of the network ${network}, as ${name}${boot}`;
  } catch (error) {
    const why = error instanceof HawserError ? formatDiagnostic(error) : String(error);
    const again = `hawser join ${token.reveal()} --name ${name}`;
    return `this machine is not the hub of ${network} yet:\n${why}\nThen: ${again}`;
  }
}
