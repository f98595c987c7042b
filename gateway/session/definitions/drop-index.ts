import { errors } from '../../../planner/errors.ts';
import { quoteIdentifier, quoteLiteral } from '../../../worker/engine/quote.ts';
import type { Write } from '../commands/write-target.ts';
import type { SessionContext } from '../context.ts';
import { foreignKeys } from '../keys/known-keys.ts';
import { nameOf } from './drop-tables.ts';
import { sameNames, uniqueKeys } from './foreign-constraints.ts';
import { readTable } from './table-state.ts';

/** A unique index may be what foreign keys refer to. Raises 2BP01; else DuckDB drops it. */
export async function checkDroppedIndexes(context: SessionContext, write: Write): Promise<undefined> {
  const keys = await foreignKeys(context);
  if (keys.all.length === 0) return undefined;
  for (const { schema, name } of write.objects) {
    const within = schema === undefined ? '' : ` AND lower(schema_name) = ${quoteLiteral(schema.toLowerCase())}`;
    const found = await context.connection.run(
      `SELECT schema_name, table_name FROM duckdb_indexes() WHERE is_unique AND lower(index_name) = ${quoteLiteral(name.toLowerCase())}${within}`,
    );
    for (const [of, table] of await found.getRows()) {
      const state = await readTable(
        context,
        [of, table].map((part) => quoteIdentifier(String(part))),
      );
      if (state === undefined) continue;
      const indexes = state.indexes.filter((index) => index.name.toLowerCase() !== name.toLowerCase());
      const left = uniqueKeys({ text: state.text, indexes });
      const needed = keys.to(state).filter(({ referenced }) => {
        const columns = referenced.map((column) => column.name);
        return !left.some((each) => sameNames(each.columns, columns));
      });
      const detail = needed.map((key) => `${nameOf(context, key)} depends on index ${name}`).join('\n');
      if (needed.length > 0) throw errors.dependents(`index ${name}`, detail);
    }
  }
  return undefined;
}
