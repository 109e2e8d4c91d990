import { describe, expect, test } from 'vitest';
import { Project } from './cli.ts';

const network = (name: string, extra = ''): string => `version: 1
network: ${name}
overlay: 10.99.0.0/24
members: { lap: {} }
${extra}
`;

describe('a file that includes what is not there', () => {
  test('answers with 1 if there is more to say about it, else with 2', () => {
    using project = new Project(network('t', 'include: gone.yaml'));
    expect(project.run('check', 'hawser.yaml').code).toBe(2);
    project.write('wrong.yaml', network('t', 'include: gone.yaml\npolicy: 5'));
    const { code, err } = project.run('check', 'wrong.yaml');
    expect([code, err]).toEqual([1, expect.stringContaining('spec/wrong-type')]);
  });
});

describe('a plan from one network to another', () => {
  test('is refused with 2 at the name: neither becomes the other', () => {
    using project = new Project(network('t'));
    project.write('other.yaml', network('u'));
    const { code, err } = project.run('plan', 'other.yaml', '--against', 'hawser.yaml');
    expect([code, err]).toEqual([2, expect.stringContaining('other.yaml:2:10: error compile/')]);
  });
});
