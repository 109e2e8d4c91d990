import { agentErrors } from './errors.ts';

const closed = new Set(['EACCES', 'EPERM', 'EROFS']);

/** Does something with files; what the user may not do has a code. @throws agent/not-permitted */
export function permitted<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const { code = '', message, path: at = path } = cause as NodeJS.ErrnoException;
    if (!closed.has(code)) throw cause;
    throw agentErrors.error('agent/not-permitted', { path: at, detail: message }, { cause });
  }
}
