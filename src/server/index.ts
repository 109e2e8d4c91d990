export { hostOf, urlOf } from './addresses.ts';
export { targetOf } from './audit/index.ts';
export {
  type BackupContent,
  type BackupInit,
  restoreBackup,
  verifyBackup,
  writeBackup,
} from './backup/index.ts';
export { conditionOfTunnel } from './events/condition.ts';
export { type FirstNetwork, type FirstTokens, resetAdmin } from './first.ts';
export { chunkLength, packChunk, type Step } from './history/chunk.ts';
export type { Point, Points } from './history/points.ts';
export { JsonText } from './json-text.ts';
export {
  type RunningServer,
  type ServerComponents,
  type ServerInit,
  startServer,
} from './server.ts';
export * from './store/index.ts';
export { serverCertificate } from './tls/index.ts';
export { Tokens } from './tokens.ts';
