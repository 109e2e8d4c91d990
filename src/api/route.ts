import Type from 'typebox';
import type { Permission } from './permissions.ts';
import { Count, Name } from './schemas.ts';

export interface RouteShape {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Fastify's form: `:name` is a parameter. */
  readonly path: string;
  readonly permission: Permission;
  readonly summary: string;
  readonly params?: Type.TSchema;
  readonly query?: Type.TSchema;
  readonly body?: Type.TSchema;
  /** Asked again, as after a lost answer, with the same `requestHeader` it is done once and answers alike. */
  readonly once?: true;
  /** Absent: 204 without a body. */
  readonly response?: Type.TSchema;
}

/** Why somebody does it; history or audit tell. */
export const Why = Type.Optional(Type.String({ maxLength: 1000 }));
export const Reason = Type.Object({ why: Why });

export const route = <const R extends RouteShape>(shape: R): R => shape;

export const OfNetwork = Type.Object({ network: Name });
export const OfMachine = Type.Object({ network: Name, machine: Name });
export const OfRevision = Type.Object({ network: Name, number: Count });
export const network = '/v1/networks/:network';
