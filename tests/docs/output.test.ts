import { expect, test } from 'vitest';
import { blocksOf } from './blocks.ts';
import { missingFrom } from './output.ts';

const document = `
Text.

\`\`\`console
$ hawser check net.yaml   # exit code 1
error
...
master$ cat > file <<'END'
> one
> END
\`\`\`

\`\`\`yaml net.yaml
version: 1
\`\`\`

\`\`\`text
$ not run
\`\`\`
`;

test('a document is read as commands with their machine, exit code and output, and files', () => {
  expect(blocksOf(document)).toEqual([
    {
      line: 5,
      steps: [
        { line: 5, command: 'hawser check net.yaml', exitCode: 1, prints: ['error', '...'] },
        {
          line: 8,
          machine: 'master',
          command: "cat > file <<'END'\none\nEND",
          exitCode: 0,
          prints: [],
        },
      ],
    },
    { line: 14, steps: [], file: { name: 'net.yaml', text: 'version: 1\n' } },
  ]);
});

test('output must be what is promised, line by line', () => {
  expect(missingFrom('a\nb\n', ['a', 'b'])).toBeUndefined();
  expect(missingFrom('a\nb\n', ['a', 'c'])).toEqual(['a', 'c']);
  expect(missingFrom('a\nb\n', ['b'])).toEqual(['b']);
  expect(missingFrom('a\nb\n', ['a'])).toEqual(['(nothing more)', 'but: b']);
});

test('three dots stand for any lines, also none', () => {
  expect(missingFrom('a\nb\nc\n', ['a', '...'])).toBeUndefined();
  expect(missingFrom('a\nb\nc\n', ['...', 'c'])).toBeUndefined();
  expect(missingFrom('a\nb\nc\n', ['a', '...', 'b', 'c'])).toBeUndefined();
  expect(missingFrom('a\nb\nc\n', ['...', 'b'])).toEqual(['b']);
  expect(missingFrom('a\nb\nc\n', ['...', 'b', '...', 'a', '...'])).toEqual(['a']);
});

test('durations, keys, ids, counted packets and the width of columns may differ', () => {
  const key = (letter: string): string => `${letter.repeat(43)}=`;
  expect(
    missingFrom(`up   in 12.5 s, rule 9e9cd565, ${key('a')}`, [
      `up in 3 s, rule 94a840b5, ${key('b')}`,
    ]),
  ).toBeUndefined();
  expect(missingFrom(key('/'), [key('+')])).toBeUndefined();
  expect(
    missingFrom('refused 54 and counted 55 packets', ['refused 54 and counted 54 packets']),
  ).toBeUndefined();
  expect(missingFrom('4 of 4', ['3 of 4'])).toEqual(['3 of 4']);
});
