/**
 * What is run of a document. Fenced blocks, by their first word:
 *
 *   ```console       commands and what they print. `$ ` is the reader's own machine, `NAME$ ` the
 *                    machine NAME; `> ` goes on with the command above. The lines that follow are what it
 *                    prints, where `...` alone stands for any lines. `# exit code N` after a command
 *                    says how it ends; 0 unless said.
 *   ```yaml FILE     a file that the reader saves under this name; other languages alike
 *
 * All others are only to be read.
 */

export interface Step {
  /** The line of the document, counted from 1. */
  readonly line: number;
  /** The machine it runs on; the reader's own if there is none. */
  readonly machine?: string;
  readonly command: string;
  readonly exitCode: number;
  /** Lines it prints; none: nobody looks. */
  readonly prints: readonly string[];
}

export interface SavedFile {
  readonly name: string;
  readonly text: string;
}

export interface Block {
  readonly line: number;
  readonly steps: readonly Step[];
  readonly file?: SavedFile;
}

interface Fence {
  readonly info: readonly string[];
  /** The line of the first line inside. */
  readonly line: number;
  readonly lines: readonly string[];
}

function fencesOf(text: string): readonly Fence[] {
  const fences: Fence[] = [];
  let open: { info: readonly string[]; line: number; lines: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (open && line === '```') {
      fences.push(open);
      open = undefined;
    } else if (open) {
      open.lines.push(line);
    } else if (line.startsWith('```')) {
      open = { info: line.slice(3).trim().split(/\s+/), line: index + 2, lines: [] };
    }
  }
  if (open) throw new Error(`the block before line ${open.line} does not end`);
  return fences;
}

const prompt = /^(?<machine>[a-z0-9-]*)\$ (?<command>.*)$/;
const exitNote = /\s+# exit code (?<code>\d+)$/;

function stepsOf({ line: first, lines }: Fence): readonly Step[] {
  const steps: { line: number; machine: string; command: string; prints: string[] }[] = [];
  for (const [index, line] of lines.entries()) {
    const begins = prompt.exec(line)?.groups;
    const current = steps.at(-1);
    if (begins) {
      const { machine = '', command = '' } = begins;
      steps.push({ line: first + index, machine, command, prints: [] });
    } else if (!current) {
      throw new Error(`line ${first + index}: a console block begins with a command`);
    } else if (line.startsWith('> ') && current.prints.length === 0) {
      current.command += `\n${line.slice(2)}`;
    } else {
      current.prints.push(line);
    }
  }
  return steps.map(({ machine, command, ...step }) => ({
    ...step,
    ...(machine !== '' && { machine }),
    command: command.replace(exitNote, ''),
    exitCode: Number(exitNote.exec(command)?.groups?.['code'] ?? 0),
  }));
}

/** The blocks of a document that are run or saved, in its order. */
export function blocksOf(text: string): readonly Block[] {
  return fencesOf(text).flatMap((fence): Block[] => {
    const [language, name] = fence.info;
    if (language === 'console') return [{ line: fence.line, steps: stepsOf(fence) }];
    if (name === undefined) return [];
    const file = { name, text: `${fence.lines.join('\n')}\n` };
    return [{ line: fence.line, steps: [], file }];
  });
}
