export type { Office, OwnToken } from './course.ts';
export { type DeployEvent, type DeployInit, deploy, type Result } from './deploy.ts';
export { deployErrors } from './errors.ts';
export { type SshInit } from './ssh.ts';
export { type Skipped, type Target, type Targets, targetsOf } from './targets.ts';
export { type Way, wayText } from './way.ts';
