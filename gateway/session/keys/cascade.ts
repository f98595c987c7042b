import { sameName } from '../../../planner/bind/scope.ts';
import { errors, SluiceError } from '../../../planner/errors.ts';
import { splitStatements } from '../../../planner/sql/lexer.ts';
import { quoteIdentifier } from '../../../worker/engine/quote.ts';
import type { Written } from '../commands/one-write.ts';
import { parseWrite, type Write } from '../commands/write-target.ts';
import type { SessionContext } from '../context.ts';
import { withConstraint } from '../definitions/constraint-errors.ts';
import { check, distinctKeys, note, portions } from './checks.ts';
import {
  type ForeignKey,
  type ForeignKeys,
  type KeyAction,
  type KeyColumn,
  pathOf,
  type TablePlace,
} from './foreign-key.ts';
import { longestInsert, maxCascades, maxRemovedKeys } from './limits.ts';
import { childName, hasKey, isOrphan, keyList } from './match.ts';
import type { Check, Key } from './transaction-keys.ts';
import { type InsertParts, insertParts, type UpdateParts, updateParts } from './write-parts.ts';

/** Runs a statement that also gives these columns of the rows that it wrote, as texts; says so in the transaction's log. */
export type RunOne = (write: Write, sql: string, columns: readonly string[]) => Promise<Written>;

/** What is to be done about one foreign key after a statement. */
type Event =
  | { readonly kind: 'check'; readonly check: Check }
  /** Rows are gone from the table that is referred to, or have another key: `to`, where it is known. */
  | {
      readonly kind: 'act';
      readonly key: ForeignKey;
      readonly action: KeyAction;
      readonly keys: readonly Key[];
      readonly to?: readonly Key[];
    }
  /** The same where it is not known which; undefined: nor what became of them. */
  | { readonly kind: 'orphans'; readonly key: ForeignKey; readonly action: KeyAction | undefined };

const addsOnly: InsertParts = { values: false, updates: [], replaces: false };

/** A changed row's key, before and after. */
interface Moved {
  readonly from: Key;
  /** Undefined: not known. */
  readonly to: Key | undefined;
}

