import { spawnSync } from 'node:child_process';
import { getPriority, setPriority } from 'node:os';
import { expect, it } from 'vitest';
import { atUsualPriority, raiseEventLoop } from './event-loop-priority.ts';

/** May this process be less nice than it is? */
function mayRaise(): boolean {
  const own = getPriority(process.pid);
  try {
    setPriority(process.pid, own - 1);
  } catch {
    return false;
  }
  setPriority(process.pid, own);
  return true;
}

it.runIf(process.platform === 'linux')(
  'raises the event loop where that is permitted, and nothing that it begins',
  () => {
    const usual = getPriority(process.pid);
    const raised = mayRaise() ? usual - 10 : usual;
    const niceOfChild = () => Number(spawnSync('nice', { encoding: 'utf8' }).stdout);
    try {
      raiseEventLoop();
      raiseEventLoop();
      expect(getPriority(process.pid)).toBe(raised);
      expect(niceOfChild()).toBe(raised);
      expect(atUsualPriority(niceOfChild)).toBe(usual);
      expect(() =>
        atUsualPriority(() => {
          throw new Error('it can not begin');
        }),
      ).toThrow('begin');
      expect(getPriority(process.pid)).toBe(raised);
    } finally {
      setPriority(process.pid, usual);
    }
  },
);
