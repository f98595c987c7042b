import { Scanner } from '../../planner/sql/scanner.ts';

/** Parameters that are compared with each of their elements, and the text with each of them in the place of its elements. */
export interface ArrayParameters {
  /** n of $n. */
  readonly numbers: ReadonlySet<number>;
  readonly probe: string;
}

/** `= ANY ($1)` as it is written, and as DuckDB prints it. */
const forms = [
  'any ( $ )',
  'all ( $ )',
  'some ( $ )',
  'any ( select unnest ( $ ) )',
  'all ( select unnest ( $ ) )',
].map((form) => form.split(' '));
const longestForm = Math.max(...forms.map((form) => form.length));

/**
 * Finds `= ANY ($1)`: DuckDB can't tell the type of such a parameter. In the probe it stands as `= $1`, where it has the type of an element.
 * Undefined: there are none.
 */
export function arrayParameters(text: string): ArrayParameters | undefined {
  const scanner = new Scanner(text);
  const last: { word: string; start: number; end: number; value: string }[] = [];
  const numbers = new Set<number>();
  let probe = '';
  let copied = 0;
  while (scanner.next()) {
    if (scanner.kind === 'hint') continue;
    const { start, end, value, kind } = scanner;
    last.push({ word: kind === 'parameter' ? '$' : value.toLowerCase(), start, end, value });
    if (last.length > longestForm) last.shift();
    if (value !== ')') continue;
    const form = forms.find((words) => words.every((word, index) => last.at(index - words.length)?.word === word));
    if (form === undefined) continue;
    const parameter = last.findLast(({ word }) => word === '$')!.value;
    probe += text.slice(copied, last.at(-form.length)!.start) + parameter;
    copied = end;
    numbers.add(Number(parameter.slice(1)));
  }
  return numbers.size === 0 ? undefined : { numbers, probe: probe + text.slice(copied) };
}
