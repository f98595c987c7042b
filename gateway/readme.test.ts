/** The examples of the README, run against a gateway over a small edition of the demo's data. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { splitStatements } from '../planner/sql/lexer.ts';
import { ensureDemoData } from './cli/demo-data.ts';
import { tableText } from './cli/table-text.ts';
import { WireClient } from './cli/wire-client.ts';
import { configWith } from './config/load.ts';
import { type Gateway, startGateway } from './main.ts';
import { silentLog } from './observe/log.ts';

/** An example has several statements: machines may be busy. */
vi.setConfig({ testTimeout: 120_000 });

const readme = readFileSync(resolve(import.meta.dirname, '../README.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'sluice-readme-'));
const data = join(folder, 'data');
let gateway: Gateway;
let client: WireClient;

interface Example {
  readonly sql: string;
  /** The printed answer, when there is one. */
  readonly answer: string | undefined;
}

function examples(): readonly Example[] {
  const pattern = /<!-- example -->\n```sql\n([\s\S]*?)```\n(?:\n```text\n([\s\S]*?)```\n)?/g;
  return [...readme.matchAll(pattern)].map((match) => ({
    sql: match[1]!.replaceAll('.sluice/demo/data', data),
    answer: match[2],
  }));
}

beforeAll(async () => {
  await ensureDemoData(data, { months: 24, filesPerMonth: 2, rowsPerFile: 1_000 });
  // The small edition is scattered as the whole one would be.
  const config = { listen: '127.0.0.1:0', http: '127.0.0.1:0', state: join(folder, 'state'), data: [data] };
  gateway = await startGateway(configWith({ ...config, directMaxBytes: 0 }), silentLog());
  client = await WireClient.connect(gateway.listen);
});

afterAll(async () => {
  client?.close();
  await gateway?.close();
  rmSync(folder, { recursive: true });
});

it('has examples', () => {
  expect(examples().length).toBeGreaterThan(3);
});

it.each(examples())('$sql', async ({ sql, answer }) => {
  for (const { text } of splitStatements(sql)) {
    const { columns, rows } = await client.query(text);
    if (columns.length > 0) expect(rows.length).toBeGreaterThan(0);
    // Numbers differ with the size of the data, names and strategies do not.
    if (answer !== undefined) {
      const printed = answer.split('\n');
      const now = tableText(columns, rows);
      expect(printed[0]?.trim().split(/\s*\|\s*/)).toEqual(now[0]?.trim().split(/\s*\|\s*/));
      const strategy = (lines: readonly string[]) => lines.filter((line) => line.trim().startsWith('strategy:'));
      expect(strategy(now)).toEqual(strategy(printed));
    }
  }
});
