import type { Diagnostic } from '#base';
import type { Model } from '../model.ts';
export function linkChecks(_model: Model): readonly Diagnostic[] {
  return [];
}
