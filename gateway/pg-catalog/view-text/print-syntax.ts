/** Functions that SQL calls with words of its own. */
import type { Expr, ExprOf } from './expr.ts';
import { type Page, put } from './page.ts';
import { printExpression } from './print-expression.ts';
import { typeOids } from './type-facts.ts';
import { unprintable } from './unprintable.ts';

/** A text with `$1` for arguments; `#1` is one that is a word. */
const forms: Readonly<Record<string, string>> = {
  'extract 2': 'EXTRACT(#1 FROM $2)',
  'timezone 2': '($2 AT TIME ZONE $1)',
  'btrim 1': 'TRIM(BOTH FROM $1)',
  'btrim 2': 'TRIM(BOTH $2 FROM $1)',
  'ltrim 1': 'TRIM(LEADING FROM $1)',
  'ltrim 2': 'TRIM(LEADING $2 FROM $1)',
  'rtrim 1': 'TRIM(TRAILING FROM $1)',
  'rtrim 2': 'TRIM(TRAILING $2 FROM $1)',
  'substring 2': 'SUBSTRING($1 FROM $2)',
  'substring 3': 'SUBSTRING($1 FROM $2 FOR $3)',
  'substring pattern': '"substring"($1, $2)',
  'position 2': 'POSITION(($2) IN ($1))',
  'overlay 3': 'OVERLAY($1 PLACING $2 FROM $3)',
  'overlay 4': 'OVERLAY($1 PLACING $2 FROM $3 FOR $4)',
};

function isWord(expr: Expr | undefined): expr is ExprOf<'constant'> {
  return expr?.kind === 'constant' && expr.type === typeOids.text && expr.text !== null;
}

/** Raises `Unprintable` for those that are not listed. */
export function printSyntax(page: Page, { name, args }: ExprOf<'function'>): void {
  const pattern = name === 'substring' && args[1]?.type === typeOids.text;
  const form = forms[`${name} ${pattern && args.length === 2 ? 'pattern' : args.length}`];
  const known = form !== undefined && !(pattern && args.length > 2) && (!form.includes('#') || isWord(args[0]));
  for (const part of (known ? form : unprintable(`the words of ${name}`)).split(/([#$]\d)/)) {
    const arg = args[Number(part.slice(1)) - 1];
    if (part.startsWith('#') && isWord(arg)) put(page, arg.text ?? '');
    else if (part.startsWith('$') && arg !== undefined) printExpression(page, arg, pattern);
    else put(page, part);
  }
}
