export * from './channel.ts';
export { apiErrors } from './errors.ts';
export { type InstallLines, installerPath, installLines, packagePath } from './installer.ts';
export { may, type Permission, permissionsOf } from './permissions.ts';
export * from './problem.ts';
export * from './routes.ts';
export * from './schemas.ts';
export { formatToken, parseToken, type Role, roles, type Token } from './token.ts';
