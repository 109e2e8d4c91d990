import { Button } from '@mantine/core';
import { useState } from 'react';
import type { SessionInfo, SessionToken } from '#api';
import { reasonOf } from '../data/reason.ts';
import { ask } from '../data/server.ts';
import { timeOf } from '../data/words.ts';
import { Copyable } from '../parts/copyable.tsx';
import { Empty } from '../parts/states.tsx';

/** How much of a command is seen: what comes then is a secret, and as long as a page. */
const seen = 36;

/** Who logged in by a provider has no token: here is one for where commands are typed. */
export default function TerminalPage({ session }: { readonly session: SessionInfo }) {
  const [made, setMade] = useState<SessionToken>();
  const [wrong, setWrong] = useState<string>();
  if (!session.byProvider)
    return <Empty>The token that you logged in with is good there, too.</Empty>;
  const make = (): void => {
    ask<SessionToken>('/v1/session/token', { method: 'POST' })
      .then((token) => {
        setMade(token);
        setWrong(undefined);
      })
      .catch((error: unknown) => setWrong(reasonOf(error)));
  };
  const command = made && `hawser login ${made.token}`;
  return (
    <>
      <h1>On the command line</h1>
      <p>
        A token by which <code>hawser</code> is you, as {session.role}, as long as you are logged in
        here and no longer.
      </p>
      {wrong !== undefined && (
        <p role="alert" className="refused">
          {wrong}
        </p>
      )}
      {made && command !== undefined ? (
        <section className="card">
          <p>
            <Copyable text={command} short={`${command.slice(0, seen)}…`} what="the command" />
          </p>
          <p className="dim">A secret, shown this once; good until {timeOf(made.expires)}.</p>
        </section>
      ) : (
        <Button onClick={make}>Make a token</Button>
      )}
    </>
  );
}
