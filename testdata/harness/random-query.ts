/** Seeded random queries over the data set `small`: the same seed gives the same query. */
import { randomNumbers } from './random-numbers.ts';

export interface RandomQuery {
  readonly sql: string;
  /** Sums of DOUBLE are in it. */
  readonly tolerance: boolean;
}

type Kind = 'integer' | 'decimal' | 'double' | 'text' | 'boolean' | 'date' | 'time';

interface Column {
  readonly name: string;
  readonly kind: Kind;
  /** Few enough values to group by. */
  readonly narrow: boolean;
  readonly literals: readonly string[];
}

const column = (name: string, kind: Kind, narrow: boolean, ...literals: string[]): Column => ({
  name,
  kind,
  narrow,
  literals,
});

const eventColumns: readonly Column[] = [
  column('id', 'integer', false, '0', '17', '2999', '3000', '8999', '19990', '19990.5', "'42'"),
  column('user_id', 'integer', true, '0', '13', '96', '500'),
  column('amount', 'integer', false, '0', '31', '500', '990', '1000'),
  column('price', 'decimal', false, '0', '100.5', '9999.99', '5000'),
  column('color', 'text', true, "'red'", "'blue'", "''", "'Ärger'", "'nope'"),
  column('big', 'integer', false, '0', '4611686018427380000', '9223372036854775807'),
  column('ratio', 'double', false, '0', '100.25', '2857'),
  column('flag', 'boolean', true, 'true', 'false'),
  column('day', 'date', true, "'2024-02-29'", "DATE '2024-06-01'", "'2025-02-03'"),
  column('seen', 'time', false, "TIMESTAMP '2024-03-01 00:00:00'", "'2024-12-31'", "DATE '2024-07-01'"),
];

const hiveColumns: readonly Column[] = [
  column('region', 'text', true, "'EU'", "'US'", "'ASIA'", "'none'", "'F'"),
  column('year', 'integer', true, '2023', '2024', '2025', "'2023'"),
];

interface Source {
  readonly from: string;
  readonly columns: readonly Column[];
}

const qualified = (alias: string, columns: readonly Column[]): readonly Column[] =>
  columns.map((item) => ({ ...item, name: `${alias}.${item.name}` }));

const userColumns: readonly Column[] = [
  column('name', 'text', true, "'user 1'", "'user 50'"),
  column('team', 'integer', true, '1', '2', '3'),
];

const single: readonly Source[] = [
  { from: 'events', columns: [...eventColumns, ...hiveColumns] },
  { from: 'flat', columns: eventColumns },
  { from: 'events e', columns: qualified('e', [...eventColumns, ...hiveColumns]) },
  {
    from: 'sales_csv',
    columns: eventColumns.filter(({ name }) => ['id', 'amount', 'color', 'day'].includes(name)),
  },
  { from: 'drift', columns: eventColumns.filter(({ name }) => ['id', 'amount', 'color'].includes(name)) },
];

const joined: readonly Source[] = [
  ...['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'].map((join) => ({
    from: `flat f ${join} users u ON f.user_id = u.user_id AND u.team > 1`,
    columns: [...qualified('f', eventColumns), ...qualified('u', userColumns)],
  })),
  {
    from: 'events e JOIN users u USING (user_id)',
    columns: [...qualified('e', [...eventColumns, ...hiveColumns]), ...qualified('u', userColumns)],
  },
  {
    from: 'users u LEFT JOIN teams t ON u.team = t.team',
    columns: [...qualified('u', userColumns), column('t.title', 'text', true, "'Alpha'")],
  },
];

/** The query of a seed. */
export function randomQuery(seed: number): RandomQuery {
  return new Generator(randomNumbers(seed)).query();
}

class Generator {
  readonly #random: () => number;
  #tolerance = false;

  constructor(random: () => number) {
    this.#random = random;
  }

