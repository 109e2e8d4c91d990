import { type BootHint, bootHint, type Started, startsAtBoot } from '#agent';
import { thisProgram } from './this-program.ts';

/** How the agent runs, and what is to be done for it to come back after a reboot. */
export async function describeStarted(started: Started, stateDir: string): Promise<string> {
  if (started.as === 'unit') return `the agent runs as ${started.unit}, also after a reboot`;
  const runs =
    started.as === 'running'
      ? `the agent runs already, process ${started.pid}`
      : `the agent runs as process ${started.pid}, and again if it ends; its log: ${started.log}`;
  const isLasting = await startsAtBoot(stateDir);
  return isLasting ? runs : `${runs}\n${describeHint(bootHint(thisProgram()))}`;
}

function describeHint({ file, text, next }: BootHint): string {
  const lines = text.split('\n').map((line) => `  ${line}`);
  const last = next === undefined ? [] : [`then: ${next}`];
  return [`so that it starts when the machine boots, ${file} should say:`, ...lines, ...last].join(
    '\n',
  );
}
