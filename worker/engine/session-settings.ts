import { errors } from '../../planner/errors.ts';
import type { SessionSettings } from '../../planner/plan/plan.ts';
import { quoteLiteral } from './quote.ts';

const nullOrders: Record<SessionSettings['nullOrder'], string> = {
  nulls_last: 'NULLS_LAST',
  nulls_last_on_asc_first_on_desc: 'NULLS_LAST_ON_ASC_FIRST_ON_DESC',
};

/**
 * The statements that make one connection answer as the session asked. Every setting is written each time, so that a connection that
 * served another session keeps nothing of it. Only `SET SESSION`: plain SET would change every connection of the instance.
 */
export function settingsSql(settings: SessionSettings): string {
  return [
    `SET SESSION TimeZone = ${quoteLiteral(settings.timeZone)}`,
    `SET SESSION default_null_order = '${nullOrders[settings.nullOrder]}'`,
    `SET SESSION integer_division = ${settings.integerDivision}`,
  ].join('; ');
}

/** Whole words, so that `__stage0` doesn't cost the macros of `age`. */
const mentionsTime =
  /\b(?:now|today|age|transaction_timestamp|(?:get_)?current_(?:date|(?:local)?time(?:stamp)?)|localtime(?:stamp)?)\b/i;

/**
 * Makes now() and its kin give the statement's time on this connection, in the session's time zone, however many connections and tasks run
 * the statement: temporary macros of the same names win over DuckDB's functions. Empty when `sql` names none of them (it costs 3 ms).
 */
export function statementTimeSql(settings: SessionSettings, sql: string): string {
  if (!mentionsTime.test(sql)) return '';
  if (!/^-?\d{1,19}$/.test(settings.statementTimeMicros)) throw errors.internal('statement time is not a number');
  const now = `make_timestamptz(CAST(${settings.statementTimeMicros} AS BIGINT))`;
  const local = `CAST(${now} AS TIMESTAMP)`;
  const today = `CAST(${now} AS DATE)`;
  const macros = [
    `now() AS ${now}`,
    `get_current_timestamp() AS ${now}`,
    `transaction_timestamp() AS ${now}`,
    `current_date() AS ${today}`,
    `today() AS ${today}`,
    `get_current_time() AS CAST(${now} AS TIMETZ)`,
    `current_localtimestamp() AS ${local}`,
    `current_localtime() AS CAST(${local} AS TIME)`,
    `age(x) AS system.main.age(CAST(${today} AS TIMESTAMP), x), (x, y) AS system.main.age(x, y)`,
  ];
  return macros.map((macro) => `CREATE OR REPLACE TEMP MACRO ${macro}`).join('; ');
}

/** What a task is of the partitions that a query is divided into by hints. */
export interface PartitionPlace {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/** What runs as a whole. */
export const wholePlace: PartitionPlace = { index: 0, count: 1 };

const mentionsPartition = /\bpartition_(?:index|count)\b/i;

/** Makes partition_index() and partition_count() give a task's place on this connection. Empty when `sql` names neither. */
export function partitionPlaceSql({ index, count }: PartitionPlace, sql: string): string {
  return mentionsPartition.test(sql) ? partitionMacros({ index, count }, 'OR REPLACE TEMP ', '').join('; ') : '';
}

/** The statements that make them for good, in `schema`: without hints a query is one partition. */
export function wholePartitionSql(schema: string): string {
  return partitionMacros(wholePlace, '', `${schema}.`).join('; ');
}

function partitionMacros({ index, count }: PartitionPlace, how: string, schema: string): readonly string[] {
  return [
    `CREATE ${how}MACRO ${schema}partition_index() AS CAST(${index} AS INTEGER)`,
    `CREATE ${how}MACRO ${schema}partition_count() AS CAST(${count} AS INTEGER)`,
  ];
}
