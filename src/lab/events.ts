/** The stages in which a lab comes up, with a server or without, in order, with the words for each. */
export const stages = {
  underlay: 'Lay the underlay',
  machines: 'Start the machines',
  server: 'Start the server',
  join: 'Join the network',
  agents: 'Start the agents',
  keys: 'Make keys',
  states: 'Compile',
  apply: 'Bring each machine to its state',
  leases: 'Ask for addresses',
  handshakes: 'Shake hands',
  proof: 'Measure every flow',
} as const;

export type Stage = keyof typeof stages;

/** What happens while a lab comes up. */
export interface LabEvent {
  readonly stage: Stage;
  readonly done: number;
  readonly all: number;
  /** The machine, or what there is to say. */
  readonly what?: string;
}

export type Report = (event: LabEvent) => void;

/** A counter of one stage: each call says that one more is done. */
export function counting(report: Report, stage: Stage, all: number): (what?: string) => void {
  let done = 0;
  report({ stage, done, all });
  return (what) => report({ stage, done: ++done, all, ...(what !== undefined && { what }) });
}
