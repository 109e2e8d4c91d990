import { expect, test } from 'vitest';
import { bootHint } from './boot.ts';

const program = ['/usr/lib/hawser/node', '/opt/my hawser/hawser.mjs'];
const hintWhere = (...there: readonly string[]) =>
  bootHint(program, (path) => there.includes(path));

test.each([
  ['OpenRC', '/sbin/openrc-run', '/etc/init.d/hawser-agent', 'rc-update add'],
  ['System V', '/usr/sbin/update-rc.d', '/etc/init.d/hawser-agent', 'update-rc.d hawser-agent'],
  ['cron', '/etc/cron.d', '/etc/cron.d/hawser-agent', undefined],
  ['nothing else', '/etc', '/etc/rc.local', 'chmod'],
])('with %s the agent comes back after a reboot', (_, there, file, next) => {
  const hint = hintWhere(there);
  expect(hint.file).toBe(file);
  expect(hint.next ?? '').toContain(next ?? '');
  expect(hint.text).toContain(`/usr/lib/hawser/node '/opt/my hawser/hawser.mjs' agent`);
});

test('a crontab line names its user and begins at boot', () => {
  expect(hintWhere('/etc/cron.d').text).toMatch(/^@reboot root \S.* agent start$/);
});
