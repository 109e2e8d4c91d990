export { canonicalJson } from './canonical.ts';
export { by, byText } from './compare.ts';
export {
  type Diagnostic,
  DiagnosticsError,
  type ErrorEntry,
  type ErrorTable,
  errorTable,
  formatDiagnostic,
  formatPlace,
  HawserError,
  type Place,
  plainFinding,
  type Severity,
  type Whereabouts,
} from './errors.ts';
export { fnv1a, shortHash } from './hash.ts';
export { inParallel } from './parallel.ts';
export { countWhile } from './search.ts';
export { Secret } from './secret.ts';
export { didYouMean, nearest } from './suggest.ts';
