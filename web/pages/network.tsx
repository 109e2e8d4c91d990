import { NativeSelect } from '@mantine/core';
import { lazy, type ReactNode, Suspense, useEffect, useRef } from 'react';
import type { NetworkStatus, SessionInfo, TunnelsStatus } from '#api';
import { useLive } from '../data/live.ts';
import { useNetworks, useStatus, useTunnels } from '../data/queries.ts';
import { LogoutButton, SchemeButton } from '../parts/account.tsx';
import { Link } from '../parts/link.tsx';
import { Only } from '../parts/only.tsx';
import { Failure, Loading, Missing, Reconnecting } from '../parts/states.tsx';
import { goTo, pathIn } from '../route.ts';
import { MachinePage } from './machine.tsx';
import { MachinesPage } from './machines.tsx';
import { Overview } from './overview.tsx';
import { TunnelPage } from './tunnel.tsx';
import { TunnelsPage } from './tunnels.tsx';

/** What not everybody looks at is loaded where it is looked at. */
const MapPage = lazy(async () => import('./map.tsx'));
const EventsPage = lazy(async () => import('./events.tsx'));
const FilePage = lazy(async () => import('./file/file.tsx'));
const HistoryPage = lazy(async () => import('./history.tsx'));
const MembersPage = lazy(async () => import('./members/members.tsx'));
const PolicyPage = lazy(async () => import('./policy.tsx'));
const TracePage = lazy(async () => import('./trace.tsx'));
const TerminalPage = lazy(async () => import('./terminal.tsx'));
const PlatformPage = lazy(async () => import('./platform/platform.tsx'));

interface NetworkPagesProps {
  readonly network: string;
  /** What comes after the network in the address. */
  readonly path: readonly string[];
  readonly session: SessionInfo;
}

const sections = [
  { path: [], name: 'Overview' },
  { path: ['map'], name: 'Map' },
  { path: ['machines'], name: 'Machines' },
  { path: ['tunnels'], name: 'Tunnels' },
  { path: ['members'], name: 'Members' },
  { path: ['platform'], name: 'Platform' },
  { path: ['events'], name: 'Events' },
  { path: ['trace'], name: 'Trace' },
  { path: ['policy'], name: 'Policy' },
  { path: ['file'], name: 'File' },
  { path: ['history'], name: 'History' },
] as const;