const volatile = /\b(random|nextval|uuid|gen_random_uuid|uuidv[47])\s*\(/i;
const names = (columns: readonly KeyColumn[]) => columns.map(({ name }) => name);

/**
 * A statement and all that follows from it by foreign keys, in the order of PostgreSQL's: what a statement leads to comes behind all
 * that those before it do. Raises 23503, and what DuckDB raises.
 */
export class Cascade {
  readonly #context: SessionContext;
  readonly #keys: ForeignKeys;
  readonly #runOne: RunOne;
  readonly #events: Event[] = [];
  #statements = 0;

  constructor(context: SessionContext, keys: ForeignKeys, runOne: RunOne) {
    this.#context = context;
    this.#keys = keys;
    this.#runOne = runOne;
  }

  async run(write: Write, sql: string, place: TablePlace): Promise<Written> {
    const written = await this.#statement(write, sql, place);
    for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) await this.#handle(event);
    return written;
  }

  /** Rows were added otherwise, by COPY. */
  async added(place: TablePlace): Promise<void> {
    for (const key of this.#keys.of(place)) await this.#check({ kind: 'present', key, keys: 'added' });
  }

  async #statement(write: Write, sql: string, place: TablePlace): Promise<Written> {
    if (++this.#statements > maxCascades)
      throw errors.limitExceeded(`more than ${maxCascades} statements by foreign keys`);
    const own = this.#keys.of(place);
    const referring = this.#keys.to(place);
    switch (isOpaque(write, sql) ? 'merge' : write.verb) {
      case 'insert':
        return this.#insert(write, sql, own, referring);
      case 'update':
        return this.#update(write, sql, own, referring);
      case 'delete': {
        const columns = columnsOf(referring.map(({ referenced }) => referenced));
        const written = await this.#runOne(write, sql, columns);
        const gone = limited(written.rows);
        for (const key of referring) this.#gone(key, picked(gone, columns, key.referenced), key.onDelete);
        return written;
      }
      case 'copy': {
        const written = await this.#runOne(write, sql, []);
        for (const key of own) this.#events.push({ kind: 'check', check: { kind: 'present', key, keys: 'added' } });
        return written;
      }
      default: {
        const written = await this.#runOne(write, sql, []);
        const does = { deletes: /\bdelete\b/i.test(sql), updates: /\bupdate\b/i.test(sql) };
        for (const key of own) this.#events.push({ kind: 'check', check: { kind: 'present', key, keys: 'all' } });
        for (const key of referring) this.#orphans(key, does);
        return written;
      }
    }
  }

  async #insert(
    write: Write,
    sql: string,
    own: readonly ForeignKey[],
    referring: readonly ForeignKey[],
  ): Promise<Written> {
    const { values, updates, replaces } = sql.length > longestInsert ? addsOnly : insertParts(sql);
    const told = values || updates.length > 0 || replaces;
    const columns = told ? columnsOf(own.map((key) => key.columns)) : [];
    const written = await this.#runOne(write, sql, columns);
    for (const key of own) this.#present(key, told ? picked(written.rows, columns, key.columns) : 'added');
    for (const key of referring) {
      if (replaces || uses(key.referenced, updates)) {
        this.#orphans(key, { deletes: replaces, updates: !replaces });
      }
    }
    return written;
  }

  async #update(
    write: Write,
    sql: string,
    own: readonly ForeignKey[],
    referring: readonly ForeignKey[],
  ): Promise<Written> {
    const parts = updateParts(sql);
    const set = parts?.items.map(({ column }) => column);
    const changed = (columns: readonly KeyColumn[]) => set === undefined || uses(columns, set);
    const refer = own.filter((key) => changed(key.columns));
    const referred = referring.filter((key) => changed(key.referenced));
    const asked = columnsOf(referred.map(({ referenced }) => referenced));
    const moved = parts === undefined || referred.length === 0 ? [] : await this.#moved(parts, asked, referred);
    const columns = columnsOf(refer.map((key) => key.columns));
    const written = await this.#runOne(write, sql, columns);
    for (const key of refer) this.#present(key, picked(written.rows, columns, key.columns));
    for (const key of referred) {
      if (parts === undefined) this.#orphans(key, { deletes: false, updates: true });
      else this.#movedBy(key, moved, asked);
    }
    return written;
  }

  /** What an UPDATE will change: asked before it runs, since RETURNING tells only what rows become. */
  async #moved(parts: UpdateParts, columns: readonly string[], keys: readonly ForeignKey[]): Promise<readonly Moved[]> {
    const types = new Map(keys.flatMap(({ referenced }) => referenced.map(({ name, type }) => [name, type] as const)));
    const old = (name: string) => `${parts.alias}.${quoteIdentifier(name)}`;
    let known = true;
    const next = columns.map((name) => {
      const item = parts.items.find(({ column }) => sameName(column, name));
      if (item === undefined) return old(name);
      if (item.value === undefined || /^default$/i.test(item.value) || volatile.test(item.value)) known = false;
      return `CAST((${item.value}) AS ${types.get(name)!})`;
    });
    const list = [...columns.map(old), ...(known ? next : [])].map((value) => `CAST(${value} AS VARCHAR)`).join(', ');
    const from = parts.from === '' ? '' : `, ${parts.from}`;
    const where = parts.where === '' ? '' : ` WHERE ${parts.where}`;
    const result = await this.#context.connection.run(
      `${parts.before} SELECT ${list} FROM ${parts.target}${from}${where} LIMIT ${maxRemovedKeys + 1}`,
    );
    const rows = limited(textRows(await result.getRows()));
    return rows.map((row) => ({
      from: row.slice(0, columns.length),
      to: known ? row.slice(columns.length) : undefined,
    }));
  }

  #movedBy(key: ForeignKey, moved: readonly Moved[], columns: readonly string[]): void {
    const pick = (row: Key) => picked([row], columns, key.referenced)[0]!;
    const pairs = new Map<string, Moved>();
    for (const each of moved) {
      const from = pick(each.from);
      const to = each.to === undefined ? undefined : pick(each.to);
      if (from.includes(null) || JSON.stringify(from) === JSON.stringify(to)) continue;
      pairs.set(JSON.stringify(from), { from, to });
    }
    const all = [...pairs.values()];
    const to = all.flatMap((each) => (each.to === undefined ? [] : [each.to]));
    const keys = all.map(({ from }) => from);
    if (to.length === keys.length) this.#gone(key, keys, key.onUpdate, to);
    // Some may still be there.
    else this.#orphans(key, { deletes: false, updates: true });
  }

  #present(key: ForeignKey, keys: readonly Key[] | 'added'): void {
    if (keys.length > 0) this.#events.push({ kind: 'check', check: { kind: 'present', key, keys } });
  }

  #gone(key: ForeignKey, all: readonly Key[], action: KeyAction, to?: readonly Key[]): void {
    const keys = to === undefined ? distinctKeys(all.filter((values) => !values.includes(null))) : all;
    if (keys.length === 0) return;
    if (action === 'a') this.#events.push({ kind: 'check', check: { kind: 'gone', key, keys } });
    else this.#events.push({ kind: 'act', key, action, keys, ...(to === undefined ? {} : { to }) });
  }

  /** Some rows may be gone, or have another key. */
  #orphans(key: ForeignKey, { deletes, updates }: { readonly deletes: boolean; readonly updates: boolean }): void {
    const { onDelete, onUpdate } = key;
    const both = deletes && updates && onDelete !== onUpdate;
    const known = !both && !(updates && onUpdate === 'c');
    this.#events.push({ kind: 'orphans', key, action: known ? (deletes ? onDelete : onUpdate) : undefined });
  }

  async #handle(event: Event): Promise<void> {
    if (event.kind === 'check') return this.#check(event.check);
    const { key, action } = event;
    if (action === undefined) return this.#refuseOrphans(key);
    const gone: Check = { kind: 'gone', key, keys: event.kind === 'act' ? event.keys : 'all' };
    if (action === 'a') return this.#check(gone);
    await note(this.#context, gone);
    if (action === 'r') return check(this.#context, gone, false);
    if (event.kind === 'act') {
      const portionOf = [...portions(event.keys)];
      const portionTo = event.to === undefined ? [] : [...portions(event.to)];
      for (const [at, keys] of portionOf.entries()) {
        const condition = hasKey(childName, key.columns, keys, key.referenced);
        await this.#act(key, action, condition, portionTo[at] === undefined ? undefined : { keys, to: portionTo[at] });
      }
    } else await this.#act(key, action, isOrphan(key), undefined);
    // Rows that had the default already refer to what is gone.
    if (action === 'd') await check(this.#context, gone);
  }

  /** Raises 0A000: what refers to them can't follow rows that are not known. */
  async #refuseOrphans(key: ForeignKey): Promise<void> {
    await note(this.#context, { kind: 'gone', key, keys: 'all' });
    const found = await this.#context.connection.run(
      `SELECT 1 FROM ${pathOf(key.child)} AS ${childName} WHERE ${isOrphan(key)} LIMIT 1`,
    );
    if (found.rowCount > 0)
      throw errors.featureNotSupported(
        `following foreign key "${key.name}" after this kind of statement`,
        'Change rows that others refer to with UPDATE or DELETE.',
      );
  }

  /** Changes the rows that refer to what is gone. `moved`: keys and what they are now, for ON UPDATE CASCADE. */
  async #act(
    key: ForeignKey,
    action: KeyAction,
    condition: string,
    moved: { readonly keys: readonly Key[]; readonly to: readonly Key[] } | undefined,
  ): Promise<void> {
    const table = `${pathOf(key.child)} AS ${childName}`;
    const changed = moved === undefined ? key.setColumns : names(key.columns);
    if (action === 'n' || action === 'd') {
      const value = action === 'n' ? 'NULL' : 'DEFAULT';
      const sets = changed.map((name) => `${quoteIdentifier(name)} = ${value}`).join(', ');
      return this.#nested(key, `UPDATE ${table} SET ${sets} WHERE ${condition}`);
    }
    if (moved === undefined) return this.#nested(key, `DELETE FROM ${table} WHERE ${condition}`);
    const typed = [...key.referenced, ...key.referenced];
    const rows = moved.keys.map((from, at) => [...from, ...moved.to[at]!]);
    const count = key.columns.length;
    const sets = key.columns.map(
      ({ name, type }, at) => `${quoteIdentifier(name)} = CAST(k.c${count + at} AS ${type})`,
    );
    const equal = key.columns.map(({ name }, at) => `${childName}.${quoteIdentifier(name)} = k.c${at}`);
    return this.#nested(
      key,
      `UPDATE ${table} SET ${sets.join(', ')} FROM ${keyList(rows, typed)} WHERE ${equal.join(' AND ')}`,
    );
  }

  async #nested(key: ForeignKey, sql: string): Promise<void> {
    const [statement] = splitStatements(sql);
    // It reads what it writes, and what was written before it.
    const write = { ...parseWrite(statement!), reads: [], returning: false };
    try {
      await this.#statement(write, sql, key.child);
    } catch (error) {
      const path = [key.child.schema, key.child.name].map(quoteIdentifier);
      throw error instanceof SluiceError ? await withConstraint(this.#context, error, path) : error;
    }
  }

  async #check(waiting: Check): Promise<void> {
    const { keys } = this.#context.transaction;
    await note(this.#context, waiting);
    if (keys.isDeferred(waiting.key)) keys.defer(copied(waiting));
    else await check(this.#context, waiting);
  }
}

