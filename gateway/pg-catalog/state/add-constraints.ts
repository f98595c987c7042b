import { addComment, classOid, type StateBuilder, schemaName } from './build-state.ts';
import type { DeclaredConstraint } from './declared.ts';
import { indexItems, sqlName, unquoted } from './definition-text.ts';
import { type CatalogRow, wellKnown } from './dynamic-rows.ts';
import { attributeType, type EnumOids } from './local-types.ts';
import type { LocalConstraint } from './read-metadata.ts';

/** What pg_class says of a table because of its constraints and indexes. */
export type TableFacts = ReadonlyMap<string, CatalogRow>;

interface Index {
  readonly database: string;
  readonly schema: string;
  readonly table: string;
  readonly name: string;
  readonly items: readonly string[];
  readonly unique: boolean;
  readonly primary: boolean;
}

const referenceWords: Readonly<Record<string, string>> = {
  'PRIMARY KEY': 'p',
  UNIQUE: 'u',
  'FOREIGN KEY': 'f',
  CHECK: 'c',
};

/** What data sets are in, here. */
const dataSets = 'data';

const actionWords: Readonly<Record<string, string>> = { c: 'CASCADE', n: 'SET NULL', d: 'SET DEFAULT', r: 'RESTRICT' };

const textClass = 3126;
/** OIDs of btree's default operator classes by those of types. */
const operatorClasses: Readonly<Record<number, number>> = {
  ...{ 16: 10003, 17: 10006, 20: 3124, 21: 1979, 23: 1978, 25: textClass, 700: 10012, 701: 3123, 1082: 3122 },
  ...{ 1083: 10038, 1114: 3128, 1184: 3127, 1186: 10022, 1700: 3125, 2950: 10065 },
};

/** OIDs of the catalogs themselves. */
const pgClass = 1259;
const pgConstraint = 2606;

/** A row of pg_depend: that one object needs the other. */
function depends(classid: number, objid: number, refclassid: number, refobjid: number): CatalogRow {
  return { classid, objid, objsubid: 0, refclassid, refobjid, refobjsubid: 0, deptype: 'n' };
}

function key(owner: { database: string; schema: string }, table: string): string {
  return JSON.stringify([owner.database, owner.schema, table]);
}

/** PostgreSQL's name for a constraint that was given none. `type`: pg_constraint.contype. */
export function constraintName(
  { type, table, columns }: { readonly type: string; readonly table: string; readonly columns: readonly string[] },
  taken: Set<string>,
): string {
  const ending = type === 'u' ? 'key' : type === 'c' ? 'check' : 'fkey';
  const named = type === 'c' && columns.length > 1 ? [] : columns;
  const base = type === 'p' ? `${table}_pkey` : `${[table, ...named].join('_')}_${ending}`;
  let name = base;
  for (let number = 1; taken.has(name); number++) name = `${base}${number}`;
  taken.add(name);
  return name;
}

class Constraints {
  readonly #builder: StateBuilder;
  readonly #enums: EnumOids;
  /** Numbers and types of columns by table and name. */
  readonly #numbers = new Map<string, Map<string, { readonly number: number; readonly type: string }>>();
  /** Indexes of keys, by table and columns: what foreign keys refer to. */
  readonly #keys = new Map<string, number>();
  readonly facts = new Map<string, { relhasindex: boolean; relchecks: number; relhastriggers: boolean }>();

  constructor(builder: StateBuilder, enums: EnumOids) {
    this.#builder = builder;
    this.#enums = enums;
    for (const column of builder.input.metadata.columns) {
      const at = key(column, column.table);
      const numbers = this.#numbers.get(at) ?? new Map<string, { number: number; type: string }>();
      numbers.set(column.name.toLowerCase(), { number: numbers.size + 1, type: column.type });
      this.#numbers.set(at, numbers);
    }
    for (const { schema, name, columns } of builder.input.datasets) {
      const numbers = columns.map(
        ({ name: column, type }, index) => [column.toLowerCase(), { number: index + 1, type }] as const,
      );
      this.#numbers.set(key({ database: dataSets, schema }, name), new Map(numbers));
    }
  }

