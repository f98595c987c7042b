import type { DuckDBType } from '@duckdb/node-api';
import { errors } from '../../planner/errors.ts';
import { parameterLiteral } from '../../worker/rows/decode-parameter.ts';
import { pgType } from '../../worker/rows/pg-types.ts';
import { parseType } from '../../worker/rows/types.ts';
import type { FrontendMessage } from './client.ts';
import type { Runnable, Shape } from './context.ts';
import { maxPreparedStatements } from './limits.ts';

/** What Parse made. */
export interface PreparedStatement {
  readonly name: string;
  /** Undefined: the empty query. */
  readonly runnable: Runnable | undefined;
  readonly shape: Shape;
  /** As told by ParameterDescription: the client's own where it gave one. */
  readonly parameterOids: readonly number[];
  readonly created: Date;
  /** The text of PREPARE; undefined: a Parse message made it. */
  readonly prepareText: string | undefined;
}

/** Statements by name; '' is the unnamed one. */
export class PreparedStatements {
  readonly #byName = new Map<string, PreparedStatement>();

  [Symbol.iterator](): IterableIterator<PreparedStatement> {
    return this.#byName.values();
  }

  /** @throws SluiceError 42P05, 54000 */
  checkName(name: string): void {
    if (name !== '' && this.#byName.has(name)) {
      throw errors.duplicateStatement(name);
    }
    if (this.#byName.size >= maxPreparedStatements) {
      throw errors.limitExceeded(
        `more than ${maxPreparedStatements} prepared statements`,
        'DEALLOCATE those that are not needed.',
      );
    }
  }

  /** `prepareText`: of the statement PREPARE, when that made it. */
  set(name: string, runnable: Runnable | undefined, shape: Shape, prepareText?: string): void {
    const parameterOids = shape.parameterTypes.map(
      (type, index) =>
        runnable?.parameterOids[index] || (shape.parameterOids?.get(index + 1) ?? pgType(parseType(type)).oid),
    );
    this.#byName.set(name, { name, runnable, shape, parameterOids, created: new Date(), prepareText });
  }

  /** @throws SluiceError 26000 */
  get(name: string): PreparedStatement {
    const found = this.#byName.get(name);
    if (found === undefined) {
      throw errors.undefinedStatement(name);
    }
    return found;
  }

  /** Undefined: all. Unknown names are no error, as for Close. */
  delete(name: string | undefined): void {
    if (name === undefined) {
      this.#byName.clear();
    } else {
      this.#byName.delete(name);
    }
  }
}

/** SQL literals of Bind's values. Raises 08P01 for a wrong number of them, 22P02 and 22P03 for what can't be read. */
export function boundLiterals(
  statement: PreparedStatement,
  message: Extract<FrontendMessage, { kind: 'bind' }>,
): readonly string[] {
  const { parameters, parameterFormats } = message;
  const { parameterTypes } = statement.shape;
  if (parameters.length !== parameterTypes.length) {
    throw errors.protocolViolation(
      `bind message supplies ${parameters.length} parameters, but prepared statement "${statement.name}" requires ${parameterTypes.length}`,
    );
  }
  return parameters.map((value, index) => {
    const format = parameterFormats[parameterFormats.length === 1 ? 0 : index] === 1 ? 1 : 0;
    return parameterLiteral(value, format, statement.parameterOids[index]!, parameterTypes[index]!);
  });
}

/** True when two answers have the same types on the wire. */
export function sameWireTypes(a: readonly DuckDBType[], b: readonly DuckDBType[]): boolean {
  return (
    a.length === b.length && a.every((type, index) => type === b[index] || pgType(type).oid === pgType(b[index]!).oid)
  );
}
