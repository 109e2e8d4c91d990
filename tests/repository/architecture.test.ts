import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repositoryRoot } from '../support/checkout.ts';
import { long } from '../support/sequencer.ts';

const cwd = repositoryRoot;
const read = (path: string): string => readFileSync(join(cwd, path), 'utf8');
const codesIn = (text: string): readonly string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

const documents = ['README.md', ...globSync('docs/**/*.md', { cwd })];
const decisions = globSync('docs/decisions/*.md', { cwd })
  .map((path) => basename(path))
  .sort();

describe('docs/architecture.md', () => {
  const firstCells = read('docs/architecture.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => codesIn(line.split('|')[1] ?? ''));

  test('tells every room and each of its folders, and none that is not there', () => {
    const isPlace = (place: string): boolean => !/\b(fixtures|dumps)\b/.test(place);
    const folders = globSync('src/**/', { cwd }).map((path) => path.replace(/^src\/?/, ''));
    const places = folders.filter((place) => place !== '' && isPlace(place)).sort();
    expect([...firstCells].sort()).toEqual(places);
  });
});

describe('the documents', () => {
  test.each(documents)('%s names no path of the checkout that is not there', (document) => {
    const paths = codesIn(read(document)).filter((code) =>
      /^(src|tests|scripts|packaging|bench|docs|examples)\/[\w./-]+$/.test(code),
    );
    expect(paths.filter((path) => !existsSync(join(cwd, path)))).toEqual([]);
  });
});

describe('decisions', () => {
  test('have numbers of their own, without a gap, and say them', () => {
    const numbers = decisions.map((name) => Number(name.slice(0, 3)));
    expect(numbers).toEqual(decisions.map((_, index) => index + 1));
    const headings = decisions.map((name) => read(`docs/decisions/${name}`).split('.')[0]);
    expect(headings).toEqual(numbers.map((number) => `# ${number}`));
  });

  test('are pointed at by their own numbers', () => {
    const wrong = documents.flatMap((document) =>
      [...read(document).matchAll(/\[decision (\d+)\]\([^)]*?(\d{3})-[^)]*\)/g)].flatMap(
        ([text, number, file]) => (Number(number) === Number(file) ? [] : [`${document}: ${text}`]),
      ),
    );
    expect(wrong).toEqual([]);
  });
});

describe('the files that begin first in a test run', () => {
  test('are there', () => {
    expect(long.filter((path) => !existsSync(join(cwd, path)))).toEqual([]);
  });
});
