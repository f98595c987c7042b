import { expect, it } from 'vitest';
import { redacted } from './redact.ts';

it.each([
  ["CREATE ROLE a PASSWORD 'x''y' LOGIN", "CREATE ROLE a PASSWORD '***' LOGIN"],
  ['alter user a encrypted password $$x y$$', "alter user a encrypted password '***'"],
  ["ALTER ROLE a PASSWORD /* ' */ E'a\\'b'; SELECT 'c'", "ALTER ROLE a PASSWORD /* ' */ '***'; SELECT 'c'"],
  ["ALTER ROLE a PASSWORD 'cut off", "ALTER ROLE a PASSWORD '***'"],
  ['ALTER ROLE a PASSWORD NULL', 'ALTER ROLE a PASSWORD NULL'],
  ["SELECT password, 'x' FROM t", "SELECT password, 'x' FROM t"],
])('%s is shown as %s', (text, shown) => {
  expect(redacted(text)).toBe(shown);
});
