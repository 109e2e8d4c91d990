import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Accepted, Arrival, Invitation } from '#api';
import { at } from '../../data/queries.ts';
import { ask, Refused } from '../../data/server.ts';
import { duration, readable, timeOf } from '../../data/words.ts';
import { Copyable } from '../../parts/copyable.tsx';
import { Failure, Loading, Pill, Words } from '../../parts/states.tsx';
import { DeviceFiles } from './device-files.tsx';
import { makeKey, NoKey } from './key.ts';

/** What a link says behind its `#`. */
interface Ticket {
  readonly network: string;
  readonly secret: string;
}

/** In an exported file the place of the private key, as the server says it. */
const keyPlace = 'PRIVATE-KEY-OF-THIS-DEVICE';
/** Milliseconds between questions whether the device was heard. */
const askEvery = 1000;

function ticketOf(hash: string): Ticket | undefined {
  const [, network, secret] = /^#([a-z0-9-]+)\.([\w-]{43})$/.exec(hash) ?? [];
  return network === undefined || secret === undefined ? undefined : { network, secret };
}

/** Asks with what the link holds; neither address nor cookie has it. */
const askWith = async <T,>({ network, secret }: Ticket, path = '', body?: object) =>
  ask<T>(at(network, `invitation${path}`), {
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });

/** The page that a link opens: for people who have no token, and need none. */
export default function InvitePage() {
  const ticket = ticketOf(window.location.hash);
  return (
    <div className="frame guest">
      <header>
        <span className="brand">Hawser</span>
        {ticket && <span className="network">{ticket.network}</span>}
      </header>
      <main id="page">{ticket ? <Invited ticket={ticket} /> : <NotWhole />}</main>
    </div>
  );
}

const Sorry = ({ says, fix }: { readonly says: string; readonly fix: string }) => (
  <section className="card" role="alert">
    <h1>This link does not open</h1>
    <p>
      <Pill mood="bad">{says}</Pill>
    </p>
    <p>
      <Words text={fix} />
    </p>
  </section>
);

const NotWhole = () => (
  <Sorry
    says="It is not whole, or was made by another server."
    fix="Copy all of it, from https:// to its end: mail programs like to break long lines. If that does not help, ask whoever invited you for another."
  />
);

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function Refusal({ error, again }: { readonly error: Error; readonly again: () => void }) {
  if (!(error instanceof Refused) || error.status >= 500) {
    return <Failure error={error} again={again} />;
  }
  if (error.status === 401) return <NotWhole />;
  return <Sorry says={sentence(readable(error.message))} fix={error.fix} />;
}

function Invited({ ticket }: { readonly ticket: Ticket }) {
  const [device, setDevice] = useState<Accepted & { readonly publicKey: string }>();
  const asked = useQuery({
    queryKey: ['invitation', ticket.secret],
    queryFn: async () => askWith<Invitation>(ticket),
    enabled: device === undefined,
    retry: false,
    refetchOnWindowFocus: false,
  });
  if (device) return <Device ticket={ticket} device={device} />;
  if (asked.error) return <Refusal error={asked.error} again={() => void asked.refetch()} />;
  if (!asked.data) return <Loading page="An invitation" what="the invitation" />;
  return <Welcome ticket={ticket} invitation={asked.data} onDevice={setDevice} />;
}

interface WelcomeProps {
  readonly ticket: Ticket;
  readonly invitation: Invitation;
  readonly onDevice: (device: Accepted & { readonly publicKey: string }) => void;
}

const withKey = (accepted: Accepted, privateKey: string): Accepted => ({
  ...accepted,
  files: Object.fromEntries(
    Object.entries(accepted.files).map(([kind, { name, text }]) => [
      kind,
      { name, text: text.replace(keyPlace, privateKey) },
    ]),
  ) as Accepted['files'],
});

