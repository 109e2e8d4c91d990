/** Characters of a large answer that are parsed at once: about a millisecond's work. */
const pieceLength = 64 * 1024;

/** ms of work after which others have their turn: frames, and whoever types. */
const turnLength = 4;

/** Lets the browser do what waits; not by `setTimeout`, which a page that nobody sees is granted once a second. */
const othersTurn = async (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const done = (): void => {
      port1.close();
      resolve();
    };
    port1.addEventListener('message', done);
    port1.start();
    port2.postMessage(undefined);
  });

async function* textOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield decoder.decode(value, { stream: true });
  }
}

/** Whole lines, as many together as are a piece, and at the end what comes after the last. */
async function* linesOf(parts: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const part of parts) {
    const text = rest + part;
    let from = 0;
    for (;;) {
      const enough = Math.min(from + pieceLength, text.length);
      const within = text.lastIndexOf('\n', enough);
      const end = within >= from ? within : text.indexOf('\n', enough);
      if (end < 0) break;
      yield text.slice(from, end);
      from = end + 1;
    }
    rest = text.slice(from);
  }
  yield rest;
}

/** Items of a list, each followed by a comma but for the last. */
const itemsIn = (lines: string): readonly unknown[] =>
  JSON.parse(`[${lines.endsWith(',') ? lines.slice(0, -1) : lines}]`) as unknown[];

/**
 * What a large answer says, of whose last member, a list, each item has its own line (`JsonText.listing` of the server). To
 * parse it whole would stop the page for longer than a frame.
 * @throws SyntaxError
 */
export async function parsePieces(
  body: ReadableStream<Uint8Array>,
  pause: () => Promise<void> = othersTurn,
): Promise<unknown> {
  let head: string | undefined;
  let last = '';
  const items: unknown[] = [];
  let began = performance.now();
  for await (const lines of linesOf(textOf(body))) {
    if (head === undefined) {
      const end = lines.indexOf('\n');
      head = end < 0 ? lines : lines.slice(0, end);
      last = end < 0 ? '' : lines.slice(end + 1);
      continue;
    }
    items.push(...itemsIn(last));
    last = lines;
    if (performance.now() - began < turnLength) continue;
    await pause();
    began = performance.now();
  }
  const whole = JSON.parse(`${head}${last}`) as Record<string, unknown>;
  const name = Object.keys(whole).at(-1);
  if (items.length > 0 && name !== undefined) whole[name] = items;
  return whole;
}