  #fact(owner: { database: string; schema: string }, table: string) {
    const at = key(owner, table);
    let found = this.facts.get(at);
    if (found === undefined) {
      found = { relhasindex: false, relchecks: 0, relhastriggers: false };
      this.facts.set(at, found);
    }
    return found;
  }

  /** 0: no plain column. */
  #number(owner: { database: string; schema: string }, table: string, name: string): number {
    return this.#numbers.get(key(owner, table))?.get(name.toLowerCase())?.number ?? 0;
  }

  /** A data set may refer to a local table. */
  #numberThere(owner: { database: string; schema: string }, table: string, name: string): number {
    const found = this.#number(owner, table, name);
    return found === 0 && owner.database === dataSets
      ? this.#number({ ...owner, database: 'local' }, table, name)
      : found;
  }

  /** The default one of btree for a column's type. */
  #operatorClass(index: Index, item: string): number {
    const column = this.#numbers.get(key(index, index.table))?.get(unquoted(item).toLowerCase());
    return operatorClasses[attributeType(column?.type ?? 'VARCHAR', this.#enums).oid] ?? textClass;
  }

  /** The columns of an index are attributes of its own. */
  #attributes(oid: number, index: Index): void {
    for (const [position, item] of index.items.entries()) {
      const name = unquoted(item);
      const column = this.#numbers.get(key(index, index.table))?.get(name.toLowerCase());
      const { oid: type, typmod } = attributeType(column?.type ?? 'VARCHAR', this.#enums);
      const attname = column === undefined ? (/^(\w+)\(/.exec(item)?.[1] ?? 'expr') : name;
      this.#builder.rows.add('pg_attribute', {
        attrelid: oid,
        attname,
        atttypid: type,
        attnum: position + 1,
        atttypmod: typmod,
        attnotnull: false,
        atthasdef: false,
      });
    }
  }

  index(index: Index): number {
    const { rows, oids } = this.#builder;
    const { database, schema, table, name, items } = index;
    const oid = oids.of('class', schemaName(database, schema), name);
    const relation = classOid(this.#builder, database, schema, table);
    const keys = items.map((item) => this.#number(index, table, unquoted(item)));
    const expressions = items.filter((_, position) => keys[position] === 0);
    rows.add('pg_class', {
      oid,
      relname: name,
      relnamespace: this.#builder.namespace(database, schema),
      reltype: 0,
      relfilenode: oid,
      relam: wellKnown.btree,
      relkind: 'i',
      relnatts: items.length,
      reltuples: 0,
      relpersistence: database === 'temp' ? 't' : 'p',
      relreplident: 'n',
    });
    rows.add('pg_index', {
      indexrelid: oid,
      indrelid: relation,
      indnatts: items.length,
      indnkeyatts: items.length,
      indisunique: index.unique,
      indisprimary: index.primary,
      indkey: keys,
      indcollation: keys.map(() => 0),
      indclass: items.map((item) => this.#operatorClass(index, item)),
      indoption: keys.map(() => 0),
      indexprs: expressions.length === 0 ? null : expressions.join(', '),
    });
    const columns = items.map((item, position) => (keys[position] === 0 ? item : sqlName(unquoted(item))));
    const where = `${sqlName(schemaName(database, schema))}.${sqlName(table)}`;
    const definition = `CREATE ${index.unique ? 'UNIQUE ' : ''}INDEX ${sqlName(name)} ON ${where} USING btree (${columns.join(', ')})`;
    rows.add('index_texts', { oid, definition, columns });
    this.#fact(index, table).relhasindex = true;
    this.#attributes(oid, index);
    if (index.unique) this.#keys.set(JSON.stringify([relation, keys]), oid);
    return oid;
  }

  constraint(constraint: LocalConstraint, taken: Set<string>, declared: DeclaredConstraint | undefined): void {
    const { rows, oids } = this.#builder;
    const { database, schema, table, type, columns } = constraint;
    const named = { type: referenceWords[type]!, table, columns };
    const name = declared?.name ?? constraintName(named, taken);
    const oid = oids.of('constraint', schemaName(database, schema), table, name);
    const relation = classOid(this.#builder, database, schema, table);
    const list = (names: readonly string[]) => names.map(sqlName).join(', ');
    const numbers = columns.map((column) => this.#number(constraint, table, column));
    const common = {
      oid,
      conname: name,
      connamespace: this.#builder.namespace(database, schema),
      contype: referenceWords[type]!,
      conrelid: relation,
      conkey: numbers,
      condeferrable: declared?.deferrable ?? false,
      condeferred: declared?.deferred ?? false,
    };
    for (const number of numbers)
      rows.add('pg_depend', {
        ...depends(pgConstraint, oid, pgClass, relation),
        refobjsubid: number,
        deptype: 'a',
      });
    let definition = `${type} (${list(columns)})`;
    if (type === 'PRIMARY KEY' || type === 'UNIQUE') {
      const items = columns.map(sqlName);
      const own = { database, schema, table, name, items, unique: true, primary: type === 'PRIMARY KEY' };
      const index = this.index(own);
      rows.add('pg_constraint', { ...common, conindid: index });
      rows.add('pg_depend', { ...depends(pgClass, index, pgConstraint, oid), deptype: 'i' });
    } else if (type === 'FOREIGN KEY') {
      const target = constraint.referencedTable ?? '';
      const there = { database, schema: constraint.referencedSchema ?? schema };
      const referenced = classOid(this.#builder, there.database, there.schema, target);
      const numbersThere = constraint.referencedColumns.map((column) => this.#numberThere(there, target, column));
      const { onDelete = 'a', onUpdate = 'a', setColumns } = declared ?? {};
      const prefix = there.schema === schema ? '' : `${sqlName(there.schema)}.`;
      definition += ` REFERENCES ${prefix}${sqlName(target)}(${list(constraint.referencedColumns)})`;
      if (declared?.full) definition += ' MATCH FULL';
      if (actionWords[onUpdate]) definition += ` ON UPDATE ${actionWords[onUpdate]}`;
      if (actionWords[onDelete]) definition += ` ON DELETE ${actionWords[onDelete]}`;
      if (setColumns !== undefined) definition += ` (${list(setColumns)})`;
      const index = this.#keys.get(JSON.stringify([referenced, numbersThere]));
      if (index !== undefined) rows.add('pg_depend', depends(pgConstraint, oid, pgClass, index));
      for (const number of numbersThere)
        rows.add('pg_depend', { ...depends(pgConstraint, oid, pgClass, referenced), refobjsubid: number });
      rows.add('pg_constraint', {
        ...common,
        conindid: index ?? 0,
        confrelid: referenced,
        confupdtype: onUpdate,
        confdeltype: onDelete,
        confmatchtype: declared?.full ? 'f' : 's',
        ...(declared?.notValid ? { convalidated: false } : {}),
        ...(setColumns === undefined
          ? {}
          : { confdelsetcols: setColumns.map((column) => this.#number(constraint, table, column)) }),
        confkey: numbersThere,
      });
      this.#fact(constraint, table).relhastriggers = true;
      this.#fact(there, target).relhastriggers = true;
    } else {
      definition = `CHECK (${constraint.expression ?? ''})`;
      rows.add('pg_constraint', { ...common, conbin: constraint.expression, connoinherit: false });
      this.#fact(constraint, table).relchecks++;
    }
    if (database === dataSets) definition += ' NOT ENFORCED';
    if (declared?.deferrable) definition += declared.deferred ? ' DEFERRABLE INITIALLY DEFERRED' : ' DEFERRABLE';
    if (declared?.notValid) definition += ' NOT VALID';
    rows.add('constraint_texts', { oid, definition });
  }
}

/** Those whose columns are there. */
function keysOfDataSets({ input }: StateBuilder): readonly LocalConstraint[] {
  return input.datasets.flatMap(({ schema, name: table, keys = [], columns }) => {
    const has = (column: string) => columns.some(({ name }) => name === column);
    return keys
      .filter((each) => each.columns.every(has))
      .map(({ name, kind, columns: own, references }) => ({
        database: dataSets,
        schema,
        table,
        type: kind,
        text: '',
        expression: null,
        columns: own,
        referencedTable: references?.table ?? null,
        referencedColumns: references?.columns ?? [],
        ...(references === null ? {} : { referencedSchema: references.schema }),
        declaredName: name,
      }));
  });
}

/** Constraints, their indexes, and indexes of their own. */
export function addConstraints(builder: StateBuilder, enums: EnumOids): TableFacts {
  const { metadata } = builder.input;
  const constraints = new Constraints(builder, enums);
  const taken = new Map<string, Set<string>>();
  const declared = new Map(metadata.tables.map((each) => [key(each, each.name), each.declared?.constraints ?? []]));
  const checks = new Map<string, number>();
  // Keys first: foreign keys refer to their indexes.
  const isForeign = ({ type }: LocalConstraint) => Number(type === 'FOREIGN KEY');
  const all: LocalConstraint[] = [...metadata.constraints, ...keysOfDataSets(builder)];
  for (const constraint of all.sort((a, b) => isForeign(a) - isForeign(b))) {
    const at = key(constraint, constraint.table);
    const names = taken.get(at) ?? new Set();
    taken.set(at, names);
    const type = referenceWords[constraint.type];
    const place = checks.get(at) ?? 0;
    if (type === 'c') checks.set(at, place + 1);
    const columns = type === 'c' ? String(place) : constraint.columns.join().toLowerCase();
    const own = declared.get(at);
    const { declaredName: name } = constraint;
    const found =
      name === undefined
        ? own?.find((each) => each.type === type && each.columns.join() === columns)
        : (own?.find((each) => each.type === type && each.name === name) ?? { type: type as 'p', columns: [], name });
    constraints.constraint(constraint, names, found);
  }
  for (const { database, schema, table, name, unique, sql, comment } of metadata.indexes) {
    const items = indexItems(sql ?? '');
    const oid = constraints.index({ database, schema, table, name, items, unique, primary: false });
    addComment(builder, oid, 1259, comment);
  }
  return constraints.facts;
}
