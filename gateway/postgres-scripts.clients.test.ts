/** The golden scripts in testdata/wire/postgres on a real PostgreSQL 15: what they expect is what it answers. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../testdata/bench/postgres-server.ts';
import { repositoryRoot } from '../testdata/harness/cache.ts';
import { hasProgram } from '../testdata/harness/client-tools.ts';
import { freePort } from '../testdata/harness/gateway-process.ts';
import { RawClient } from '../testdata/harness/raw-client.ts';
import { parseScript, runScript } from '../testdata/harness/wire-script.ts';

const folder = join(repositoryRoot, 'testdata/wire/postgres');
const names = readdirSync(folder).filter((name) => name.endsWith('.wire'));

describe.skipIf(!hasProgram('/usr/lib/postgresql/15/bin/postgres'))('PostgreSQL 15 answers', () => {
  let postgres: PostgresServer | null;
  beforeAll(async () => {
    postgres = await startPostgres(await freePort());
  });
  afterAll(() => postgres?.stop());

  it.each(names)('%s', async (name) => {
    const steps = parseScript(readFileSync(join(folder, name), 'utf8'), 'postgres');
    const connect = () => RawClient.connect(postgres!.port, { database: 'postgres' });
    await runScript(connect, steps, async ({ socket }, bytes) => {
      socket.write(bytes);
    });
  });
});
