import { useEffect } from 'react';
import type { SessionInfo } from '#api';
import { useNetworks } from '../data/queries.ts';
import { LogoutButton, SchemeButton } from '../parts/account.tsx';
import { Link } from '../parts/link.tsx';
import { Empty, Failure, Loading } from '../parts/states.tsx';
import { pathIn } from '../route.ts';

interface NetworksPageProps {
  readonly session: SessionInfo;
  readonly onOnly: (name: string) => void;
}

/** Where a server has several networks, one is chosen. */
export function NetworksPage({ session, onOnly }: NetworksPageProps) {
  const { data, error, refetch } = useNetworks();
  const only = data?.length === 1 ? data[0]?.network : undefined;
  useEffect(() => {
    if (only !== undefined) onOnly(only);
  }, [only, onOnly]);
  if (error && !data) return <Failure error={error} again={() => void refetch()} />;
  if (!data || only !== undefined) return <Loading what="the networks" />;
  return (
    <div className="frame">
      <header>
        <span className="brand">Hawser</span>
        <div className="who">
          <span className="dim name" title={session.role}>
            {session.name}
          </span>
          <SchemeButton />
          <LogoutButton />
        </div>
      </header>
      <main id="page">
        <h1>Networks</h1>
        {data.length === 0 && <Empty>This server has none yet.</Empty>}
        {data.length > 0 && (
          <ul className="items card">
            {data.map(({ network, revision }) => (
              <li key={network}>
                <div className="headline">
                  <Link to={pathIn(network)}>{network}</Link>
                  <span className="dim">revision {revision.number}</span>
                </div>
              </li>
            ))}
          </ul>
        )}
      </main>
    </div>
  );
}
