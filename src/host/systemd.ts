import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Whether systemd is pid 1 (sd_booted(3)). */
export const hasSystemd = (root = '/'): boolean => existsSync(join(root, 'run/systemd/system'));
