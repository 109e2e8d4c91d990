import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import { Finding } from '#api';

/** What `hawser join --json` says, as far as it counts here. */
const Joined = Type.Object({
  errors: Type.Optional(Type.Array(Finding)),
  failures: Type.Optional(Type.Array(Finding)),
  pending: Type.Optional(Type.Boolean()),
});
export type Joined = Static<typeof Joined>;

/** What `hawser agent show --json` says, as far as it counts here. */
const Peers = Type.Object({
  peers: Type.Array(Type.Object({ name: Type.String(), handshake: Type.Optional(Type.Number()) })),
});
export type Peers = Static<typeof Peers>;

/** A machine says what it likes: undefined where it is not what our program would say. */
function read<T extends Type.TSchema>(schema: T, text: string): Static<T> | undefined {
  try {
    const said: unknown = JSON.parse(text);
    return Value.Check(schema, said) ? said : undefined;
  } catch {
    return undefined;
  }
}

export const joinedIn = (text: string): Joined | undefined => read(Joined, text);
export const peersIn = (text: string): Peers | undefined => read(Peers, text);
