/** Aborts when somebody wants this process to end; a second wish ends it at once. */
export function ending(): AbortController {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => controller.abort());
  }
  return controller;
}

/** Resolves when somebody wants this process to end. */
export const untilStopped = (): Promise<void> =>
  new Promise((resolve) => {
    ending().signal.addEventListener('abort', () => resolve(), { once: true });
  });
