import { expect, test } from 'vitest';
import { suite } from '../support/suite.ts';
import { Labs } from './labs.ts';

suite('a network of everything', { needs: ['netns', 'tun'] }, () => {
  test('is what its file says, in both families, and counts each refusal', () => {
    using labs = new Labs();
    const proof = labs.proof('up', 'tests/lab/everything.yaml');
    expect(proof.mismatches).toEqual([]);
    expect(new Set(proof.flows.map((flow) => flow.family))).toEqual(new Set([4, 6]));
    const verdicts = new Set(proof.flows.map((flow) => flow.predicted));
    expect(verdicts).toEqual(new Set(['allow', 'deny', 'outside']));
    const refused = proof.flows.filter((flow) => flow.predicted === 'deny').length;
    expect(proof.refusals.reduce((sum, { flows }) => sum + flows, 0)).toBe(refused);

    // Its own tables and routes gone from one gateway, the proof must notice.
    labs.on('hq-gw', 'nft', 'delete', 'table', 'inet', 'hawser-everything');
    const open = labs.proof('prove');
    expect(open.holds).toBe(false);
    expect(open.mismatches.some((text) => text.includes('should be refused'))).toBe(true);
    expect(open.mismatches.some((text) => text.includes('the rule of counter deny'))).toBe(true);
    labs.must('reconcile', 'hq-gw');
    expect(labs.proof('prove').mismatches).toEqual([]);
  });
});
