import { expect, test } from 'vitest';
import { DiagnosticsError, errorTable, formatDiagnostic, HawserError } from './errors.ts';

const table = errorTable({
  'test/overlap': {
    says: '{first} overlaps {second} by {count} addresses',
    fix: 'Move {second}, or remove {first}.',
  },
  'test/plain': { says: 'nothing to say', fix: 'Do nothing.' },
});

const overlap = { first: '10.0.0.0/8', second: '10.1.0.0/16', count: 65536n };
const place = { file: 'hawser.yaml', line: 3, column: 14 };

test('the templates of message and remedy are filled', () => {
  const error = table.error('test/overlap', overlap);
  expect(error.message).toBe('10.0.0.0/8 overlaps 10.1.0.0/16 by 65536 addresses');
  expect(error.fix).toBe('Move 10.1.0.0/16, or remove 10.0.0.0/8.');
});

test('a value that looks like a template is not filled again', () => {
  const error = table.error('test/overlap', { ...overlap, first: '{second}', second: '$& $1' });
  expect(error.message).toBe('{second} overlaps $& $1 by 65536 addresses');
});

test('an error carries its code, place, text and cause', () => {
  const cause = new Error('no such file');
  const error = table.error('test/overlap', overlap, { place, text: '10.1.0.0/16', cause });
  expect(error).toBeInstanceOf(HawserError);
  expect(error).toMatchObject({
    name: 'HawserError',
    code: 'test/overlap',
    severity: 'error',
    place,
    text: '10.1.0.0/16',
    cause,
  });
});

test('an error has no place, text or cause unless one was given', () => {
  const error = table.error('test/overlap', overlap);
  expect([error.place, error.text, error.cause]).toEqual([undefined, undefined, undefined]);
  expect(table.error('test/overlap', overlap, { text: '' }).text).toBe('');
});

test('a finding is an error unless it is called a warning', () => {
  expect(table.diagnostic('test/plain', {}).severity).toBe('error');
  expect(table.diagnostic('test/plain', {}, { severity: 'warning' }).severity).toBe('warning');
});

test('a finding prints as file:line:column, code, message and remedy', () => {
  const finding = table.diagnostic('test/overlap', overlap, { place, severity: 'warning' });
  expect(formatDiagnostic(finding)).toBe(
    'hawser.yaml:3:14: warning test/overlap: 10.0.0.0/8 overlaps 10.1.0.0/16 by 65536 addresses\n' +
      '    Move 10.1.0.0/16, or remove 10.0.0.0/8.',
  );
  expect(formatDiagnostic(table.diagnostic('test/plain', {}))).toMatch(/^error test\/plain: /);
});

test('several findings travel as one error that prints all of them', () => {
  const findings = [table.diagnostic('test/plain', {}), table.diagnostic('test/overlap', overlap)];
  const error = new DiagnosticsError(findings);
  expect(error.diagnostics).toBe(findings);
  expect(error.message).toContain('test/plain');
  expect(error.message).toContain('test/overlap');
});
