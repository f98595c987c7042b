import { describe, expect, it } from 'vitest';
import { isPlainText, sealedText, unsealedText } from './sealed-text.ts';

const message = { kind: 'credit', attempt: 'q1.0.0.1', bytes: 1000 } as const;

describe('sealed text', () => {
  it('comes back as it was', () => {
    const text = sealedText(message);
    expect(isPlainText(text)).toBe(false);
    expect(JSON.parse(unsealedText(text))).toEqual(message);
  });

  it('shows every change of one character', () => {
    const text = sealedText(message);
    for (let at = 0; at < text.length; at++) {
      const changed = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
      expect(() => unsealedText(changed), changed).toThrow(/invalid message/);
    }
  });

  it.each(['', '{}', '00000000', JSON.stringify(message), sealedText(message).slice(0, -1)])('refuses "%s"', (text) => {
    expect(() => unsealedText(text)).toThrow(/invalid message/);
  });
});
