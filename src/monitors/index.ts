import type { MonitorResult } from '#api';
import type { Monitor } from '#state';
import { lookAtHttp } from './http.ts';
import { lookAtPlatform } from './pyro/platform.ts';
import { lookAtTcp } from './tcp.ts';

/** Looks at a service once, from this machine. Never throws what the service could cause. */
export async function lookAt(monitor: Monitor): Promise<MonitorResult> {
  const { type, host = '', port = 0, url = '', expect, timeout } = monitor;
  if (type === 'http') return lookAtHttp({ url, expect }, timeout);
  return type === 'tcp'
    ? lookAtTcp({ host, port }, timeout)
    : lookAtPlatform({ host, port }, timeout);
}
