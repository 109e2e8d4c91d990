import { portsBetween, type RotationPort } from '#compile';
import type { Basis } from '../network/basis.ts';
import { type RotationEffect, type RotationRequest, rotationEffect } from './decisions.ts';

interface Asked {
  readonly basis: number;
}

/** What is computed of rotations; `get`: a network by the number that it was given. */
export const rotationCalls = (get: (basis: number) => Basis) => ({
  planRotation: ({
    basis,
    request,
  }: Asked & { readonly request: RotationRequest }): RotationEffect =>
    rotationEffect(get(basis), request),

  rotationPorts({
    basis,
    partners,
  }: Asked & { readonly partners: readonly string[] }): ReadonlyMap<
    string,
    readonly RotationPort[]
  > {
    const { model } = get(basis).compiled;
    return new Map(partners.map((name) => [name, portsBetween(model, name)]));
  },
});
