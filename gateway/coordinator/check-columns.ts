import type { DuckDBType } from '@duckdb/node-api';
import { errors } from '../../planner/errors.ts';
import type { OutputColumn } from '../../planner/plan/plan.ts';
import { parseType, typeText } from '../../worker/rows/types.ts';

/** Checks the types of one result. Raises `internal`. */
export type ColumnCheck = (types: readonly DuckDBType[]) => void;

/**
 * Holds what ran against what the plan promised: the client was told the plan's types, so rows of other types would be read as garbage.
 * `what` names the result in the message.
 */
export function makeColumnCheck(columns: readonly OutputColumn[], what: string): ColumnCheck {
  const promised = columns.map(({ type }) => typeText(parseType(type)));
  return (types) => {
    if (types.length !== promised.length)
      throw errors.internal(`${what} has ${types.length} columns, the plan says ${promised.length}`);
    for (const [index, type] of types.entries()) {
      const given = typeText(type);
      if (given !== promised[index])
        throw errors.internal(
          `column "${columns[index]?.name}" of ${what} has type ${given}, the plan says ${promised[index]}`,
        );
    }
  };
}
