import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where systemd-resolved answers who asks a server in /etc/resolv.conf (systemd-resolved(8)). */
const stubs = /^\s*nameserver\s+127\.0\.0\.5[34]\s*$/m;
/** Who asks it without a server: nss-resolve(8), as long as it runs. */
const module = /^\s*hosts:.*\bresolve\b/m;
const running = '/run/systemd/resolve';

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

/** Whether programs here find names by systemd-resolved, which can ask for some of them apart. */
export const usesResolved = (etc: string): boolean =>
  stubs.test(textOf(join(etc, 'resolv.conf'))) ||
  (module.test(textOf(join(etc, 'nsswitch.conf'))) && existsSync(running));
