export { type Group, groups } from './check.ts';
export { type DiagnoseOptions, diagnose, isIll, type Result, type Step } from './diagnose.ts';
export { doctorErrors } from './errors.ts';
export type { KnownServer } from './gather/gathering.ts';
export type { NameKind, Names } from './support/anonymize.ts';
export { type Bundle, makeBundle } from './support/bundle.ts';
export type { Item, LeftOut } from './support/item.ts';
export { machineItems, neverRead } from './support/machine.ts';
export { namesOnMachine, publicWords } from './support/names.ts';
