export { type Group, groups } from './check.ts';
export { type DiagnoseOptions, diagnose, isIll, type Result, type Step } from './diagnose.ts';
export { doctorErrors } from './errors.ts';
export type { KnownServer } from './gather/gathering.ts';
