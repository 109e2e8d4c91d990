export { backupBytes } from './buffer.ts';
export { type BackupCalls, backupsOf, type WriteBackup } from './calls.ts';
export { type BackupContent, restoreBackup, verifyBackup } from './restore.ts';
export { type BackupPlan, Backups } from './schedule.ts';
export { type BackupInit, writeBackup } from './write.ts';
