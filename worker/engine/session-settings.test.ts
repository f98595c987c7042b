import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionSettings } from '../../planner/plan/plan.ts';
import { settingsSql, statementTimeSql } from './session-settings.ts';

let instance: DuckDBInstance;
let connection: DuckDBConnection;

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:');
  connection = await instance.connect();
});
afterAll(() => instance.closeSync());

const settings: SessionSettings = {
  timeZone: 'Asia/Tokyo',
  nullOrder: 'nulls_last_on_asc_first_on_desc',
  integerDivision: true,
  statementTimeMicros: '1700000000123456',
};
const row = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson()[0];

describe('settingsSql', () => {
  it('sets everything, each time', async () => {
    const sql =
      "SELECT current_setting('TimeZone'), 7 / 2, (SELECT x FROM (VALUES (1), (NULL)) v(x) ORDER BY x DESC LIMIT 1)";
    await connection.run(settingsSql(settings));
    expect(await row(sql)).toEqual(['Asia/Tokyo', 3, null]);
    await connection.run(
      settingsSql({ ...settings, timeZone: 'UTC', nullOrder: 'nulls_last', integerDivision: false }),
    );
    expect(await row(sql)).toEqual(['UTC', 3.5, 1]);
  });

  it('leaves other connections of the instance alone', async () => {
    const other = await instance.connect();
    await connection.run(settingsSql(settings));
    expect((await other.runAndReadAll('SELECT 7 / 2')).getRows()).toEqual([[3.5]]);
  });

  it('quotes the time zone', async () => {
    await expect(connection.run(settingsSql({ ...settings, timeZone: "x'; SELECT 1; --" }))).rejects.toThrow(
      /TimeZone/,
    );
  });
});

describe('statementTimeSql', () => {
  const names = [
    ['now()', '2023-11-14 22:13:20.123456+00', 'TIMESTAMP WITH TIME ZONE'],
    ['current_timestamp', '2023-11-14 22:13:20.123456+00', 'TIMESTAMP WITH TIME ZONE'],
    ['transaction_timestamp()', '2023-11-14 22:13:20.123456+00', 'TIMESTAMP WITH TIME ZONE'],
    ['current_date', '2023-11-15', 'DATE'],
    ['today()', '2023-11-15', 'DATE'],
    ['current_time', '07:13:20.123456+09', 'TIME WITH TIME ZONE'],
    ['localtimestamp', '2023-11-15 07:13:20.123456', 'TIMESTAMP'],
    ['localtime', '07:13:20.123456', 'TIME'],
  ];
  it.each(names)('%s is the time of the statement', async (name, value, type) => {
    await connection.run(settingsSql(settings));
    await connection.run(statementTimeSql(settings, `SELECT ${name}`));
    expect(await row(`SELECT ${name}::VARCHAR, typeof(${name})`)).toEqual([
      value?.replace('22:13', '07:13').replace('-14 07', '-15 07').replace('+00', '+09'),
      type,
    ]);
    const other = await instance.connect();
    const real = (await other.runAndReadAll(`SELECT ${name}::VARCHAR, typeof(${name})`)).getRows()[0];
    expect(real?.[0]).not.toContain('2023-');
    expect(real?.[1]).toBe(type);
  });

  it('covers age() and keeps its other form', async () => {
    await connection.run(statementTimeSql(settings, 'SELECT age(x)'));
    expect(
      await row(
        "SELECT age(TIMESTAMP '2023-11-01')::VARCHAR, age(TIMESTAMP '2020-01-02', TIMESTAMP '2020-01-01')::VARCHAR",
      ),
    ).toEqual(['14 days', '1 day']);
  });

  it('is empty where the text names no time, and refuses what is no number', () => {
    expect(statementTimeSql(settings, 'SELECT sum(x) FROM t')).toBe('');
    expect(statementTimeSql(settings, 'SELECT page, known, localhost FROM __stage0')).toBe('');
    for (const name of ['NOW()', 'Today()', '"now"()', 'x.age(y)', 'current_localtime()', 'get_current_time()'])
      expect(statementTimeSql(settings, `SELECT ${name}`)).toContain('CREATE OR REPLACE TEMP MACRO');
    expect(() => statementTimeSql({ ...settings, statementTimeMicros: '0); DROP' }, 'SELECT now()')).toThrow();
  });
});
