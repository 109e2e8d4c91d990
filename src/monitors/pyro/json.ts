/** A string of JSON, or a number that Python writes into it and JSON does not know (json.dumps, `allow_nan`). */
const unknownNumber = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/gs;

/** What Python writes as JSON; what is no number there (NaN, Infinity) is null. @throws SyntaxError */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    const known = text.replaceAll(unknownNumber, (part) => (part.startsWith('"') ? part : 'null'));
    return JSON.parse(known) as unknown;
  }
}
