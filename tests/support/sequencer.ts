import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take minutes begin first, so that no processor idles while the last of them ends. */
const long = [
  'tests/kernel/',
  'tests/repository/bare-debian',
  'tests/lab/examples',
  'tests/docs/docs',
];

const rank = ({ moduleId }: TestSpecification): number => {
  const index = long.findIndex((part) => moduleId.includes(part));
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
