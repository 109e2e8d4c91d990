import { CompletionContext } from '@codemirror/autocomplete';
import { EditorState } from '@codemirror/state';
import { expect, test } from 'vitest';
import { complete } from '../../web/pages/file/completion.ts';

/** What is offered where the text has a `|`. */
function offered(text: string): readonly string[] {
  const pos = text.indexOf('|');
  const state = EditorState.create({ doc: text.replace('|', '') });
  const result = complete(new CompletionContext(state, pos, true));
  return (result?.options ?? []).map(({ label }) => label);
}

test('at the margin the sections of the file are offered', () => {
  expect(offered('version: 1\n|')).toEqual(expect.arrayContaining(['network', 'sites', 'policy']));
});

test('under a name that the file gives, what it may have', () => {
  const gateway = offered('sites:\n  north:\n    gateways:\n      a:\n        |');
  expect(gateway).toEqual(expect.arrayContaining(['endpoint', 'overlay']));
  expect(gateway).not.toContain('sites');
  expect(offered('sites:\n  north:\n    gateways:\n      a: {}\n    |')).toContain('subnets');
});

test('in a list, the keys of its items, on the line of the dash and below it', () => {
  expect(offered('policy:\n  - |')).toEqual(expect.arrayContaining(['from', 'to', 'ports']));
  expect(offered('policy:\n  - from: all\n    |')).toContain('to');
});

test('after a key, the values that are possible', () => {
  expect(offered('members:\n  anna:\n    managed: |')).toEqual(['true', 'false']);
  expect(offered('topology: m|')).toContain('mesh');
});

test('nothing in the middle of a text', () => {
  expect(offered('members:\n  anna: { address: 10.0|')).toEqual([]);
});
