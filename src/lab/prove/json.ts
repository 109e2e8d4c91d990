import { formatPort } from '#spec';
import { mismatchOf, type Proof } from './verdict.ts';

/** A proof as data for programs: `lab up --json`, `lab prove --json`, `lab ping --json`. */
export const proofJson = (proof: Proof) => ({
  holds: proof.mismatches.length === 0,
  seconds: proof.seconds,
  handshakes: proof.handshakes,
  flows: proof.findings.map((finding) => {
    const { expected, measured, leaked } = finding;
    const mismatch = mismatchOf(finding);
    return {
      from: expected.from,
      to: expected.to,
      class: formatPort(expected.port),
      family: expected.family,
      destination: expected.destination,
      predicted: expected.verdict,
      measured: measured.outcome,
      reason: expected.reason,
      ...(expected.decision && { decision: expected.decision }),
      ...(measured.ms !== undefined && { ms: measured.ms }),
      ...(leaked && { leaked }),
      ...(mismatch !== undefined && { mismatch }),
    };
  }),
  refusals: proof.refusals,
  mismatches: proof.mismatches,
  causes: proof.causes,
});
