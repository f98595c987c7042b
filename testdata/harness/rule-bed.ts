import { expect } from 'vitest';
import { printQuery } from '../../planner/algebra/print-rel.ts';
import type { RelQuery } from '../../planner/algebra/rel.ts';
import { columnTypes } from '../../planner/algebra/types.ts';
import { printQuery as printNode } from '../../planner/sql/print.ts';
import { DuckdbWorld, fakeTable } from './duckdb-world.ts';
import { RelTrees } from './rel-trees.ts';

/** Columns of the tables `__scan0` … `__scan3`. */
const columns = { a: 'INTEGER', b: 'INTEGER', s: 'VARCHAR', x: 'DOUBLE', l: 'INTEGER[]' };

const tables = Array.from({ length: 4 }, (_, n) => ({ name: `__scan${n}`, table: fakeTable(`t${n}`, columns) }));

/** Trees over small tables, rewritten by a rule: what comes out as SQL, and that it gives the rows of what went in. */
export class RuleBed {
  readonly world: DuckdbWorld;
  readonly trees: RelTrees;

  private constructor(world: DuckdbWorld) {
    this.world = world;
    this.trees = new RelTrees(world);
  }

  static async open(): Promise<RuleBed> {
    const setup = tables.map(
      ({ name }, n) => `CREATE TABLE ${name} AS
        SELECT CASE WHEN i % 7 = 6 THEN NULL ELSE (i * ${n + 3}) % 11 END AS a, CAST(i AS INTEGER) AS b,
          's' || (i % 3) AS s, i / 4 AS x, [i, i + 1] AS l FROM (SELECT CAST(range AS INTEGER) AS i FROM range(20))`,
    );
    return new RuleBed(await DuckdbWorld.open(setup.join(';\n')));
  }

  close(): void {
    this.world.close();
  }

  sql(query: RelQuery): Promise<string> {
    return printNode(
      this.world,
      printQuery(query, (occurrence) => tables[occurrence]!.name),
    );
  }

  /** The text after the rule; fails when its rows are others than before. */
  async after(rule: (query: RelQuery) => RelQuery, query: RelQuery): Promise<string> {
    const bound = { occurrences: tables.map(({ table }) => ({ table })) };
    const typed = { ...query, types: await columnTypes(query, { bound, world: this.world } as never) };
    const text = await this.sql(rule(typed));
    expect(await this.#rows(text)).toEqual(await this.#rows(await this.sql(query)));
    return text;
  }

  async #rows(sql: string): Promise<readonly string[]> {
    return (await this.world.rows(sql, [])).map((row) => row.map(String).join(' ')).sort();
  }
}
