export { Retention } from './retention.ts';
export { Shipping } from './shipping.ts';
export { type Target, targetOf } from './target.ts';
