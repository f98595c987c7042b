/** Texts that DuckDB keeps, as PostgreSQL would show them. */

import { shownViewQuery } from '../../../planner/sql/view-text.ts';

/** A name as it has to be written in SQL; reserved words are not minded. */
export function sqlName(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

const castOfText = /^'(?:[^']|'')*'$/;

/** A column's default: `'x'` has its type shown, `nextval('s')` that it names a relation. */
export function defaultText(text: string, type: string): string {
  const bare = /^CAST\((.*) AS [\w ()]+\)$/s.exec(text)?.[1] ?? text;
  const truth = type === 'boolean' ? /^'(?:(t|true|1|on|yes)|f|false|0|off|no)'$/i.exec(bare) : null;
  if (truth !== null) return truth[1] === undefined ? 'false' : 'true';
  if (castOfText.test(bare)) return `${bare}::${type}`;
  const sequence = /^nextval\(('(?:[^']|'')*')\)$/.exec(bare)?.[1];
  if (sequence !== undefined) return `nextval(${sequence}::regclass)`;
  const word = /^(?:get_)?(current_timestamp|current_date)(?:\(\))?$/i.exec(bare)?.[1];
  return word === undefined ? bare : word.toUpperCase();
}

/** What a view selects: with its hints, where it has any. */
export function viewQuery(sql: string): string {
  const shown = shownViewQuery(sql);
  if (shown !== undefined) return ` ${shown};`;
  return ` ${sql.replace(/^CREATE\s+(?:OR\s+REPLACE\s+)?(?:TEMP(?:ORARY)?\s+)?VIEW\s+(?:"(?:[^"]|"")*"|[^\s("]+)+\s*(?:\([^)]*\)\s*)?AS\s+/is, '').replace(/;?\s*$/, '')};`;
}

/** The items between the last parentheses of `CREATE INDEX ... (a, (lower(b)))`. */
export function indexItems(sql: string): readonly string[] {
  const from = sql.indexOf('(');
  const items: string[] = [];
  let depth = 0;
  let start = from + 1;
  for (let at = from; from >= 0 && at < sql.length; at++) {
    const character = sql[at]!;
    if (character === "'" || character === '"') {
      at = sql.indexOf(character, at + 1);
      if (at < 0) break;
    } else if (character === '(') {
      depth++;
    } else if (character === ')') {
      depth--;
    }
    if ((character === ')' && depth === 0) || (character === ',' && depth === 1)) {
      // PostgreSQL needs no parentheses around a call.
      items.push(
        sql
          .slice(start, at)
          .trim()
          .replace(/^\((\w+\([^()]*\))\)$/, '$1'),
      );
      start = at + 1;
      if (character === ')') break;
    }
  }
  return items;
}

/** A name out of SQL. */
export function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
