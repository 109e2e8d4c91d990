import type { InviteInfo, Lifetime, NewInvite, PlanResult, Revision } from '#api';
import { at } from '../../data/queries.ts';
import { ask } from '../../data/server.ts';

const post = async <T>(network: string, path: string, body: object, more = {}): Promise<T> =>
  ask<T>(at(network, path), {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...more },
  });

/** Whom a link was made for; its text is shown this once. */
export interface Made {
  readonly link: string;
  readonly info: InviteInfo;
  readonly revision?: Revision;
}

export const planInvite = async (network: string, wanted: NewInvite): Promise<PlanResult> =>
  post(network, 'invites/plan', wanted);

/** Asked again under the same name, it is the same invitation. */
export const invite = async (
  network: string,
  wanted: NewInvite,
  { plan, request }: { readonly plan: string; readonly request: string },
): Promise<Made> => post(network, 'invites', { ...wanted, plan }, { 'idempotency-key': request });

export const suspend = async (network: string, machine: string, revoked: boolean): Promise<void> =>
  post(network, `machines/${machine}/revoke`, { revoked });

const machineAt = (network: string, machine: string): string =>
  at(network, `machines/${encodeURIComponent(machine)}`);

export const planLifetime = async (
  network: string,
  machine: string,
  wanted: Lifetime,
): Promise<PlanResult> =>
  post(network, `machines/${encodeURIComponent(machine)}/lifetime/plan`, wanted);

/** By a plan that was seen. Asked again under the same name, it is the same change. */
export const setLifetime = async (
  network: string,
  machine: string,
  wanted: Lifetime,
  { plan, request }: { readonly plan: string; readonly request: string },
): Promise<Revision> =>
  post(
    network,
    `machines/${encodeURIComponent(machine)}/lifetime`,
    { ...wanted, plan },
    { 'idempotency-key': request },
  );

export const planRemoval = async (network: string, machine: string): Promise<PlanResult> =>
  ask(`${machineAt(network, machine)}/removal`);

/** By a plan that was seen. Asked again under the same name, it is the same removal. */
export const remove = async (
  network: string,
  machine: string,
  { plan, request }: { readonly plan: string; readonly request: string },
): Promise<Revision> =>
  ask(`${machineAt(network, machine)}?${new URLSearchParams({ plan })}`, {
    method: 'DELETE',
    headers: { 'idempotency-key': request },
  });

export const withdraw = async (network: string, id: string): Promise<void> =>
  ask(at(network, `invites/${encodeURIComponent(id)}`), { method: 'DELETE' });
