import fc from 'fast-check';
import { test } from 'vitest';
import { suite } from '../support/suite.ts';
import { Fleet } from './fleet.ts';
import { beginning, firstFile } from './model.ts';
import { mend, type Now, sequences } from './moves.ts';
import { Verifier } from './verify.ts';

/** `HAWSER_MODEL_EFFORT=5`: five sequences, new ones each time; else the same one in every run. */
const effort = Number(process.env['HAWSER_MODEL_EFFORT'] ?? 1);
/** As a failure tells it: that sequence again. */
const seed = process.env['HAWSER_MODEL_SEED'];
const path = process.env['HAWSER_MODEL_PATH'];

const parameters: fc.Parameters<[Iterable<unknown>]> = {
  numRuns: effort,
  // A shorter sequence would take as long again, many times.
  endOnFailure: true,
  ...(seed !== undefined ? { seed: Number(seed) } : effort === 1 && { seed: 2026 }),
  ...(path !== undefined && { path }),
};

/** Moves of one sequence. */
const most = 25;

suite('a network of which anything may become', { needs: ['root', 'netns', 'tun'] }, () => {
  test(
    'lets through what it should and nothing else, and never interrupts what works',
    async () => {
      const property = fc.asyncProperty(sequences(most), async (commands) => {
        const fleet = await Fleet.open('t-moves', firstFile);
        const now: Now = { model: beginning(), done: [] };
        const real = { fleet, verifier: new Verifier(fleet) };
        try {
          await fc.asyncModelRun(() => ({ model: now, real }), commands);
          await mend(now, real);
        } catch (cause) {
          const story = now.done.map((move, index) => `${index + 1}. ${move}`).join('\n');
          throw new Error(`${story}\n${String(cause)}\n${fleet.report()}`, { cause });
        } finally {
          await fleet.close();
        }
      });
      await fc.assert(property, parameters);
    },
    300_000 * Math.max(effort, 1),
  );
});
