import { expect, it } from 'vitest';
import { mayHoldZoned, unzonedForm, zonedForm } from './zoned-text.ts';

it.each([
  ['2024-01-01 00:00:00 +00:00', '2024-01-01 00:00:00+00:00', '2024-01-01 00:00:00'],
  ['2024-01-01T10:30 -0530', '2024-01-01 10:30:00-0530', '2024-01-01 10:30'],
  [' 2024-01-01 00:00:00.25  Z ', '2024-01-01 00:00:00.25Z', '2024-01-01 00:00:00.25'],
])('%s', (text, withZone, without) => {
  expect([zonedForm(text), unzonedForm(text), mayHoldZoned.test(`'${text}'`)]).toEqual([withZone, without, true]);
});

it.each(['2024-01-01', '2024-01-01 00:00:00', '2024-01-01 10:00:00 Europe/Berlin', 'x +00'])('%s stays', (text) => {
  expect([zonedForm(text), unzonedForm(text), mayHoldZoned.test(`'${text}'`)]).toEqual([text, text, false]);
});
