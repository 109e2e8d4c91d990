import { agentStatus, bootHint, Enrolments, isUnit, startsAtBoot } from '#agent';
import { HawserError } from '#base';
import type { AgentSeen } from '../facts.ts';
import type { Gathering, Sources } from './gathering.ts';
import { NotHere } from './not-known.ts';

type Answer = Pick<AgentSeen, 'health' | 'silence'>;

async function ask(stateDir: string): Promise<Answer> {
  try {
    return { health: await agentStatus(stateDir) };
  } catch (error) {
    const isSilent = error instanceof HawserError && error.code !== 'agent/not-permitted';
    if (isSilent) return { silence: error };
    throw error;
  }
}

/** What makes the agent start at boot, in one line. */
function bootRemedy({ stateDir, program }: Sources): string {
  if (isUnit(stateDir)) return '`systemctl enable hawser-agent`';
  const { file, text } = bootHint(program);
  return text.includes('\n')
    ? `\`hawser agent start\` prints what belongs into ${file}`
    : `\`echo '${text}' > ${file}\``;
}

/** A machine that follows no server has no need of an agent that runs. */
export async function gatherAgent({ sources }: Gathering): Promise<AgentSeen> {
  const { stateDir, version: ownVersion } = sources;
  const joined = new Enrolments(stateDir).networks();
  const answer = await ask(stateDir);
  if (joined.length === 0 && !answer.health) throw new NotHere('this machine follows no server');
  return {
    ...answer,
    startsAtBoot: await startsAtBoot(stateDir),
    bootRemedy: bootRemedy(sources),
    ownVersion,
  };
}
