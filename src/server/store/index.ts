export type * from './contract.ts';
export { openStore, type StorePlace } from './open.ts';
