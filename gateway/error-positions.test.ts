/** Errors of names and syntax: the same SQLSTATE, hint and position in the client's own text from every strategy. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Bench, closeBench, openBench } from '../testdata/harness/bench-cases.ts';
import { WireError } from '../testdata/harness/raw-client.ts';

let bench: Bench | undefined;
beforeAll(async () => {
  bench = await openBench({ data: 'small', setup: [] });
});
afterAll(async () => {
  if (bench !== undefined) await closeBench(bench);
});

/** `^` marks the place of the error and is taken out. */
const texts: readonly { readonly text: string; readonly code: string; readonly hint?: string }[] = [
  { text: 'SELECT ^amout FROM flat', code: '42703', hint: 'amount' },
  { text: 'SELECT sum(^amout) FROM flat GROUP BY color', code: '42703', hint: 'amount' },
  { text: "SELECT 'ä🦆', '🦆🦆', ^amout FROM flat", code: '42703', hint: 'amount' },
  { text: "SELECT 'ä🦆' FROM ^flatt", code: '42P01', hint: 'flat' },
  { text: '/*+ strategy(gather) partitions(2) */ SELECT id FROM flat WHERE ^colr = 1', code: '42703', hint: 'color' },
  {
    text: '-- first ü\n/* second 🦆 */ SELECT id\nFROM flat\nWHERE id = 1 AND ^colr = 1',
    code: '42703',
    hint: 'color',
  },
  { text: 'SELECT id FROM ^evnts JOIN flat USING (id)', code: '42P01', hint: 'events' },
  { text: 'SELECT ^f.colr FROM flat f', code: '42703', hint: 'f.color' },
  { text: 'SELECT ^flatt.id FROM flat', code: '42P01', hint: 'flat' },
  { text: "SELECT 1; SELECT 'ü🦆'; SELECT ^amout FROM flat", code: '42703', hint: 'amount' },
  { text: "SELECT 'ü🦆', 2; SELECT count(*) FROM flat FRM ^users", code: '42601' },
  { text: "SELECT id, 'ä🦆' FROM flat WHERE ^)", code: '42601' },
  { text: '/*+ strategy(two_phase) */ SELECT id FROM flat GRUP ^BY id', code: '42601' },
];

for (const { text, code, hint } of texts) {
  it(text.replaceAll('\n', ' '), async () => {
    const sql = text.replace('^', '');
    const position = [...text.slice(0, text.indexOf('^'))].length + 1;
    for (const strategy of ['auto', 'direct', 'pushdown', 'two_phase', 'gather']) {
      await bench!.client.query(`SET sluice.strategy = ${strategy}`);
      const error = await bench!.client.query(sql).catch((reason: unknown) => reason);
      expect(error, strategy).toBeInstanceOf(WireError);
      const { fields } = error as WireError;
      const told = `${strategy}: ${JSON.stringify([...fields])}`;
      expect(fields.get('C'), told).toBe(code);
      expect(fields.get('P'), told).toBe(String(position));
      if (hint !== undefined) expect(fields.get('H'), told).toContain(`"${hint}"`);
    }
  });
}
