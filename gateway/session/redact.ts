import { SluiceError } from '../../planner/errors.ts';
import { Scanner } from '../../planner/sql/scanner.ts';

const hidden = "'***'";

/** A text with passwords left out: what stands behind PASSWORD as a string. For everything that keeps or shows texts of statements. */
export function redacted(text: string): string {
  if (!/password/i.test(text)) {
    return text;
  }
  const scanner = new Scanner(text);
  let result = '';
  let copied = 0;
  let expected = false;
  try {
    while (scanner.next()) {
      if (expected && scanner.kind === 'string') {
        result += text.slice(copied, scanner.start) + hidden;
        copied = scanner.end;
      }
      expected = scanner.kind === 'word' && scanner.value.toLowerCase() === 'password';
    }
  } catch (error) {
    if (!(error instanceof SluiceError)) {
      throw error;
    }
    // A string that does not end: everything behind it may be part of it.
    return result + text.slice(copied, scanner.start) + hidden;
  }
  return result + text.slice(copied);
}
