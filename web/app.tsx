import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { useSession } from './data/queries.ts';
import { Refused } from './data/server.ts';
import { LoginPage } from './pages/login.tsx';
import { NetworkPages } from './pages/network.tsx';
import { NetworksPage } from './pages/networks.tsx';
import { Failure, Loading } from './parts/states.tsx';
import { goTo, pathParts, usePath } from './route.ts';

/** For people without a token, who come here by a link. */
const InvitePage = lazy(async () => import('./pages/members/invite-page.tsx'));

const StatusPage = lazy(async () => import('./pages/status-page.tsx'));

/** Who has no session, or none any more, is asked to log in; everything else may pass. */
const isHopeless = (error: unknown): boolean => error instanceof Refused && error.status < 500;

const client = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (times, error) => !isHopeless(error) && times < 2,
      staleTime: 1000,
    },
  },
});

/** Mantine's own style elements would break the content security policy: all of its variables are in style.css. */
export const App = () => (
  <MantineProvider
    defaultColorScheme="auto"
    withCssVariables={false}
    withGlobalClasses={false}
    deduplicateCssVariables={false}
  >
    <QueryClientProvider client={client}>
      <Pages />
    </QueryClientProvider>
  </MantineProvider>
);

function Pages() {
  const parts = pathParts(usePath());
  const [first, network] = parts;
  const isStatus = first === 'status' && network !== undefined;
  if (first !== 'invite' && !isStatus) return <KnownPages parts={parts} />;
  return (
    <Suspense fallback={<Loading what="the page" />}>
      {isStatus ? <StatusPage network={network} /> : <InvitePage />}
    </Suspense>
  );
}

/** For who is logged in. */
function KnownPages({ parts }: { readonly parts: readonly string[] }) {
  const session = useSession();
  if (session.isPending) return <Loading what="the page" />;
  const { error } = session;
  if (error instanceof Refused && error.status < 500) return <LoginPage />;
  if (error) return <Failure error={error} again={() => void session.refetch()} />;
  const [first, network, ...rest] = parts;
  if (first === 'n' && network !== undefined)
    return <NetworkPages key={network} network={network} path={rest} session={session.data} />;
  return <NetworksPage session={session.data} onOnly={(name) => goTo(`/n/${name}`, 'instead')} />;
}
