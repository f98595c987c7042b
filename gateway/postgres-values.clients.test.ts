/**
 * Values, names, types and errors as PostgreSQL has them: the statements of testdata/postgres on both. With DIFFERENCES=FILE all
 * differences, known ones included, are written there.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../testdata/bench/postgres-server.ts';
import { repositoryRoot } from '../testdata/harness/cache.ts';
import { hasProgram } from '../testdata/harness/client-tools.ts';
import { freePort } from '../testdata/harness/gateway-process.ts';
import {
  type CheckedStatement,
  checkedStatements,
  describeDifference,
  differences,
  type Observed,
  observe,
  setupStatements,
} from '../testdata/harness/postgres-statements.ts';
import { RawClient } from '../testdata/harness/raw-client.ts';
import { WireServer } from '../testdata/harness/wire-server.ts';

interface Compared {
  readonly statement: CheckedStatement;
  readonly theirs: Observed;
  readonly ours: Observed;
}

const same = ({ statement, theirs, ours }: Compared) => {
  const known = statement.known?.aspects ?? [];
  return [...differences(theirs, ours)].sort().join() === [...known].sort().join();
};

describe.skipIf(!hasProgram('/usr/lib/postgresql/15/bin/postgres'))('PostgreSQL 15 and Sluice', () => {
  let postgres: PostgresServer | null = null;
  let sluice: WireServer;
  const compared: Compared[] = [];

  beforeAll(async () => {
    postgres = await startPostgres(await freePort());
    sluice = await WireServer.start({});
    const theirs = await RawClient.connect(postgres!.port, { database: 'postgres', TimeZone: 'UTC' });
    const ours = await RawClient.connect(sluice.port, { TimeZone: 'UTC' });
    for (const sql of setupStatements()) {
      await theirs.query(sql);
      await ours.query(sql);
    }
    for (const statement of checkedStatements())
      compared.push({ statement, theirs: await observe(theirs, statement), ours: await observe(ours, statement) });
    await theirs.close();
    await ours.close();
    const report = process.env.DIFFERENCES;
    if (report !== undefined) writeFileSync(report, reportOf(compared));
  });
  afterAll(async () => {
    await sluice?.stop();
    await postgres?.stop();
  });

  it('are compared by many statements', () => {
    expect(compared.length).toBeGreaterThan(400);
  });

  it('differ only where it is known, and there still do', () => {
    const wrong = compared.filter((one) => !same(one));
    expect(wrong.map(({ statement, theirs, ours }) => describeDifference(statement, theirs, ours))).toEqual([]);
  });

  it('differ for reasons that are documented', () => {
    const text = readFileSync(join(repositoryRoot, 'ARCHITECTURE.md'), 'utf8');
    const section = text.split('## Differences from PostgreSQL')[1] ?? '';
    const reasons = new Set(compared.flatMap(({ statement }) => statement.known?.reason ?? []));
    expect([...reasons].filter((reason) => !section.includes(`| ${reason} |`))).toEqual([]);
  });
});

function reportOf(all: readonly Compared[]): string {
  const differing = all.filter(({ theirs, ours }) => differences(theirs, ours).length > 0);
  const told = differing.map(({ statement, theirs, ours }) => describeDifference(statement, theirs, ours));
  return `${[`${all.length - differing.length} of ${all.length} statements agree`, ...told].join('\n\n')}\n`;
}
