import { expect, test } from 'vitest';
import type { PeerSample, SamplesReport } from '#api';
import { Samples } from './samples.ts';

const second = 1000;
const said = (sample: Partial<PeerSample>): SamplesReport => ({
  type: 'samples',
  peers: { phone: { rx: 1, tx: 1, ...sample } },
});
/** What an agent says each minute, when nothing changed. */
const nothingNew: SamplesReport = { type: 'samples', peers: {} };

/** What is known of a phone an hour after that was told, by this server and by another that it told. */
function anHourAfter(sample: Partial<PeerSample>): readonly (PeerSample | undefined)[] {
  const samples = new Samples();
  samples.hear(said(sample), 0);
  const halfway = Samples.from(samples.kept(1800 * second), 1800 * second);
  for (const one of [samples, halfway]) one.hear(nothingNew, 3600 * second);
  return [samples, halfway].map((one) => one.freshOf('phone', 3600 * second));
}

test('a peer that fell silent an hour ago has been silent for an hour, though nothing new was told of it', () => {
  for (const known of anHourAfter({ heard: 181, handshake: 200 })) {
    expect(known).toMatchObject({ heard: 3781, handshake: 3800 });
  }
});

test('a peer of which bytes came is heard until its silence is told', () => {
  for (const known of anHourAfter({ heard: 20, handshake: 90 })) {
    expect(known).toMatchObject({ heard: 20, handshake: 90 });
  }
  // Of 59.6 s no silence is told: what comes then is no news.
  for (const known of anHourAfter({ heard: 60 })) expect(known).toMatchObject({ heard: 60 });
});

test('who answers no probe does not until it is told to answer again', () => {
  const mute = { loss: 1, answered: 4, mute: true } as const;
  for (const known of anHourAfter({ heard: 2, probe: mute })) {
    expect(known).toMatchObject({ heard: 2, probe: { answered: 3604 } });
  }
  const well = { loss: 0, answered: 1 };
  for (const known of anHourAfter({ heard: 2, probe: well })) expect(known?.probe).toEqual(well);
});

test('so does a plain host that is asked', () => {
  const samples = new Samples();
  const hosts = {
    printer: { loss: 1, answered: 5, mute: true },
    web: { loss: 0, answered: 1 },
  } as const;
  samples.hear({ ...nothingNew, hosts }, 0);
  expect(samples.hostsOf(['printer', 'web', 'nobody'], 30 * second)).toEqual({
    printer: { ...hosts.printer, answered: 35 },
    web: hosts.web,
  });
});
