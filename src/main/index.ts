export { leanOf } from './lean.ts';
