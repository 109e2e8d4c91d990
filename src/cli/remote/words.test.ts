import { expect, test } from 'vitest';
import { statusText } from './words.ts';

type Status = Parameters<typeof statusText>[0];

const finding = {
  code: 'agent/two-places',
  severity: 'warning',
  message: '10.9.0.50 of segment lab is at two places: at site knox, and at site pouta',
  fix: 'Give one of them another address.',
} as const;

const machine = (name: string, more: object) => ({
  name,
  overlay: [],
  presence: 'connected',
  notes: [],
  failures: [],
  warnings: [finding],
  ...more,
});

test('a conflict that two gateways tell of is listed once, with both', () => {
  const other = { ...finding, message: 'another' };
  const status = {
    network: 'net',
    revision: { number: 1 },
    machines: [machine('knox-gw', {}), machine('pouta-gw', { failures: [other] })],
  } as unknown as Status;
  const lines = statusText(status).split('\n');
  expect(lines.filter((line) => line.includes('[agent/two-places]'))).toEqual([
    `knox-gw, pouta-gw: ${finding.message} [agent/two-places]`,
    'pouta-gw: another [agent/two-places]',
  ]);
});

test('a gateway behind which nothing can be asked is said to be one, and no other', () => {
  const status = {
    network: 'net',
    revision: { number: 1 },
    machines: [machine('vpn', { gatewayOnly: true }), machine('master', {})],
  } as unknown as Status;
  expect(statusText(status)).toMatch(/^gateway only, with nothing behind it to be asked: vpn$/m);
  expect(statusText({ ...status, machines: [] })).not.toContain('gateway only');
});
