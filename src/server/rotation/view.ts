import { awaited, type Model, type Rotation } from '#compile';

/** A change of key under way, as everybody asks for it; plain data. */
export interface TurnView {
  readonly rotation: Rotation;
  /** Whom its phase waits for, sorted. */
  readonly awaited: readonly string[];
}

export function turnView(model: Model): TurnView | undefined {
  const { rotation } = model.inputs;
  return rotation && { rotation, awaited: awaited(model) };
}
