export type * from './api.ts';
export { emptyFacts } from './inputs.ts';
export type * from './inputs.ts';
