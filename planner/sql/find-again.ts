import { Scanner } from './scanner.ts';

/**
 * Where a place of a rewritten text lies in the text that it was made from: both 1-based, in code points. Found by the word, literal or
 * operator that stands there, when the first text has it just once, or as often as the second; undefined when that does not tell.
 */
export function findAgain(position: number, rewritten: string, original: string): number | undefined {
  const index = [...rewritten].slice(0, position - 1).join('').length;
  const there = tokens(rewritten);
  const token = there.find(({ start, end }) => start <= index && index < end);
  if (token === undefined) return undefined;
  const same = ({ key }: Token) => key === token.key;
  const alike = there.filter(same);
  const here = tokens(original).filter(same);
  const found = here.length === 1 ? here[0] : here.length === alike.length ? here[alike.indexOf(token)] : undefined;
  return found === undefined ? undefined : [...original.slice(0, found.start)].length + 1;
}

interface Token {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

function tokens(text: string): readonly Token[] {
  const found: Token[] = [];
  const scanner = new Scanner(text);
  while (scanner.next()) {
    const { value, start, end } = scanner;
    const key = scanner.kind === 'string' ? value : value.toLowerCase().replace(/^"([a-z_]\w*)"$/, '$1');
    found.push({ key, start, end });
  }
  return found;
}
