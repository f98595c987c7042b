import { errors } from '../../../planner/errors.ts';
import type { Notice } from '../client.ts';
import type { SessionContext } from '../context.ts';
import { type ForeignKey, pathOf, placeKey, type TablePlace } from '../keys/foreign-key.ts';
import { foreignKeys } from '../keys/known-keys.ts';
import type { Definition } from './definition.ts';
import { locateTable } from './table-state.ts';
import { TokenReader } from './tokens.ts';

/**
 * TRUNCATE of several tables, and of those that others refer to: these must be among them, or CASCADE takes them in. Sequences go on where they
 * are. Undefined for what DuckDB does as it is. Raises 0A000.
 */
export async function truncateTables(context: SessionContext, text: string): Promise<Definition | undefined> {
  const reader = new TokenReader(text);
  if (!reader.accept('truncate')) return undefined;
  reader.accept('table');
  reader.accept('only');
  const names: (readonly string[])[] = [];
  do {
    reader.accept('only');
    names.push(reader.rawQualifiedName());
    reader.accept('*');
  } while (reader.accept(','));
  if (reader.accept('restart', 'identity')) return undefined;
  const options = reader.accept('continue', 'identity');
  const cascade = reader.accept('cascade');
  const restrict = !cascade && reader.accept('restrict');
  if (!reader.atEnd && reader.word !== ';') return undefined;
  if (names.some((name) => name.length === 0)) return undefined;
  const keys = await foreignKeys(context);
  const places: TablePlace[] = [];
  for (const name of names) places.push((await locateTable(context, name)) ?? { database: '', schema: '', name: '' });
  const going = new Set(places.map(placeKey));
  const emptied: ForeignKey[] = [];
  const notices: Notice[] = [];
  // The list grows with those that refer to its tables.
  for (const place of places) {
    for (const key of keys.to(place)) {
      emptied.push(key);
      if (going.has(placeKey(key.child))) continue;
      if (!cascade) throw errors.truncateReferenced(key.child.name, key.parent.name);
      going.add(placeKey(key.child));
      places.push(key.child);
      notices.push({
        severity: 'NOTICE',
        sqlstate: '00000',
        message: `truncate cascades to table "${key.child.name}"`,
      });
    }
  }
  if (places.length === 1 && !options && !cascade && !restrict && emptied.length === 0) return undefined;
  const written = names.map((name) => `TRUNCATE TABLE ${name.join('.')}`);
  const further = places.slice(names.length).map((place) => `TRUNCATE TABLE ${pathOf(place)}`);
  return { statements: [...written, ...further], notices, emptied };
}