  query(): RandomQuery {
    const source = this.#pick(this.#chance(0.8) ? single : joined);
    const sql = this.#chance(0.65) ? this.#grouped(source) : this.#plain(source);
    return { sql, tolerance: this.#tolerance };
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)]!;
  }

  #some<T>(list: readonly T[], least: number, most: number): readonly T[] {
    const rest = [...list];
    const count = Math.min(rest.length, least + this.#below(most - least + 1));
    return Array.from({ length: count }, () => rest.splice(this.#below(rest.length), 1)[0]!);
  }

  #grouped(source: Source): string {
    const keys = this.#some(source.columns, 0, 2).map((item) => this.#key(item));
    const aggregates = Array.from({ length: 1 + this.#below(4) }, () => this.#aggregate(source));
    const items = [...keys.map((key, i) => `${key} AS k${i}`), ...aggregates.map((call, i) => `${call} AS a${i}`)];
    const groups = this.#pick([keys, keys.map((_, i) => `k${i}`), keys.map((_, i) => String(i + 1))]);
    const form = this.#chance(0.15) ? `ROLLUP (${groups.join(', ')})` : groups.join(', ');
    const having = this.#chance(0.25) ? this.#having(source) : '';
    const names = items.map((_, i) => (i < keys.length ? `k${i}` : `a${i - keys.length}`));
    const group = keys.length === 0 ? '' : this.#chance(0.15) ? ' GROUP BY ALL' : ` GROUP BY ${form}`;
    const distinct = this.#chance(0.1) ? 'DISTINCT ' : '';
    return `SELECT ${distinct}${items.join(', ')} FROM ${source.from}${this.#where(source)}${group}${having}${this.#tail(names)}`;
  }

  #plain(source: Source): string {
    const columns = this.#some(source.columns, 1, 4);
    const items = columns.map((item, i) => `${this.#value(item)} AS c${i}`);
    const names = items.map((_, i) => `c${i}`);
    const distinct = this.#chance(0.35) ? 'DISTINCT ' : '';
    const other = distinct === '' && this.#chance(0.2) ? [this.#pick(source.columns).name] : [];
    return `SELECT ${distinct}${items.join(', ')} FROM ${source.from}${this.#where(source)}${this.#tail(names, other)}`;
  }

  /** Something to group by. */
  #key(item: Column): string {
    if (item.narrow && this.#chance(0.7)) return item.name;
    if (item.kind === 'integer') return `${item.name} % ${this.#pick(['7', '100', '3'])}`;
    if (item.kind === 'text') return this.#pick([`upper(${item.name})`, `length(${item.name})`, item.name]);
    if (item.kind === 'decimal') return `floor(${item.name} / 1000)`;
    if (item.kind === 'double') return `${item.name} > 1000`;
    if (item.kind === 'boolean') return `NOT ${item.name}`;
    return this.#pick([`date_trunc('month', ${item.name})`, `extract(dow FROM ${item.name})`]);
  }

  #value(item: Column): string {
    if (this.#chance(0.7)) return item.name;
    if (item.kind === 'integer')
      return this.#pick([
        `${item.name} / 3`,
        `${item.name} % 10`,
        `-(${item.name} % 50)`,
        `coalesce(${item.name}, -1)`,
      ]);
    if (item.kind === 'decimal' || item.kind === 'double')
      return this.#pick([`${item.name} * 2`, `round(${item.name})`, `CAST(${item.name} AS INTEGER)`]);
    if (item.kind === 'text')
      return this.#pick([`lower(${item.name})`, `${item.name} || 'x'`, `coalesce(${item.name}, '-')`]);
    return this.#key(item);
  }

  #aggregate(source: Source): string {
    const call = this.#call(source);
    return this.#chance(0.15) ? `${call} FILTER (WHERE ${this.#predicate(source)})` : call;
  }

  #call(source: Source): string {
    const item = this.#pick(source.columns);
    const { name, kind } = item;
    const distinct = this.#chance(0.12) && item.narrow ? 'DISTINCT ' : '';
    const general = ['count(*)', `count(${distinct}${name})`, `min(${name})`, `max(${name})`];
    if (this.#chance(0.08)) return `approx_count_distinct(${name})`;
    if (kind === 'boolean')
      return this.#pick([...general, `bool_and(${name})`, `bool_or(${name})`, `count_if(${name})`]);
    if (kind === 'text' || kind === 'date' || kind === 'time') return this.#pick(general);
    // Years lie so close together that the deviation loses all its digits but twelve.
    if (!name.endsWith('year') && this.#chance(0.15)) {
      this.#tolerance = true;
      return this.#pick([`stddev(${name})`, `var_pop(${name})`, `stddev_pop(${name} / 3)`]);
    }
    if (kind === 'double') this.#tolerance = true;
    const sum = this.#chance(0.2) ? `sum(${name} + 1)` : `sum(${distinct}${name})`;
    const exact = kind === 'integer' ? [`bit_xor(${name})`, `bit_and(${name})`, `median(${name})`] : [];
    return this.#pick([...general, sum, `avg(${distinct}${name})`, `avg(${name})`, ...exact]);
  }

  #having(source: Source): string {
    const item = this.#pick(source.columns);
    return ` HAVING ${this.#pick([`count(*) > ${this.#pick(['0', '10', '500'])}`, `max(${item.name}) IS NOT NULL`, `min(${item.name}) < ${this.#pick(item.literals)}`])}`;
  }

  #where(source: Source): string {
    if (this.#chance(0.35)) return '';
    const parts = Array.from({ length: 1 + this.#below(3) }, () => this.#predicate(source));
    return ` WHERE ${parts.reduce((left, right) => `${left} ${this.#pick(['AND', 'AND', 'OR'])} ${right}`)}`;
  }

  #predicate(source: Source): string {
    const item = this.#pick(source.columns);
    const { name, kind, literals } = item;
    const literal = () => this.#pick(literals);
    if (kind === 'boolean' && this.#chance(0.6)) return this.#pick([name, `NOT ${name}`, `${name} IS NOT TRUE`]);
    const forms = [
      () => `${name} ${this.#pick(['=', '<>', '<', '<=', '>', '>='])} ${literal()}`,
      () => `${name} ${this.#pick(['=', '<', '>'])} ${literal()}`,
      () => `${literal()} ${this.#pick(['=', '<', '>='])} ${name}`,
      () => `${name} IS ${this.#pick(['', 'NOT '])}NULL`,
      () => `${name} ${this.#pick(['', 'NOT '])}IN (${literal()}, ${literal()}${this.#chance(0.2) ? ', NULL' : ''})`,
      () => `${name} ${this.#pick(['', 'NOT '])}BETWEEN ${literal()} AND ${literal()}`,
      () => `NOT (${name} ${this.#pick(['=', '<', '>'])} ${literal()})`,
      // One DuckDB is wrong where such a comparison stands under OR and whole files are NULL, as in drift.
      () => `${name} IS ${source.from === 'drift' ? 'NOT ' : this.#pick(['', 'NOT '])}DISTINCT FROM ${literal()}`,
      () => (kind === 'text' ? `${name} LIKE ${this.#pick(["'%e%'", "'r%'", "'_U'"])}` : `${name} = ${literal()}`),
      () => `(${this.#predicate(source)} OR ${this.#predicate(source)})`,
    ];
    return this.#pick(forms)();
  }

  /** ORDER BY, LIMIT and OFFSET; `names` are output columns, `other` may only be sorted by. */
  #tail(names: readonly string[], other: readonly string[] = []): string {
    if (this.#chance(0.25)) return '';
    const directions = ['', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST'];
    const keys = this.#chance(0.7) ? names : this.#some(names, 1, names.length);
    const order = keys.map(
      (name) => `${this.#chance(0.1) ? String(names.indexOf(name) + 1) : name}${this.#pick(directions)}`,
    );
    const whole = [...order, ...other];
    if (this.#chance(0.6)) return ` ORDER BY ${whole.join(', ')}`;
    const limit = this.#pick(['1', '5', '20', '1000', '0']);
    const offset = this.#chance(0.3) ? ` OFFSET ${this.#pick(['1', '7', '3000', '90000'])}` : '';
    return ` ORDER BY ${whole.join(', ')} LIMIT ${limit}${offset}`;
  }
}
