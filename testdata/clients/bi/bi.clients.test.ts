/**
 * What Metabase, Superset, DBeaver, Power BI (Npgsql), Tableau and Grafana ask: forms of their queries, each on a real gateway and on
 * PostgreSQL 15, as text and in binary. In a file a line of comment names the statement below it; an empty line ends it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClientBed } from '../../harness/client-bed.ts';
import { clientsFolder } from '../../harness/client-tools.ts';
import { type RawAnswer, RawClient } from '../../harness/raw-client.ts';

interface Asked {
  readonly name: string;
  readonly sql: string;
}

const folder = join(clientsFolder, 'bi');
const textOf = (file: string) => readFileSync(join(folder, file), 'utf8').trim();
const files = readdirSync(folder).filter((name) => name.endsWith('.sql') && name !== 'setup.sql');

function statementsOf(file: string): readonly Asked[] {
  return textOf(file)
    .split(/\n\n+/)
    .map((block) => {
      const [name, ...lines] = block.split('\n');
      return { name: name!.replace(/^-- /, ''), sql: lines.join('\n') };
    });
}

const firstOwnOid = 16_384;
const oid = 26;
const [text, float8] = [25, 701];
/** Types that go out as others: varchar, regproc, name and numbers of numeric division (ARCHITECTURE.md, "Differences from PostgreSQL"). */
const told: Readonly<Record<number, number>> = { 1043: text, 24: text, 1700: float8 };

const toldAs: ReadonlySet<number> = new Set(Object.values(told));

/** Without what is each server's own: OIDs of what users made. */
function comparable({ fields, rows, tags }: RawAnswer, binary: boolean) {
  return {
    tags,
    names: fields.map(({ name }) => name),
    // Types that users made are enums here: they go out as text.
    types: fields.map((field) => (field.oid >= firstOwnOid ? text : (told[field.oid] ?? field.oid))),
    rows: rows.map((row) =>
      row.map((cell, index) => {
        if (cell === null) return null;
        const field = fields[index]!;
        const value = binary ? cell.toString('hex') : cell.toString();
        if (field.oid === oid) {
          const number = binary ? cell.readUInt32BE() : Number(value);
          return number >= firstOwnOid ? 'own' : number;
        }
        const otherType = field.oid >= firstOwnOid || told[field.oid] !== undefined || toldAs.has(field.oid);
        return binary && otherType ? '' : value;
      }),
    ),
  };
}

describe('BI tools', () => {
  let bed: ClientBed;
  let clients: readonly RawClient[];

  beforeAll(async () => {
    bed = await ClientBed.start();
    const ports = [bed.gateway.port, ...(bed.postgres === null ? [] : [bed.postgres.port])];
    clients = await Promise.all(ports.map((port) => RawClient.connect(port, { TimeZone: 'UTC' })));
    for (const client of clients)
      for (const statement of textOf('setup.sql').split('\n')) await client.query(statement);
  });
  afterAll(async () => {
    for (const client of clients ?? []) await client.close();
    await bed?.stop();
  });

  const all = files.flatMap((file) => statementsOf(file).map(({ name, sql }) => [`${file}: ${name}`, sql] as const));
  it.each(all)('%s', async (_name, sql) => {
    // A cursor moves, a table is made once.
    const once = /^(?:fetch|begin|close|create|insert|drop)\b/i.test(sql);
    for (const protocol of once ? (['simple'] as const) : (['simple', 'binary'] as const)) {
      // Both to the end, also when one fails: an answer that is left over would be read as that of the next statement.
      const answers = await Promise.allSettled(clients.map((client) => client.query(sql, protocol)));
      const [ours, theirs] = answers.map((answer) => {
        if (answer.status === 'rejected') throw answer.reason;
        return comparable(answer.value, protocol === 'binary');
      });
      if (theirs !== undefined) expect(ours).toEqual(theirs);
    }
  });
});
