import { describe, expect, it } from 'vitest';
import { exchangeable } from './exchangeable.ts';

describe('exchangeable', () => {
  it.each([
    'BIGINT',
    'HUGEINT',
    'TIMESTAMP WITH TIME ZONE',
    "ENUM('VARIANT', 'it''s (STRUCT(INTEGER))')",
    'STRUCT(a TIMESTAMP WITH TIME ZONE, "VARIANT" STRUCT("x y" INTEGER)[])',
    'STRUCT(v TIME WITH TIME ZONE)',
    'MAP(VARCHAR, STRUCT(x INTERVAL)[3])',
    'UNION(num INTEGER, str VARCHAR)',
    "GEOMETRY('OGC:CRS84')",
  ])('is true of %s', (type) => {
    expect(exchangeable(type)).toBe(true);
  });

  it.each([
    'VARIANT',
    'VARIANT[]',
    'STRUCT(a VARIANT)',
    'STRUCT(INTEGER, INTEGER)',
    'STRUCT(TIMESTAMP WITH TIME ZONE, INTEGER)',
    'STRUCT(DECIMAL(4,1), VARCHAR)[]',
    'STRUCT(a STRUCT(INTEGER))',
    'AGGREGATE_STATE<sum(BIGINT)::HUGEINT>',
  ])('is false of %s', (type) => {
    expect(exchangeable(type)).toBe(false);
  });
});
