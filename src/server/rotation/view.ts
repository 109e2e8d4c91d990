import { awaited, type Model, type Rotation } from '#compile';

/** A change of key under way, as everybody asks for it; plain data. */
export interface TurnView {
  readonly rotation: Rotation;
  /** Whom its phase waits for, sorted. */
  readonly awaited: readonly string[];
  /** Public keys of those who have the old key in a file, by name. */
  readonly holders: Readonly<Record<string, string>>;
}

export function turnView(model: Model): TurnView | undefined {
  const { rotation } = model.inputs;
  if (!rotation) return undefined;
  const { files = [] } = rotation;
  const holders = files.flatMap((name): [string, string][] => {
    const key = model.nodesByName.get(name)?.publicKey;
    return key === undefined ? [] : [[name, key]];
  });
  return { rotation, awaited: awaited(model), holders: Object.fromEntries(holders) };
}