/** Whether a statement on the table can have to do with its foreign keys, or those of others. */
export function touchesKeys(keys: ForeignKeys, { verb }: Write, sql: string, place: TablePlace): boolean {
  const own = keys.of(place);
  const referring = keys.to(place);
  if (verb === 'delete') return referring.length > 0;
  if (verb === 'copy' || (verb === 'insert' && own.length > 0)) return own.length > 0;
  if (verb === 'insert') return /\b(conflict|replace)\b/i.test(sql);
  const set = verb === 'update' ? updateParts(sql)?.items.map(({ column }) => column) : undefined;
  if (set === undefined) return own.length > 0 || referring.length > 0;
  return own.some((key) => uses(key.columns, set)) || referring.some((key) => uses(key.referenced, set));
}

/** A text that is too long to be taken apart, and changes rows that are there. */
function isOpaque({ verb }: Write, sql: string): boolean {
  return verb === 'insert' && sql.length > longestInsert && /\bdo\s+update\b|\bor\s+replace\b/i.test(sql);
}

/** The list of a check that waits is added to. 'added' rows are not known any more at the end. */
function copied(waiting: Check): Check {
  const keys = waiting.keys === 'added' ? 'all' : waiting.keys;
  return { ...waiting, keys: typeof keys === 'string' ? keys : [...keys] } as Check;
}

function columnsOf(lists: readonly (readonly KeyColumn[])[]): readonly string[] {
  return [...new Set(lists.flatMap(names))];
}

function picked(rows: readonly Key[], columns: readonly string[], wanted: readonly KeyColumn[]): readonly Key[] {
  const places = wanted.map(({ name }) => columns.indexOf(name));
  return rows.map((row) => places.map((place) => row[place]!));
}

function uses(columns: readonly KeyColumn[], set: readonly string[]): boolean {
  return columns.some(({ name }) => set.some((each) => sameName(each, name)));
}

function textRows(rows: readonly (readonly unknown[])[]): readonly Key[] {
  return rows.map((row) => row.map((value) => (value === null ? null : String(value))));
}

/** Raises 54000. */
function limited(rows: readonly Key[]): readonly Key[] {
  if (rows.length > maxRemovedKeys)
    throw errors.limitExceeded(`more than ${maxRemovedKeys} rows that others may refer to`, 'Change fewer at a time.');
  return rows;
}