function Welcome({ ticket, invitation, onDevice }: WelcomeProps) {
  const { network, machine, by, expires, replaces } = invitation;
  const [failure, setFailure] = useState<Error>();
  const [isAsking, setAsking] = useState(false);
  const accept = async (): Promise<void> => {
    setAsking(true);
    setFailure(undefined);
    try {
      const { privateKey, publicKey } = await makeKey();
      const send = async () => askWith<Accepted>(ticket, '', { publicKey });
      // An answer may get lost: the same key is answered alike.
      const accepted = await send().catch(async (error: unknown) => {
        if (error instanceof Refused) throw error;
        return send();
      });
      onDevice({ ...withKey(accepted, privateKey), publicKey });
    } catch (error) {
      setFailure(error as Error);
      setAsking(false);
    }
  };
  if (failure instanceof NoKey) {
    const fix = `Open the link in a newer Firefox, Chrome, Edge or Safari; it was not used up. Or ask ${by} for a file: \`hawser export ${machine}\`.`;
    return <Sorry says={failure.message} fix={fix} />;
  }
  if (failure) return <Refusal error={failure} again={() => void accept()} />;
  return (
    <section className="card">
      <h1>You are invited to the network {network}</h1>
      <p>
        {by} invites this device as <strong>{machine}</strong>. The link is good once, until{' '}
        {timeOf(expires)}.
      </p>
      <p>
        This browser makes the device’s key. The private key stays here and goes into the file that
        you get; the server is told the public one.
      </p>
      {replaces && (
        <p>
          <Pill mood="warn">{machine} has a key already; it stops working with this one.</Pill>
        </p>
      )}
      <Button size="md" loading={isAsking} onClick={() => void accept()}>
        Set up this device
      </Button>
    </section>
  );
}

interface DeviceProps {
  readonly ticket: Ticket;
  readonly device: Accepted & { readonly publicKey: string };
}

/** Asks before the page goes, as long as the key is nowhere else. */
function useGuard(isOn: boolean): void {
  useEffect(() => {
    if (!isOn) return undefined;
    const hold = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener('beforeunload', hold);
    return () => window.removeEventListener('beforeunload', hold);
  }, [isOn]);
}

function Device({ ticket, device }: DeviceProps) {
  const [isTaken, setTaken] = useState(false);
  useGuard(!isTaken);
  const { machine, overlay, files } = device;
  return (
    <>
      <section className="card">
        <h1>
          {machine} has its key, and the address <code>{overlay.join(' ')}</code>
        </h1>
        {!isTaken && (
          <p>
            <Pill mood="warn">
              Keep this page open until the device has the file. Its key is nowhere else, and the
              link does not open again.
            </Pill>
          </p>
        )}
        <DeviceFiles files={files} onTaken={() => setTaken(true)} />
      </section>
      <Check ticket={ticket} device={device} />
    </>
  );
}

/** Says when the network hears the device. */
function Check({ ticket, device }: DeviceProps) {
  const { machine, publicKey, peers } = device;
  const { data } = useQuery({
    queryKey: ['arrival', publicKey],
    queryFn: async () =>
      askWith<Arrival>(ticket, `/arrival?publicKey=${encodeURIComponent(publicKey)}`),
    refetchInterval: askEvery,
    refetchIntervalInBackground: true,
  });
  const there = data?.peers.find(({ handshake }) => handshake !== undefined);
  const target = peers.find(({ machine: name }) => name === there?.machine) ?? peers[0];
  return (
    <section className="card" aria-live="polite">
      <h2>Is it there?</h2>
      <p>
        {there ? (
          <Pill mood="good">
            {machine} is in: {there.machine} shook hands with it {duration(there.handshake ?? 0)}{' '}
            ago.
          </Pill>
        ) : (
          <Pill mood="idle">No machine of the network has heard {machine} yet.</Pill>
        )}
      </p>
      {target && target.address !== '' && (
        <>
          <p className="dim">
            {there ? 'Try' : 'Switch the tunnel on, and try'} on the device, to reach{' '}
            {target.machine}:
          </p>
          <div className="command">
            <Copyable text={`ping ${target.address}`} what="the ping" />
          </div>
        </>
      )}
    </section>
  );
}
