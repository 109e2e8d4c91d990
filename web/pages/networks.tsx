import { useEffect } from 'react';
import { useNetworks } from '../data/queries.ts';
import { Link } from '../parts/link.tsx';
import { Empty, Failure, Loading } from '../parts/states.tsx';
import { pathIn } from '../route.ts';

/** Where a server has several networks, one is chosen. */
export function NetworksPage({ onOnly }: { readonly onOnly: (name: string) => void }) {
  const { data, error, refetch } = useNetworks();
  const only = data?.length === 1 ? data[0]?.network : undefined;
  useEffect(() => {
    if (only !== undefined) onOnly(only);
  }, [only, onOnly]);
  if (error && !data) return <Failure error={error} again={() => void refetch()} />;
  if (!data || only !== undefined) return <Loading what="the networks" />;
  return (
    <main className="login">
      <h1>Networks</h1>
      {data.length === 0 && <Empty>This server has none yet.</Empty>}
      <ul className="list">
        {data.map(({ network }) => (
          <li key={network}>
            <Link to={pathIn(network)}>{network}</Link>
          </li>
        ))}
      </ul>
    </main>
  );
}
