/**
 * What an unquoted YAML text means: YAML 1.2.2, section 10.3.2, the core schema. The YAML library can
 * do this too, but tries eight patterns on each text of a file, which is a fifth of its time; nearly
 * all texts are told by their first character.
 */
export function plainValue(text: string): string | number | boolean | null {
  if (!maybeOther.test(text)) return text;
  if (/^(?:null|Null|NULL|~|)$/.test(text)) return null;
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  if (/^(?:false|False|FALSE)$/.test(text)) return false;
  return number(text) ?? text;
}

const maybeOther = /^(?:[-+.\d]|[nN~tTfF]|$)/;

function number(text: string): number | undefined {
  if (/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text)) return Number(text);
  if (/^0o[0-7]+$|^0x[\da-fA-F]+$/.test(text)) return Number(text);
  if (/^[-+]?\.(?:inf|Inf|INF)$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return /^\.(?:nan|NaN|NAN)$/.test(text) ? Number.NaN : undefined;
}
