import { type ReactNode, useMemo } from 'react';
import type { NetworkStatus, TunnelsStatus } from '#api';
import { labelOfHome, within } from '../data/homes.ts';
import { onlyIn, pathParts, usePath } from '../route.ts';
import { Link } from './link.tsx';

interface OnlyProps {
  readonly status: NetworkStatus;
  readonly tunnels: TunnelsStatus;
  readonly children: (status: NetworkStatus, tunnels: TunnelsStatus) => ReactNode;
}

/** Nothing but what is of the islands of the map that the address names, and a way back to all; where it names none, all. */
export function Only({ status, tunnels, children }: OnlyProps) {
  const path = usePath();
  const islands = onlyIn(path);
  const wanted = islands.join(' ');
  const own = useMemo(() => {
    if (wanted === '') return { status, tunnels };
    const found = within(status.machines, tunnels.tunnels, wanted.split(' '));
    return {
      status: { ...status, machines: [...found.machines] },
      tunnels: { ...tunnels, tunnels: [...found.tunnels] },
    };
  }, [status, tunnels, wanted]);
  // Of an island that is there no more nothing is to be seen: all is.
  if (own.status.machines.length === 0) return children(status, tunnels);
  return (
    <>
      {islands.length > 0 && (
        <p className="dim only">
          Only {islands.map(labelOfHome).join(' – ')}.{' '}
          <Link to={`/${pathParts(path).map(encodeURIComponent).join('/')}`}>Show all</Link>
        </p>
      )}
      {children(own.status, own.tunnels)}
    </>
  );
}
