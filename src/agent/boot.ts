import { hasSystemd } from '#host';
import { startedByFile } from './supervisor/boot.ts';
import { isEnabled, isUnit, unitName } from './unit.ts';

/** Whether an agent runs here after a reboot too. */
export const startsAtBoot = async (stateDir: string): Promise<boolean> =>
  isUnit(stateDir) ? isEnabled(unitName) : startedByFile('agent');

/** The same of a server. */
export const serverStartsAtBoot = async (): Promise<boolean> =>
  hasSystemd() ? isEnabled('hawser-server.service') : startedByFile('server');

/** What makes it so, in one line. */
export const serverBootRemedy = (): string =>
  hasSystemd()
    ? '`systemctl enable hawser-server`'
    : '`hawser server`, with the options it runs with, belongs into /etc/rc.local or a crontab as `@reboot`';
