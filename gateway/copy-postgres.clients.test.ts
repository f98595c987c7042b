/** COPY beside PostgreSQL 15: the same statements and bytes to both, the same answers and errors from both. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serialize } from 'pg-protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../testdata/bench/postgres-server.ts';
import { repositoryRoot } from '../testdata/harness/cache.ts';
import { type CopyAnswer, runCopy } from '../testdata/harness/copy-client.ts';
import { freePort } from '../testdata/harness/gateway-process.ts';
import { localPlanner } from '../testdata/harness/local-planner.ts';
import { RawClient } from '../testdata/harness/raw-client.ts';
import { WireServer } from '../testdata/harness/wire-server.ts';

interface Case {
  readonly sql: string;
  /** UTF-8 text, or `hex:...`. */
  readonly data?: string;
  readonly fail?: string;
  /** What is compared of an error; all, when left out. `message`: detail and hint may differ; `sqlstate`: the message too. */
  readonly compare?: 'sqlstate' | 'message';
}

interface Group {
  readonly name: string;
  /** `postgres: ` and `sluice: ` before a statement of one of them. */
  readonly setup: readonly string[];
  /** Read after each case, which is rolled back. */
  readonly show: string | null;
  readonly cases: readonly Case[];
}

const groups = JSON.parse(readFileSync(join(repositoryRoot, 'testdata/copy/cases.json'), 'utf8')) as readonly Group[];

function bytesOf(data: string): Buffer {
  return data.startsWith('hex:') ? Buffer.from(data.slice(4).replaceAll(' ', ''), 'hex') : Buffer.from(data);
}

/** Whole, byte by byte, and in three parts. */
function pieces(data: Buffer, way: number): readonly Buffer[] {
  if (way === 0) return [data];
  if (way === 1) return Array.from(data, (byte) => Buffer.from([byte]));
  const third = Math.ceil(data.length / 3);
  return [data.subarray(0, third), data.subarray(third, 2 * third), data.subarray(2 * third)];
}

function seen({ data, error, responses, ...rest }: CopyAnswer, compare: Case['compare']) {
  const { sqlstate, message, context } = error ?? {};
  const shown =
    error === null || compare === undefined
      ? error
      : compare === 'sqlstate'
        ? sqlstate
        : { sqlstate, message, context };
  // PostgreSQL answers COPY TO before its query has begun.
  return {
    ...rest,
    responses: error === null ? responses : [],
    error: shown,
    data: data.map((message) => message.toString('latin1')),
  };
}

describe('COPY beside PostgreSQL', () => {
  let postgres: PostgresServer | null = null;
  let server: WireServer;

  beforeAll(async () => {
    postgres = await startPostgres(await freePort());
    server = await WireServer.start({ planner: localPlanner });
  });
  afterAll(async () => {
    await server?.stop();
    await postgres?.stop();
  });

  it.each(groups.map((group) => [group.name, group] as const))('%s', async (_name, group) => {
    if (postgres === null) return;
    const clients = [
      await RawClient.connect(postgres.port, { database: 'postgres' }),
      await RawClient.connect(server.port),
    ];
    for (const [index, client] of clients.entries()) {
      const [own, other] = index === 0 ? ['postgres: ', 'sluice: '] : ['sluice: ', 'postgres: '];
      for (const sql of group.setup) if (!sql.startsWith(other)) await client.query(sql.replace(own, ''));
    }
    const differences: unknown[] = [];
    for (const one of group.cases) {
      for (const way of one.data === undefined ? [0] : [0, 1, 2]) {
        const answers: unknown[] = [];
        for (const client of clients) {
          await client.query('BEGIN');
          const answer = await runCopy(client, one.sql, pieces(bytesOf(one.data ?? ''), way), one.fail);
          let rows: unknown = null;
          if (answer.error === null && group.show !== null) {
            rows = (await client.query(group.show)).rows.map((row) =>
              row.map((cell) => cell?.toString('latin1') ?? null),
            );
          }
          await client.query('ROLLBACK');
          answers.push({ ...seen(answer, one.compare), rows });
        }
        try {
          expect(answers[1]).toEqual(answers[0]);
        } catch {
          differences.push({ sql: one.sql, data: one.data, way, postgres: answers[0], sluice: answers[1] });
        }
      }
    }
    for (const client of clients) await client.close();
    expect(differences).toEqual([]);
  });

  it('tells how far it is, in pg_stat_progress_copy', async () => {
    if (postgres === null) return;
    const seenOf = async (port: number, database: string) => {
      const copying = await RawClient.connect(port, { database });
      const looking = await RawClient.connect(port, { database });
      await copying.query('CREATE TABLE progressing (i INTEGER, s TEXT)');
      const look = `SELECT command, type, relid::regclass::text, datname = current_database(), bytes_processed, bytes_total, tuples_processed,
        tuples_excluded FROM pg_stat_progress_copy WHERE pid = ${copying.processId}`;
      const seen: unknown[] = [];
      for (const [sql, lines] of [
        ['COPY progressing FROM STDIN', ['1\tone\n2\ttwo\n', '3\tthree\n4\t']],
        ['COPY progressing (i) FROM STDIN (FORMAT csv)', ['1\n', '2\n3\n4']],
      ] as const) {
        copying.socket.write(serialize.query(sql));
        while ((await copying.next()).type !== 'G');
        let sent = 0;
        for (const line of lines) {
          copying.socket.write(serialize.copyData(Buffer.from(line)));
          sent += line.length;
          let told: readonly (string | undefined)[] = [];
          while (told[4] !== String(sent))
            told = ((await looking.query(look)).rows[0] ?? []).map((cell) => cell?.toString());
          seen.push(told);
        }
        copying.socket.write(serialize.copyFail('enough'));
        await expect(copying.answer()).rejects.toMatchObject({ code: '57014' });
        seen.push((await looking.query(look)).rows.length);
      }
      await looking.close();
      await copying.close();
      return seen;
    };
    const ours = await seenOf(server.port, 'sluice');
    expect(ours).toEqual(await seenOf(postgres.port, 'postgres'));
    expect(ours[1]).toEqual(['COPY FROM', 'PIPE', 'progressing', 't', '22', '0', '3', '0']);
  });
});
