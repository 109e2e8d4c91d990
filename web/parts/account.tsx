import { Button, useMantineColorScheme } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { forgetKept } from '../data/kept.ts';
import { ask } from '../data/server.ts';

export function SchemeButton() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const next = { auto: 'dark', dark: 'light', light: 'auto' } as const;
  return (
    <Button
      size="compact-xs"
      variant="subtle"
      color="gray"
      aria-label={`Colours: ${colorScheme}; change to ${next[colorScheme]}`}
      onClick={() => setColorScheme(next[colorScheme])}
    >
      {colorScheme}
    </Button>
  );
}

export function LogoutButton() {
  const client = useQueryClient();
  const logOut = async (): Promise<void> => {
    await ask('/v1/session', { method: 'DELETE' });
    forgetKept();
    client.clear();
    window.location.assign('/');
  };
  return (
    <Button size="compact-xs" variant="subtle" color="gray" onClick={() => void logOut()}>
      Log out
    </Button>
  );
}
