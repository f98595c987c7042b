/** Types that untyped parameters are told to have: the statements of testdata/postgres/described on PostgreSQL 15 and on Sluice. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../testdata/bench/postgres-server.ts';
import { hasProgram } from '../testdata/harness/client-tools.ts';
import { freePort } from '../testdata/harness/gateway-process.ts';
import { setupStatements, statementsFolder } from '../testdata/harness/postgres-statements.ts';
import { errorFields, RawClient } from '../testdata/harness/raw-client.ts';
import { WireServer } from '../testdata/harness/wire-server.ts';

/** One statement per line; `-- differs: why` stands before one that is known to differ. */
const lines = readFileSync(join(statementsFolder, 'described/parameters.sql'), 'utf8').split('\n');

/** OIDs of the parameters, or the SQLSTATE. */
async function described(client: RawClient, text: string): Promise<string> {
  const messages = [
    serialize.parse({ text, types: [] }),
    serialize.describe({ type: 'S', name: '' }),
    serialize.sync(),
  ];
  client.socket.write(Buffer.concat(messages));
  let seen = '';
  for (;;) {
    const { type, body } = await client.next();
    if (type === 't') seen = Array.from({ length: body.readInt16BE(0) }, (_, i) => body.readInt32BE(2 + 4 * i)).join();
    else if (type === 'E') seen = errorFields(body).get('C')!;
    else if (type === 'Z') return seen;
  }
}

describe.skipIf(!hasProgram('/usr/lib/postgresql/15/bin/postgres'))('Untyped parameters', () => {
  let postgres: PostgresServer | null = null;
  let sluice: WireServer;
  let clients: readonly [RawClient, RawClient];
  beforeAll(async () => {
    postgres = await startPostgres(await freePort());
    sluice = await WireServer.start({});
    clients = [await RawClient.connect(postgres!.port, { database: 'postgres' }), await RawClient.connect(sluice.port)];
    for (const client of clients) for (const sql of setupStatements()) await client.query(sql);
  });
  afterAll(async () => {
    for (const client of clients ?? []) await client.close();
    await sluice?.stop();
    await postgres?.stop();
  });

  it('have the types that PostgreSQL gives them', async () => {
    const [theirs, ours] = clients;
    const found: Record<string, { postgres: string; sluice: string }> = {};
    const known: string[] = [];
    for (const [index, line] of lines.entries()) {
      if (line === '' || line.startsWith('--')) continue;
      if (lines[index - 1]?.startsWith('-- differs:')) known.push(line);
      const [postgres, sluice] = [await described(theirs, line), await described(ours, line)];
      if (postgres !== sluice) found[line] = { postgres, sluice };
    }
    expect(Object.fromEntries(Object.entries(found).filter(([line]) => !known.includes(line)))).toEqual({});
    expect(known.filter((line) => found[line] === undefined)).toEqual([]);
  });
});
