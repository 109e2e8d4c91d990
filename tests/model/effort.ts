import type fc from 'fast-check';

/**
 * How hard the properties look: `HAWSER_MODEL_EFFORT=20` walks twenty times as many networks, new
 * ones each time. Without it the networks are the same in every run, so that a test which fails does
 * so because of what was changed.
 */
const effort = Number(process.env['HAWSER_MODEL_EFFORT'] ?? 1);

export const runs = (numRuns: number): fc.Parameters<unknown> => ({
  numRuns: Math.ceil(numRuns * effort),
  ...(effort === 1 && { seed: 2026 }),
});
