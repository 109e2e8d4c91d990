import { Button, PasswordInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type SubmitEvent, useState } from 'react';
import type { SessionInfo } from '#api';
import { keys } from '../data/queries.ts';
import { ask, Refused } from '../data/server.ts';

/** What a token looks like; the server says whether it is good. */
const form = /^hawser-(admin|operator|viewer)-[\w-]+$/;

const reasonOf = (error: unknown): string =>
  error instanceof Refused ? `${error.message}. ${error.fix}` : 'The server does not answer.';

/** A token is shown to the server once; the browser then keeps a cookie that no script can read. */
export function LoginPage() {
  const client = useQueryClient();
  const [token, setToken] = useState('');
  const [wrong, setWrong] = useState<string>();
  const [isAsking, setAsking] = useState(false);
  const logIn = async (event: SubmitEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const text = token.trim();
    if (!form.test(text)) {
      setWrong(
        'A token begins with hawser-admin-, hawser-operator- or hawser-viewer-. Copy the whole.',
      );
      return;
    }
    setAsking(true);
    try {
      const headers = { authorization: `Bearer ${text}` };
      const session = await ask<SessionInfo>('/v1/session', { method: 'POST', headers });
      client.setQueryData(keys.session, session);
    } catch (error) {
      setWrong(reasonOf(error));
      setAsking(false);
    }
  };
  return (
    <main className="login">
      <h1>Hawser</h1>
      <form onSubmit={(event) => void logIn(event)}>
        <PasswordInput
          label="Token"
          description={
            <>
              <code>hawser token create --role viewer --name NAME</code> makes one.
            </>
          }
          autoComplete="current-password"
          autoFocus
          required
          withAsterisk={false}
          value={token}
          error={wrong}
          onChange={(event) => {
            setToken(event.currentTarget.value);
            setWrong(undefined);
          }}
        />
        <Button type="submit" fullWidth loading={isAsking}>
          Log in
        </Button>
      </form>
    </main>
  );
}
