import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repositoryRoot } from '../support/checkout.ts';
import { suite } from '../support/suite.ts';
import { type Block, blocksOf, type Step } from './blocks.ts';
import { missingFrom } from './output.ts';
import { World } from './world.ts';

const documents = ['README.md', ...globSync('docs/**/*.md', { cwd: repositoryRoot }).sort()];

const textOf = (document: string): string => readFileSync(join(repositoryRoot, document), 'utf8');

/** What is wrong with a step's outcome; nothing if it did what the document says. */
function complaint(world: World, step: Step): string | undefined {
  const { code, out, err } = world.run(step);
  const said = `\n${out}${err}`;
  if (code !== step.exitCode) return `exit code ${code}, not ${step.exitCode}:${said}`;
  const missing = missingFrom(code === 0 ? out : out + err, step.prints);
  if (step.prints.length === 0 || missing === undefined) return undefined;
  return `it does not print\n${missing.join('\n')}\nbut:${said}`;
}

function runBlock(world: World, document: string, { steps, file }: Block): void {
  if (file) world.save(file.name, file.text);
  for (const step of steps) {
    const wrong = complaint(world, step);
    if (wrong !== undefined) {
      expect.fail(`${document}:${step.line}: ${step.command}\n${wrong}`);
    }
  }
}

suite('the documents, typed by a newcomer', { needs: ['netns', 'tun'] }, () => {
  for (const document of documents) {
    const blocks = blocksOf(textOf(document));
    if (blocks.length === 0) continue;

    describe(document, () => {
      let world: World;
      beforeAll(async () => {
        const machines = blocks.flatMap(({ steps }) => steps.flatMap((step) => step.machine ?? []));
        world = await World.open(new Set(machines));
      });
      afterAll(() => world.close());

      for (const block of blocks) {
        const what = block.steps[0]?.command ?? `save ${block.file?.name}`;
        test(`line ${block.line}: ${what.split('\n')[0]}`, () => {
          runBlock(world, document, block);
        });
      }
    });
  }
});

describe('what the documents point at', () => {
  const links = documents.flatMap((document) =>
    [...textOf(document).matchAll(/\]\((?<target>[^)#]+)(?:#[^)]*)?\)/g)]
      .map((found) => found.groups?.['target'] ?? '')
      .filter((target) => !/^[a-z]+:/.test(target))
      .map((target) => ({ document, target })),
  );

  test.each(links)('$document: $target is there', ({ document, target }) => {
    const path = join(repositoryRoot, document, '..', target);
    expect(globSync(path)).toEqual([path]);
  });
});
