import type { Role } from './token.ts';

/** What a route may ask for. `public`: no token. `agent`: an enrolled machine's own signature. */
export type Permission =
  | 'public'
  | 'agent'
  | 'join'
  | 'invited'
  | 'read'
  | 'apply'
  | 'approve'
  | 'tokens'
  | 'administer';

const viewer: readonly Permission[] = ['read'];
const operator: readonly Permission[] = [...viewer, 'apply', 'approve'];

/** What each role may. A join token lets a machine in and nothing else, an invitation one key. */
export const permissionsOf: Readonly<Record<Role, readonly Permission[]>> = {
  join: ['join'],
  invite: ['invited'],
  viewer,
  operator,
  admin: [...operator, 'tokens', 'administer'],
};

export const may = (role: Role, permission: Permission): boolean =>
  permission === 'public' || permissionsOf[role].includes(permission);
