import { expect, it } from 'vitest';
import { Closers } from './closers.ts';

it('closes backwards, once, past failures, and tells the first', async () => {
  const seen: string[] = [];
  const closers = new Closers();
  closers.add(() => void seen.push('a'));
  closers.add(async () => {
    seen.push('b');
    throw new Error('of b');
  });
  closers.add(() => {
    seen.push('c');
    throw new Error('of c');
  });
  const first = closers.close();
  expect(closers.close()).toBe(first);
  await expect(first).rejects.toThrow('of c');
  expect(seen).toEqual(['c', 'b', 'a']);
});
