import type { SQLValueFunction } from '../../../planner/sql/postgres.ts';
import type { Expr } from './expr.ts';
import { typeOids } from './type-facts.ts';
import { unprintable } from './unprintable.ts';

/** Values of the moment and the session, by their names in SQL. */
const types: Readonly<Record<string, number>> = {
  CURRENT_DATE: typeOids.date,
  CURRENT_TIME: typeOids.timetz,
  CURRENT_TIMESTAMP: typeOids.timestamptz,
  LOCALTIME: typeOids.time,
  LOCALTIMESTAMP: typeOids.timestamp,
  CURRENT_ROLE: typeOids.name,
  CURRENT_USER: typeOids.name,
  USER: typeOids.name,
  SESSION_USER: typeOids.name,
  CURRENT_CATALOG: typeOids.name,
  CURRENT_SCHEMA: typeOids.name,
};

export function readValueFunction({ op, typmod = -1 }: SQLValueFunction): Expr {
  const name = (op ?? '').replace(/^SVFOP_/, '');
  const plain = name.replace(/_N$/, '');
  const type = types[plain] ?? unprintable(`the value ${name}`);
  if (plain === name) return { kind: 'value function', text: plain, type, typmod: -1 };
  return { kind: 'value function', text: `${plain}(${typmod})`, type, typmod };
}