/** All pages of a network, with what is around them. */
export function NetworkPages({ network, path, session }: NetworkPagesProps) {
  const isLive = useLive(network);
  const [page] = path;
  const nav = useRef<HTMLElement>(null);
  // Where there is little room, pages that are named further on cannot be seen.
  useEffect(() => {
    const here = page === undefined ? undefined : nav.current?.querySelector('[aria-current]');
    here?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [page]);
  return (
    <div className="frame">
      <a className="skip" href="#page">
        To the page
      </a>
      <header>
        <Link to="/" className="brand">
          Hawser
        </Link>
        <NetworkChoice network={network} />
        <nav aria-label="Pages" ref={nav}>
          {sections.map(({ path: [own], name }) => (
            <Link
              key={name}
              to={pathIn(network, ...(own === undefined ? [] : [own]))}
              isHere={own === page}
            >
              {name}
            </Link>
          ))}
        </nav>
        <div className="who">
          <Who network={network} session={session} />
          <SchemeButton />
          <LogoutButton />
        </div>
        <Reconnecting isShown={!isLive} />
      </header>
      <main id="page" tabIndex={-1}>
        <Known network={network} path={path}>
          {(status, tunnels) => (
            <Suspense fallback={<Coming network={network} path={path} what="the page" />}>
              <Page session={session} status={status} tunnels={tunnels} path={path} />
            </Suspense>
          )}
        </Known>
      </main>
    </div>
  );
}

/** Whom the server takes one for. */
function Who({ network, session }: Pick<NetworkPagesProps, 'network' | 'session'>) {
  const { name, role, byProvider } = session;
  const title = byProvider
    ? `${role}; a token for the command line`
    : `a token of the role ${role}`;
  return (
    <span className="dim name" title={title}>
      {byProvider ? <Link to={pathIn(network, 'terminal')}>{name}</Link> : name}
    </span>
  );
}

/** Whether a page needs all tunnels: those of one machine, or of one tunnel, ask for their own. */
function isOfAll([page, first, second]: readonly string[]): boolean {
  if (page === 'machines') return first === undefined;
  if (page === 'tunnels') return second === undefined;
  return page === undefined || page === 'map' || page === 'members';
}

interface PageProps {
  readonly session: SessionInfo;
  readonly status: NetworkStatus;
  /** undefined where the page does without. */
  readonly tunnels: TunnelsStatus | undefined;
  readonly path: readonly string[];
}

function Page({ session, status, tunnels, path }: PageProps) {
  const [page, first, second] = path;
  if (page === 'trace') return <TracePage status={status} />;
  if (page === 'events') return <EventsPage status={status} />;
  if (page === 'file') return <FilePage status={status} session={session} />;
  if (page === 'history') return <HistoryPage status={status} session={session} only={first} />;
  if (page === 'terminal') return <TerminalPage session={session} />;
  if (page === 'policy') return <PolicyPage status={status} />;
  if (page === 'platform') return <PlatformPage network={status.network} only={first} />;
  if (page === 'machines' && first !== undefined)
    return <MachinePage name={first} status={status} />;
  if (page === 'tunnels' && first !== undefined && second !== undefined)
    return <TunnelPage ends={[first, second]} status={status} />;
  if (!tunnels || !isOfAll(path)) return <Missing>There is no such page.</Missing>;
  if (page === 'map') return <MapPage status={status} tunnels={tunnels} />;
  if (page === 'members') {
    return <MembersPage status={status} tunnels={tunnels} session={session} />;
  }
  if (page === 'machines') {
    return (
      <Only status={status} tunnels={tunnels}>
        {(own) => <MachinesPage status={own} />}
      </Only>
    );
  }
  if (page === 'tunnels') {
    return (
      <Only status={status} tunnels={tunnels}>
        {(_, own) => <TunnelsPage status={status} tunnels={own} />}
      </Only>
    );
  }
  return <Overview status={status} tunnels={tunnels} />;
}

interface KnownProps {
  readonly network: string;
  readonly path: readonly string[];
  readonly children: (status: NetworkStatus, tunnels: TunnelsStatus | undefined) => ReactNode;
}

interface ComingProps extends Omit<KnownProps, 'children'> {
  readonly what: string;
}

/** A page of which nothing is there yet but its heading, where that stands afterwards. */
function Coming({ network, path: [page, ...names], what }: ComingProps) {
  if (page === undefined) {
    return (
      <>
        <h1 className="hidden">Overview of {network}</h1>
        <Loading what={what} />
      </>
    );
  }
  const section = sections.find(({ path: [own] }) => own === page)?.name ?? page;
  const heading = page === 'history' || names.length === 0 ? section : names.join(' – ');
  return <Loading page={heading} what={what} />;
}

/** What was known is shown on while the server does not answer. */
function Known({ network, path, children }: KnownProps) {
  const needsAll = isOfAll(path);
  const status = useStatus(network);
  const tunnels = useTunnels(network, needsAll);
  if (status.data && (tunnels.data || !needsAll)) return children(status.data, tunnels.data);
  const error = status.error ?? tunnels.error;
  if (!error) return <Coming network={network} path={path} what={network} />;
  const again = (): void => {
    void status.refetch();
    if (needsAll) void tunnels.refetch();
  };
  return <Failure page={network} error={error} again={again} />;
}

function NetworkChoice({ network }: { readonly network: string }) {
  const { data = [] } = useNetworks();
  if (data.length < 2)
    return (
      <span className="network" title={network}>
        {network}
      </span>
    );
  return (
    <NativeSelect
      className="networks"
      size="xs"
      aria-label="Network"
      value={network}
      data={data.map((one) => one.network)}
      onChange={(event) => goTo(pathIn(event.currentTarget.value))}
    />
  );
}
