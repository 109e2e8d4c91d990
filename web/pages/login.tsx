import { Button, PasswordInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type SubmitEvent, useState } from 'react';
import type { LoginInfo, SessionInfo } from '#api';
import { keys } from '../data/queries.ts';
import { reasonOf } from '../data/reason.ts';
import { ask } from '../data/server.ts';

/** What a token looks like; the server says whether it is good. */
const form = /^hawser-(admin|operator|viewer)-[\w-]+$/;

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
      <ProviderLogin />
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

/** Where one is sent back to is the page that one wanted to see. */
const beginAt = (): string => {
  const { pathname, search } = window.location;
  return `/v1/login/oidc?${new URLSearchParams({ to: `${pathname}${search}` }).toString()}`;
};

/** For those whom a provider of OpenID Connect knows; what became of the last attempt is told once. */
function ProviderLogin() {
  const { data } = useQuery({
    queryKey: ['login'],
    queryFn: async () => ask<LoginInfo>('/v1/login'),
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });
  if (data?.provider === undefined) return null;
  return (
    <section className="provider" aria-label="Log in by a provider">
      {data.failed && (
        <p role="alert" className="refused">
          {data.failed.detail}. {data.failed.fix}
        </p>
      )}
      <Button component="a" href={beginAt()} fullWidth>
        Log in with {data.provider}
      </Button>
      <p className="or">or with a token</p>
    </section>
  );
}
