import { errors } from '../../../planner/errors.ts';
import { type Statement, splitStatements } from '../../../planner/sql/lexer.ts';

/** The statement that begins within another one (EXPLAIN, DECLARE, PREPARE), placed as in the client's text. Raises 42601 where there is none. */
export function innerStatement(statement: Statement, innerStart: number): Statement {
  const inner = splitStatements(statement.text.slice(innerStart))[0];
  if (inner === undefined) {
    throw errors.syntax('syntax error at end of input', statement.startCharacter + statement.text.length + 1);
  }
  const before = [...statement.text.slice(0, innerStart)].length;
  return {
    ...inner,
    hints: statement.hints,
    start: statement.start + innerStart + inner.start,
    startCharacter: statement.startCharacter + before + inner.startCharacter,
  };
}
