/** A SQL literal as text: `'it''s'`, `12`, `-1`, `true`. Null for anything else. */
export function parseLiteral(sql: string): string | null {
  const text = sql.trim();
  const quoted = /^'((?:[^']|'')*)'$/s.exec(text);
  if (quoted !== null) return (quoted[1] ?? '').replaceAll("''", "'");
  if (/^(?:true|false)$/i.test(text)) return text.toLowerCase();
  return /^-?\d+$/.test(text) ? text : null;
}

/** `'a'` or `['a', 'b']` or `list_value('a', 'b')` as texts. Null for anything else. */
export function parseTextList(sql: string): readonly string[] | null {
  const text = sql.trim();
  const single = /^'((?:[^']|'')*)'$/s.exec(text);
  if (single !== null) return [(single[1] ?? '').replaceAll("''", "'")];
  const list = /^(?:\[(.*)\]|(?:main\.)?list_value\((.*)\))$/is.exec(text);
  const inner = list?.[1] ?? list?.[2];
  if (inner === undefined || !/^\s*'(?:[^']|'')*'\s*(?:,\s*'(?:[^']|'')*'\s*)*$/s.test(inner)) return null;
  return [...inner.matchAll(/'((?:[^']|'')*)'/gs)].map(([, item]) => (item ?? '').replaceAll("''", "'"));
}
