import { describe, expect, it } from 'vitest';
import { splitStatements } from '../../planner/sql/lexer.ts';
import { statementsOf } from './known-texts.ts';
import { knownTextLength, knownTexts } from './limits.ts';

describe('statementsOf', () => {
  it('gives what the lexer gives, once and again', () => {
    for (const text of ['SELECT 1', ' SELECT $1 /*+ workers(2) */; VALUES (1) ', '', '-- nothing', 'BEGIN; SELECT 1']) {
      expect(statementsOf(text)).toEqual(splitStatements(text));
      expect(statementsOf(text)).toEqual(splitStatements(text));
    }
    expect(() => statementsOf("SELECT 'x")).toThrow('unterminated');
    expect(() => statementsOf("SELECT 'x")).toThrow('unterminated');
  });

  it('keeps short queries, and nothing that may hold a secret', () => {
    const isKept = (text: string) => {
      const first = statementsOf(text);
      return statementsOf(text) === first;
    };
    expect(isKept('SELECT 2')).toBe(true);
    expect(isKept("CREATE ROLE a PASSWORD 'p'")).toBe(false);
    expect(isKept("SELECT 2; CREATE ROLE a PASSWORD 'p'")).toBe(false);
    expect(isKept(`SELECT '${'x'.repeat(knownTextLength)}'`)).toBe(false);
  });

  it('forgets the oldest', () => {
    const first = statementsOf('SELECT 3');
    for (let index = 0; index < knownTexts; index++) statementsOf(`SELECT 3 + ${index}`);
    expect(statementsOf('SELECT 3')).not.toBe(first);
  });
});
