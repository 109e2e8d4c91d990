import { agentErrors } from './errors.ts';

const closed = new Set(['EACCES', 'EPERM', 'EROFS']);
const full = new Set(['ENOSPC', 'EDQUOT']);

/**
 * Does something with files; what the user may not do has a code, and a full disk.
 * @throws agent/not-permitted, agent/disk-full
 */
export function permitted<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const { code = '', message, path: at = path } = cause as NodeJS.ErrnoException;
    const args = { path: at, detail: message };
    if (closed.has(code)) throw agentErrors.error('agent/not-permitted', args, { cause });
    if (full.has(code))
      throw agentErrors.error('agent/disk-full', { path, detail: message }, { cause });
    throw cause;
  }
}
