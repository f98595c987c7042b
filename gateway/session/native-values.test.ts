import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawClient } from '../../testdata/harness/raw-client.ts';
import { WireServer } from '../../testdata/harness/wire-server.ts';
import { parameterLiteral } from '../../worker/rows/decode-parameter.ts';
import { nativeValues } from './native-values.ts';

const literal = (text: string | null, type: string) =>
  parameterLiteral(text === null ? null : Buffer.from(text), 0, 0, type);

describe('values that are bound as they are', () => {
  it.each([
    ['7', 'INTEGER'],
    ['-9223372036854775808', 'BIGINT'],
    ['1.5e3', 'DOUBLE'],
    ['t', 'BOOLEAN'],
    ["it's 'x' AS y)", 'VARCHAR'],
  ])('%s of %s', (text, type) => {
    expect(nativeValues([literal(text, type)])?.map((value) => value.type)).toEqual([type]);
  });

  it.each([
    [null, 'INTEGER'],
    ['1.5', 'DECIMAL(5,2)'],
    ['NaN', 'DOUBLE'],
    ['{1,2}', 'INTEGER[]'],
    ['2024-01-01', 'DATE'],
  ])('%s of %s is not', (text, type) => {
    expect(nativeValues([literal('1', 'INTEGER'), literal(text, type)])).toBeUndefined();
  });
});

describe('a prepared statement', () => {
  let server: WireServer;
  let client: RawClient;

  beforeAll(async () => {
    server = await WireServer.start({});
    client = await RawClient.connect(server.port);
  });
  afterAll(async () => {
    await client.close();
    await server.stop();
  });

  const prepare = async (name: string, text: string) => {
    client.socket.write(Buffer.concat([serialize.parse({ name, text }), serialize.sync()]));
    await client.answer();
  };
  const execute = async (statement: string, ...values: (string | null)[]) => {
    client.socket.write(Buffer.concat([serialize.bind({ statement, values }), serialize.execute(), serialize.sync()]));
    return (await client.answer()).rows.map((row) => row.map((cell) => cell?.toString() ?? null));
  };

  it('gives each execution its own values', async () => {
    await prepare('s', 'SELECT $1::int + 1, $2::text, $3::bool, $4::float8, $5::bigint, $1');
    for (const n of [1, -5, 2147483646]) {
      const text = `it's ${n} $1 🦆`;
      const sent = [String(n), text, 'f', '0.1', '9007199254740993'];
      expect(await execute('s', ...sent)).toEqual([[String(n + 1), text, 'f', '0.1', '9007199254740993', String(n)]]);
    }
    expect(await execute('s', null, null, null, null, null)).toEqual([[null, null, null, null, null, null]]);
    expect(await execute('s', '1', '', 't', '-0', '0')).toEqual([['2', '', 't', '-0', '0', '1']]);
  });

  it('tells errors of a value, and goes on', async () => {
    await prepare('d', 'SELECT 10 / $1::int, $2::text::int');
    expect(await execute('d', '5', '3')).toEqual([['2', '3']]);
    await expect(execute('d', '5', 'x')).rejects.toMatchObject({ code: '22P02' });
    await expect(execute('d', '2147483648', '3')).rejects.toMatchObject({ code: '22003' });
    expect(await execute('d', '2', '3')).toEqual([['5', '3']]);
  });

  it('sees tables as they are now, and values in LIMIT', async () => {
    await client.query('CREATE TABLE nt AS SELECT i::INTEGER AS i FROM range(10) r(i)');
    await prepare('l', 'SELECT i FROM nt WHERE i >= $1 ORDER BY i LIMIT 2');
    expect(await execute('l', '3')).toEqual([['3'], ['4']]);
    await client.query('DELETE FROM nt WHERE i = 3');
    expect(await execute('l', '3')).toEqual([['4'], ['5']]);
    await prepare('o', 'SELECT $1::int LIMIT $2');
    expect(await execute('o', '3', '1')).toEqual([['3']]);
    expect(await execute('o', '3', '0')).toEqual([]);
    await client.query('DROP TABLE nt');
    await expect(execute('l', '3')).rejects.toMatchObject({ code: '42P01' });
  });
});
