/** Array literals of PostgreSQL as DuckDB's lists. */
import type { Expression } from '../sql/ast.ts';
import { nullConstant, operator, textConstant } from '../sql/build.ts';

type Element = string | null | readonly Element[];

/** `{1,"a b",NULL}` as a list of texts, nested as it is; undefined when it is no array literal. */
export function readArray(text: string): readonly Element[] | undefined {
  const tokens = text.trim().match(/"(?:[^"\\]|\\[\s\S])*"|[{},]|(?:[^"{},\\]|\\[\s\S])+/g) ?? [];
  if (tokens.join('') !== text.trim() || tokens[0] !== '{') return undefined;
  let at = 0;
  const element = (): Element | undefined => {
    const token = tokens[at];
    if (token === '{') return list();
    if (token === undefined || token === '}' || token === ',') return undefined;
    at++;
    if (token.startsWith('"')) return token.slice(1, -1).replace(/\\([\s\S])/g, '$1');
    const plain = token.trim();
    return /^null$/i.test(plain) ? null : plain.replace(/\\([\s\S])/g, '$1');
  };
  const list = (): Element[] | undefined => {
    const found: Element[] = [];
    at++;
    if (tokens[at] === '}') {
      at++;
      return found;
    }
    for (;;) {
      const next = element();
      if (next === undefined) return undefined;
      found.push(next);
      const separator = tokens[at++];
      if (separator === '}') return found;
      if (separator !== ',') return undefined;
    }
  };
  const found = list();
  return at === tokens.length ? found : undefined;
}

/** An ARRAY constructor of text constants. */
export function listOfTexts(elements: readonly Element[]): Expression {
  return operator(
    'ARRAY_CONSTRUCTOR',
    elements.map((element) => {
      if (element === null) return nullConstant();
      return typeof element === 'string' ? textConstant(element) : listOfTexts(element);
    }),
  );
}

/** `{a,0}` as a JSON path, `$."a"[0]`: what `#>` takes. */
export function jsonPath(text: string): string | undefined {
  const elements = readArray(text);
  if (elements === undefined || !elements.every((element) => typeof element === 'string')) return undefined;
  return `$${elements.map((key) => (/^\d+$/.test(String(key)) ? `[${key}]` : `."${key}"`)).join('')}`;
}
