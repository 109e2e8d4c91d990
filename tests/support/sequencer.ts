import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take ten seconds and more begin first, the longest of all before the others, so that no
 * processor idles while the last of them ends.
 */
export const long: readonly string[] = [
  'tests/lab/life',
  'tests/repository/bare-debian',
  'tests/lab/examples',
  'tests/doctor/doctor',
  'tests/sequences/sequences',
  'tests/docs/docs',
  'tests/lab/stretched',
  'tests/lab/both-families',
  'tests/lab/everything',
  'tests/server/upgrade',
  'tests/server/control-plane-dies',
  'tests/server/rotate',
  'tests/server/deploy',
  'tests/lab/apply',
  'tests/server/servers-apart',
  'tests/agent/power-cut',
  'tests/server/killed-writer',
  'tests/agent/repair',
  'tests/lab/underlay',
  'tests/agent/command',
  'tests/agent/confirm',
  'tests/server/killed-server',
  'tests/agent/undisturbed',
  'tests/agent/daemon',
  'tests/server/commands',
  'tests/lab/causes',
  'tests/server/changes',
  'tests/server/names',
  'tests/repository/check',
  'tests/repository/package',
  'tests/server/taken-back',
  'tests/lab/drills',
  'src/server/backup/backup',
  'tests/repository/launcher',
  'tests/agent/supervised',
  'tests/model/compile.property',
  'src/host/linux.netns',
  'src/server/rotation/rotation',
  'tests/cli/commands',
  'tests/kernel/kernel',
  'tests/kernel/segments',
  'tests/kernel/agents',
].map((path) => `/${path}.test.ts`);

const rank = ({ moduleId }: TestSpecification): number => {
  const index = long.findIndex((path) => moduleId.endsWith(path));
  return index === -1 ? long.length : index;
};

const group = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;

/** The usual order, but the longest of each group first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const usual = await super.sort(files);
    return [...usual].sort((a, b) => group(a) - group(b) || rank(a) - rank(b));
  }
}
