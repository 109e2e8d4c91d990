import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { buildProgram } from './program.ts';

const root = join(import.meta.dirname, '../..');
const program = buildProgram();

const below = (command: Command): readonly Command[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .filter((sub) => sub.name() !== 'help');
const optionsOf = (command: Command): readonly string[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long }) => long ?? []);

/** Every command that does something, by its words. */
function doing(command: Command, path: readonly string[] = []): ReadonlyMap<string, Command> {
  const found = below(command).flatMap((sub) => [...doing(sub, [...path, sub.name()])]);
  const isGroup = below(command).length > 0 && optionsOf(command).length === 1;
  const isOne = path.length > 0 && !isGroup;
  return new Map([...(isOne ? [[path.join(' '), command] as const] : []), ...found]);
}
const all = doing(program);

interface Mention {
  readonly text: string;
  readonly words: readonly string[];
  readonly command: Command;
  /** What follows the command's own words. */
  readonly rest: readonly string[];
}

/** What is to be typed, as documents and the fixes of errors write it. */
const typed = /(?:[`$#] ?|\.\/|\|\s)hawser ((?:[^`\n|;&()<>'"$])+)/g;

function mentionOf(text: string): Mention {
  const words = text.trim().split(/\s+/);
  let command = program;
  let at = 0;
  for (; at < words.length; at++) {
    const sub = command.commands.find((one) => one.name() === words[at]);
    if (!sub) break;
    command = sub;
  }
  return { text, command, words: words.slice(0, at), rest: words.slice(at) };
}

const mentionsIn = (file: string): readonly Mention[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(typed)].map(([, text = '']) =>
    mentionOf(text),
  );

const documents = ['README.md', ...globSync('docs/**/*.md', { cwd: root })];
const fixes = globSync('src/**/errors.ts', { cwd: root });

/** What is wrong with a mention; nothing if it can be typed. */
function wrongIn({ command, rest, text }: Mention): readonly string[] {
  const [first = ''] = rest;
  const isNone = command.registeredArguments.length === 0 && /^[a-z]+$/.test(first);
  const known = [...optionsOf(command), '--version'];
  const end = rest.indexOf('--');
  const options = rest
    .slice(0, end < 0 ? rest.length : end)
    .flatMap((word) => /^--[a-z][a-z-]*/.exec(word) ?? []);
  return [
    ...(isNone ? [`hawser ${text}: there is no ${first}`] : []),
    ...options.filter((one) => !known.includes(one)).map((one) => `hawser ${text}: no ${one}`),
  ];
}

describe('the commands', () => {
  /** What they print is their log. */
  const logs = ['agent run', 'agent supervise'];

  test.each([...all.keys()].filter((name) => !logs.includes(name)))('%s has --json', (name) => {
    expect(optionsOf(all.get(name) as Command)).toContain('--json');
  });

  test.each([...documents, ...fixes])('%s names none that is not there', (file) => {
    expect(mentionsIn(file).flatMap(wrongIn)).toEqual([]);
  });

  test('are each in a document', () => {
    const named = new Set(documents.flatMap(mentionsIn).map(({ words }) => words.join(' ')));
    expect([...all.keys()].filter((name) => !named.has(name))).toEqual([]);
  });
});
