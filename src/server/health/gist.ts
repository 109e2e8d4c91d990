import type { TunnelStatus } from '#api';
import { fnv1a } from '#base';

/** A number and its unit: ages, of which 119 s become 2 min, losses, times of answers. Names and addresses have none. */
const figures = /(?<![\w.:/-])\d+(\.\d+)?(?![\w:/]|[.-]\w)( (ms|s|min|h|days|%)(?!\w))?/g;

/** Of a tunnel that is up the evidence is another each second, and has an answer or none: only what is silent behind it counts. */
function reasonOf({ state, why }: TunnelStatus): string {
  if (state !== 'up') return why.replaceAll(figures, '');
  const silent = why.indexOf(';');
  return silent < 0 ? '' : why.slice(silent).replaceAll(figures, '');
}

/**
 * How a tunnel is, and those before it, as one number: its state, where each end hears the other from, and the reason but for
 * figures in it. Cheap: this is asked for each second, of all tunnels. Pure.
 */
export function gistOf(status: TunnelStatus, before?: number): number {
  const [a, b] = status.ends;
  let gist = fnv1a(status.state, before);
  for (const { sample } of [a, b]) gist = fnv1a(`,${sample?.endpoint ?? ''}`, gist);
  return fnv1a(`,${reasonOf(status)}\n`, gist);
}
