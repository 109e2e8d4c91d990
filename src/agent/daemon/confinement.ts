import { statSync } from 'node:fs';
import type { Finding } from '#api';
import type { Run } from '#host';
import { unitName } from '../unit.ts';

/** The one file outside of its own folders that the unit of the package lets an agent write. */
const open = '/etc/hosts';

export interface ConfinementInit {
  /** Whether the agent is a unit of systemd. */
  readonly isUnit: boolean;
  readonly run: Run;
  readonly log: (line: string) => void;
}

/**
 * What the unit of the agent opens is the file that was there when it started. Another one in its place,
 * as many programs write it, is closed to this process and open to the next: so it starts anew, which
 * costs no packet.
 */
export class Confinement {
  readonly #init: ConfinementInit;
  readonly #opened = fileNow();
  #isAsked = false;

  constructor(init: ConfinementInit) {
    this.#init = init;
  }

  /** Takes what a pass failed at. */
  async failed(failures: readonly Finding[]): Promise<void> {
    const { isUnit, run, log } = this.#init;
    if (!isUnit || this.#isAsked || !failures.some(isClosed)) return;
    if (fileNow() === this.#opened) return;
    this.#isAsked = true;
    log(`${open} is another file than when this agent started: it starts anew, to reach it`);
    await run('write', ['systemctl', 'restart', '--no-block', unitName]).catch((error: Error) =>
      log(error.message),
    );
  }
}

const isClosed = ({ code }: Finding): boolean => code === 'host/file-closed';

/** Which file is there; undefined: none. */
function fileNow(): string | undefined {
  const stats = statSync(open, { throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}
