import { expect, it } from 'vitest';
import { makeLog } from './log.ts';

function logged(write: (log: ReturnType<typeof makeLog>) => void): readonly Record<string, unknown>[] {
  const lines: string[] = [];
  write(makeLog({ level: 'info', destination: { write: (line: string) => void lines.push(line) } }));
  return lines.map((line) => JSON.parse(line));
}

it('hides secrets at every level that is logged', () => {
  const text = JSON.stringify(
    logged((log) => {
      log.info({ token: 'hush', user: 'ann' }, 'joined');
      log.info({ options: { password: 'hush', tls: { key: 'hush' } } }, 'options');
      log.child({ room: 'fleet' }).info({ token: 'hush' });
    }),
  );
  expect(text).not.toContain('hush');
  expect(text).toContain('ann');
});

it('writes JSON lines with time and level name, and errors with their stack', () => {
  const [line] = logged((log) => {
    log.debug('not shown');
    log.error({ error: new Error('broken') }, 'task failed');
  });
  expect(line).toMatchObject({ level: 'error', msg: 'task failed', error: { message: 'broken' } });
  expect(line?.time).toMatch(/^\d{4}-\d\d-\d\dT/);
  expect(JSON.stringify(line)).toContain('log.test.ts');
});
