/** Calls of functions: by template, and those whose rewrite depends on a constant argument or on a type. */
import type { Expression, FunctionCall } from '../sql/ast.ts';
import { cast, functionCall } from '../sql/build.ts';
import { dateToChar, strptimeFormat } from './date-formats.ts';
import { aggregateNames, aggregateTemplates, arityOf, functionTemplates } from './function-templates.ts';
import { isNumberFormat, numberToChar, textToNumber } from './number-formats.ts';
import { quoted } from './quoted.ts';
import { type ColumnTypes, isSmallInteger, staticType } from './static-type.ts';
import type { Fill } from './templates.ts';

export interface Site {
  readonly fill: Fill;
  readonly columns: ColumnTypes;
  /** The text of the query. */
  readonly source: string;
}

type Rewrite = (node: FunctionCall, args: readonly Expression[], site: Site) => Expression | undefined;

/** The value of a text constant. */
export function textOf(node: Expression | undefined): string | undefined {
  if (node?.class === 'CAST' && node.cast_type.id === 'VARCHAR') return textOf(node.child);
  return node?.class === 'CONSTANT' && typeof node.value.value === 'string' ? node.value.value : undefined;
}

function numberOf(node: Expression | undefined): number | undefined {
  return node?.class === 'CONSTANT' && typeof node.value.value === 'number' && node.value.type.id === 'INTEGER'
    ? node.value.value
    : undefined;
}

/** A function call in DuckDB's terms, or undefined when it is right as it is. */
export function rewriteFunction(node: FunctionCall, site: Site): Expression | undefined {
  if (node.schema !== '' && node.schema !== 'main' && node.schema !== 'pg_catalog') return undefined;
  const name = node.function_name.toLowerCase();
  const special = Object.hasOwn(rewrites, name) ? rewrites[name] : undefined;
  const found = special?.(node, node.children, site);
  if (found !== undefined) return found;
  if (Object.hasOwn(aggregateNames, name)) return { ...node, function_name: aggregateNames[name]! };
  if (Object.hasOwn(aggregateTemplates, name)) return aggregate(node, name, site);
  if (!Object.hasOwn(functionTemplates, name)) return undefined;
  const template = functionTemplates[name]!.find((one) => arityOf(one) === node.children.length);
  return template === undefined ? undefined : site.fill(template, node.children);
}

/** Is anything known of a function of that name, in lower case? */
export function isRewrittenFunction(name: string): boolean {
  return [rewrites, functionTemplates, aggregateTemplates, aggregateNames].some((table) => Object.hasOwn(table, name));
}

function aggregate(node: FunctionCall, name: string, { fill }: Site): Expression | undefined {
  const { inner, argument, outer } = aggregateTemplates[name]!;
  if (node.children.length !== arityOf(argument)) return undefined;
  const given = fill(argument, node.children);
  const rest = fill(outer, [node]);
  if (given === undefined || rest === undefined) return undefined;
  return fill(outer, [{ ...node, function_name: inner, schema: '', children: [given] }]);
}

/** Fields whose values have a fraction, with how many digits PostgreSQL prints of it. */
const fractions: Readonly<Record<string, readonly [expression: string, digits: number]>> = {
  second: [`CAST(date_part('microseconds', $1) AS DECIMAL(18,0)) * 0.000001`, 6],
  seconds: [`CAST(date_part('microseconds', $1) AS DECIMAL(18,0)) * 0.000001`, 6],
  milliseconds: [`CAST(date_part('microseconds', $1) AS DECIMAL(18,0)) * 0.001`, 3],
  millisecond: [`CAST(date_part('microseconds', $1) AS DECIMAL(18,0)) * 0.001`, 3],
  epoch: [`date_part('epoch', $1)`, 6],
};

/** EXTRACT is numeric, date_part is double precision. */
const datePart: Rewrite = (node, [fieldNode, value], site) => {
  const field = textOf(fieldNode)?.toLowerCase();
  if (field === undefined || value === undefined) return undefined;
  const isExtract = node.schema === 'main';
  const [expression, digits] = fractions[field] ?? [`date_part(${quoted(field)}, $1)`, 0];
  const scale = field === 'epoch' && staticType(value, site.columns) === 'DATE' ? 0 : digits;
  const type = isExtract ? `DECIMAL(${scale > 0 ? 38 : 18},${scale})` : 'DOUBLE';
  return site.fill(`CAST(${expression} AS ${type})`, [value]);
};

const dateTrunc: Rewrite = (node, [unit, value], site) =>
  unit !== undefined && value !== undefined && staticType(value, site.columns) === 'DATE'
    ? { ...node, children: [unit, cast(value, 'TIMESTAMP WITH TIME ZONE')] }
    : undefined;

/** A format that is a parameter is put into the text before the query runs (see `withConstants`); so it is only ever described: its type counts. */
function described(type: string, value: Expression | undefined, format: Expression | undefined, { fill }: Site) {
  if (value === undefined || format?.class !== 'PARAMETER') return undefined;
  return fill(`CAST(concat($1, CAST($2 AS VARCHAR)) AS ${type})`, [value, format]);
}

const toChar: Rewrite = (_node, [value, formatNode], site) => {
  const { fill, columns } = site;
  const format = textOf(formatNode);
  if (formatNode?.class === 'PARAMETER') return described('VARCHAR', value, formatNode, site);
  if (format === undefined || value === undefined) return undefined;
  if (isNumberFormat(format)) return fill(numberToChar(format), [value]);
  const template = dateToChar(format);
  if (template === null) return undefined;
  const ofInterval = staticType(value, columns) === 'INTERVAL';
  return fill(ofInterval ? template.replaceAll('$1', "(TIMESTAMP '2000-01-01' + $1)") : template, [value]);
};

const parseDate =
  (type: string): Rewrite =>
  (_node, [value, formatNode], site) => {
    if (formatNode?.class === 'PARAMETER') return described(type, value, formatNode, site);
    const { fill } = site;
    const format = strptimeFormat(textOf(formatNode) ?? '');
    if (formatNode === undefined || format === null || format === '') return undefined;
    return fill(`CAST(strptime($1, ${quoted(format)}) AS ${type})`, [value!]);
  };

const substring: Rewrite = (_node, [value, from, count], { fill }) => {
  if (value === undefined || from === undefined) return undefined;
  const pattern = textOf(from);
  if (pattern !== undefined && count === undefined) {
    const group = groupsOf(pattern) > 0 ? 1 : 0;
    const text = quoted(pattern);
    return fill(`CASE WHEN regexp_matches($1, ${text}, 's') THEN regexp_extract($1, ${text}, ${group}, 's') END`, [
      value,
    ]);
  }
  const start = numberOf(from);
  if (count === undefined)
    return start !== undefined && start > 0 ? undefined : fill('substring($1, greatest($2, 1))', [value, from]);
  const length = numberOf(count);
  if (length !== undefined && length < 0)
    return fill(raised('22011', 'negative substring length not allowed'), [value]);
  if (start !== undefined && start > 0 && length !== undefined) return undefined;
  return fill('substring($1, greatest($2, 1), greatest($3 + least($2, 1) - 1, 0))', [value, from, count]);
};

/** Capturing groups of a regular expression. */
function groupsOf(pattern: string): number {
  return [...pattern.replace(/\\[\s\S]/g, '').matchAll(/\((?!\?)/g)].length;
}

/** An expression over `$1` that fails with this SQLSTATE and message when it is evaluated; see `raisedError` in worker/engine. */
export function raised(sqlstate: string, message: string): string {
  return `CASE WHEN CAST('[${sqlstate}] ${message}|' || CAST($1 AS VARCHAR) AS BOOLEAN) THEN NULL END`;
}

const encode: Rewrite = (_node, [value, formatNode], { fill }) => {
  if (value === undefined || formatNode === undefined) return undefined;
  const templates: Readonly<Record<string, string>> = { hex: 'lower(hex($1))', base64: 'base64($1)' };
  const template = templates[textOf(formatNode)?.toLowerCase() ?? ''];
  return template === undefined ? undefined : fill(template, [value]);
};

const decode: Rewrite = (_node, [value, formatNode], { fill }) => {
  if (value === undefined || formatNode === undefined) return undefined;
  const templates: Readonly<Record<string, string>> = {
    hex: 'unhex($1)',
    base64: 'from_base64($1)',
    escape: 'CAST($1 AS BLOB)',
  };
  const template = templates[textOf(formatNode)?.toLowerCase() ?? ''];
  return template === undefined ? undefined : fill(template, [value]);
};

/** `%s`, `%I`, `%L` with positions and widths. */
const format: Rewrite = (_node, [formatNode, ...args], site) => {
  const text = textOf(formatNode);
  // `{}` is DuckDB's own.
  if (text === undefined || !text.includes('%')) return undefined;
  const parts: string[] = [];
  let next = 0;
  let end = 0;
  for (const match of text.matchAll(/%(?:(%)|(?:(\d+)\$)?(-?)(\d*)([sIL]))/g)) {
    if (match.index > end) parts.push(quoted(text.slice(end, match.index)));
    end = match.index + match[0].length;
    if (match[1] !== undefined) {
      parts.push("'%'");
      continue;
    }
    const index = match[2] === undefined ? next++ : Number(match[2]) - 1;
    if (args[index] === undefined) return undefined;
    const value = formatted(match[5]!, `$${index + 1}`);
    const pad = `greatest(${match[4]}, CAST(length(${value}) AS INTEGER))`;
    parts.push(match[4] === '' ? value : `${match[3] === '-' ? 'rpad' : 'lpad'}(${value}, ${pad}, ' ')`);
  }
  if (end < text.length) parts.push(quoted(text.slice(end)));
  if (text.slice(end).includes('%')) return undefined;
  return site.fill(parts.length === 0 ? "''" : parts.join(' || '), args);
};

function formatted(kind: string, argument: string): string {
  const of = (name: string) => `(${functionTemplates[name]![0]!.replaceAll('$1', argument)})`;
  if (kind === 'I') return of('quote_ident');
  return kind === 'L' ? of('quote_nullable') : `coalesce(CAST(${argument} AS VARCHAR), '')`;
}

/** A dot matches the end of a line too, and `\&` stands for the whole match. */
const regexpReplace: Rewrite = (node, [value, pattern, replacement, flags], { fill }) => {
  const given = flags === undefined ? '' : textOf(flags);
  const text = textOf(replacement);
  if (node.schema === 'main' || given === undefined || text === undefined || pattern === undefined) return undefined;
  const options = quoted(`${given}s`);
  return fill(`regexp_replace($1, $2, ${quoted(text.replaceAll('\\&', '\\0'))}, ${options})`, [value!, pattern]);
};

const regexpMatch: Rewrite = (_node, [value, patternNode, flags], { fill }) => {
  const pattern = textOf(patternNode);
  const options = quoted(`${flags === undefined ? '' : (textOf(flags) ?? '')}s`);
  if (pattern === undefined || value === undefined) return undefined;
  const text = quoted(pattern);
  const groups = groupsOf(pattern);
  const numbers = groups === 0 ? [0] : Array.from({ length: groups }, (_, index) => index + 1);
  const list = numbers.map((group) => `regexp_extract($1, ${text}, ${group}, ${options})`).join(', ');
  return fill(`CASE WHEN regexp_matches($1, ${text}, ${options}) THEN [${list}] END`, [value]);
};

const counted =
  (test: string): Rewrite =>
  (_node, args, { fill }) =>
    args.length === 0 || args.length > 9
      ? undefined
      : fill(args.map((_, index) => `CASE WHEN $${index + 1} ${test} THEN 1 ELSE 0 END`).join(' + '), args);

const jsonObject =
  (open: string, colon: string, close: string): Rewrite =>
  (_node, args, { fill }) => {
    if (args.length % 2 !== 0) return undefined;
    const pairs: string[] = [];
    for (let i = 1; i < args.length; i += 2)
      pairs.push(
        `CAST(to_json(CAST($${i} AS VARCHAR)) AS VARCHAR) || '${colon}' || coalesce(CAST(to_json($${i + 1}) AS VARCHAR), 'null')`,
      );
    const inner = pairs.length === 0 ? "''" : pairs.join(` || ', ' || `);
    return fill(`CAST('${open}' || ${inner} || '${close}' AS JSON)`, args);
  };

const jsonArray: Rewrite = (_node, args, { fill }) => {
  const items = args.map((_, index) => `coalesce(CAST(to_json($${index + 1}) AS VARCHAR), 'null')`);
  return fill(`CAST('[' || ${items.length === 0 ? "''" : items.join(` || ', ' || `)} || ']' AS JSON)`, args);
};

const jsonExtract =
  (text: boolean): Rewrite =>
  (_node, [value, ...keys], { fill }) => {
    const names = keys.map(textOf);
    if (value === undefined || keys.length === 0 || names.includes(undefined)) return undefined;
    const path = names.map((key) => (/^\d+$/.test(key!) ? `[${key}]` : `."${key}"`)).join('');
    return fill(`json_extract${text ? '_string' : ''}(CAST($1 AS JSON), ${quoted(`$${path}`)})`, [value]);
  };

const sum: Rewrite = (node, [value], site) => typedSum(node, value, site);

/** Halves of a double precision go to the even neighbour. */
const round: Rewrite = (_node, [value, digits], site) =>
  value !== undefined && digits === undefined && staticType(value, site.columns) === 'DOUBLE'
    ? site.fill('round_even($1, 0)', [value])
    : undefined;

const intervalParts = ['years', 'months', 'weeks', 'days', 'hours', 'mins', 'secs'] as const;
const intervalFunctions = {
  years: 'to_years',
  months: 'to_months',
  weeks: 'to_weeks',
  days: 'to_days',
  hours: 'to_hours',
  mins: 'to_minutes',
  secs: 'to_seconds',
} as const;

const makeInterval: Rewrite = (_node, args, { fill }) => {
  const parts = args.map((arg, index) => {
    const name = arg.alias === '' ? intervalParts[index] : intervalParts.find((one) => one === arg.alias.toLowerCase());
    return name === undefined ? undefined : `${intervalFunctions[name]}($${index + 1})`;
  });
  return parts.length === 0 || parts.includes(undefined) ? undefined : fill(parts.join(' + '), args);
};

/** Types that a sum has in PostgreSQL, by what is summed, where DuckDB's is wider. */
const sumTypes: Readonly<Record<string, string>> = {
  TINYINT: 'BIGINT',
  SMALLINT: 'BIGINT',
  INTEGER: 'BIGINT',
  FLOAT: 'FLOAT',
};

/** `sum` as an aggregate or over a window, in PostgreSQL's type. */
export function typedSum<T extends Expression>(
  node: T,
  value: Expression | undefined,
  { columns }: Site,
): Expression | undefined {
  const type = value === undefined ? undefined : sumTypes[staticType(value, columns) ?? ''];
  return type === undefined ? undefined : cast(node, type);
}

const ofIntegers: Rewrite = (node, args, { columns }) =>
  args.every((arg) => isSmallInteger(staticType(arg, columns))) ? cast(node, 'INTEGER') : undefined;

const octetLength: Rewrite = (_node, [value], { fill, columns }) => {
  const type = value === undefined ? null : staticType(value, columns);
  return type === 'BLOB' ? fill('CAST(octet_length($1) AS INTEGER)', [value!]) : undefined;
};

const mod: Rewrite = (node, args, site) =>
  args.length === 2 ? guardedDivision({ ...node, function_name: '%', schema: '', is_operator: true }, site) : undefined;

const rewrites: Readonly<Record<string, Rewrite>> = {
  date_part: datePart,
  date_trunc: dateTrunc,
  to_char: toChar,
  to_date: parseDate('DATE'),
  to_timestamp: parseDate('TIMESTAMPTZ'),
  to_number: (_node, [value, formatNode], site) => {
    const text = textOf(formatNode);
    return text === undefined
      ? described('DECIMAL(38,11)', value, formatNode, site)
      : site.fill(textToNumber(text), [value!]);
  },
  substring,
  substr: (node, args, site) => (textOf(args[1]) === undefined ? substring(node, args, site) : undefined),
  encode,
  decode,
  format,
  regexp_replace: regexpReplace,
  regexp_match: regexpMatch,
  num_nonnulls: counted('IS NOT NULL'),
  num_nulls: counted('IS NULL'),
  json_build_object: jsonObject('{', ' : ', '}'),
  jsonb_build_object: jsonObject('{', ': ', '}'),
  json_build_array: jsonArray,
  jsonb_build_array: jsonArray,
  json_extract_path: jsonExtract(false),
  jsonb_extract_path: jsonExtract(false),
  json_extract_path_text: jsonExtract(true),
  jsonb_extract_path_text: jsonExtract(true),
  sum,
  round,
  gcd: ofIntegers,
  lcm: ofIntegers,
  convert_from: (_node, [value], { fill }) => (value === undefined ? undefined : fill('decode($1)', [value])),
  convert_to: (_node, [value], { fill }) => (value === undefined ? undefined : fill('encode($1)', [value])),
  make_interval: makeInterval,
  octet_length: octetLength,
  mod,
  generate_subscripts: (node) => cast(node, 'INTEGER'),
  date_bin: (_node, [stride, value, origin], { fill, columns }) =>
    origin === undefined || value === undefined
      ? undefined
      : fill(`time_bucket(CAST($1 AS INTERVAL), $2, CAST($3 AS ${staticType(value, columns) ?? 'TIMESTAMP'}))`, [
          stride!,
          value,
          origin,
        ]),
};

/**
 * `/` and `%` that fail for a divisor of zero, where DuckDB gives NULL or infinity. Left as they are when the divisor can't be zero, or is
 * not to be evaluated twice.
 */
export function guardedDivision(node: FunctionCall, { fill }: Site): Expression {
  const [dividend, divisor] = node.children;
  if (dividend === undefined || divisor === undefined || neverZero(divisor) || !repeatable(divisor)) return node;
  const always = dividend.class === 'CONSTANT' ? !dividend.value.is_null : !repeatable(dividend);
  const condition = always ? '$1 = 0' : '$1 = 0 AND $2 IS NOT NULL';
  const checked = fill(
    `CASE WHEN ${condition} THEN ${raised('22012', 'division by zero')} ELSE $1 END`,
    always ? [divisor] : [divisor, dividend],
  );
  return checked === undefined ? node : { ...node, children: [dividend, checked] };
}

function neverZero(node: Expression): boolean {
  if (node.class === 'CAST') return neverZero(node.child);
  if (node.class === 'FUNCTION' && node.function_name === 'nullif') return isZero(node.children[1]);
  if (node.class === 'OPERATOR' && node.type === 'OPERATOR_NULLIF') return isZero(node.children[1]);
  if (node.class !== 'CONSTANT') return false;
  const { value } = node.value;
  if (node.value.is_null) return true;
  return (typeof value === 'number' && value !== 0) || (typeof value === 'string' && /[1-9]/.test(value));
}

function isZero(node: Expression | undefined): boolean {
  return node?.class === 'CONSTANT' && node.value.value === 0;
}

/** So many nodes may stand twice in a query. */
const maxRepeated = 24;
const volatileNames = /^(?:random|gen_random_uuid|uuid\w*|nextval|currval|setseed|error|unnest|generate_series)$/;

/** Is it cheap, and the same each time? */
function repeatable(node: Expression): boolean {
  let nodes = 0;
  const visit = (value: unknown): boolean => {
    if (Array.isArray(value)) return value.every(visit);
    if (typeof value !== 'object' || value === null) return true;
    const one = value as Partial<Expression>;
    if (one.class === 'SUBQUERY') return false;
    // Alone it gets its type from where it stands first, which must not be the comparison with 0.
    if (one.class === 'PARAMETER' && value === node) return false;
    if (one.class === 'FUNCTION' && volatileNames.test((one as FunctionCall).function_name)) return false;
    if (one.class !== undefined && ++nodes > maxRepeated) return false;
    return Object.values(value).every(visit);
  };
  return visit(node);
}

/** A bare call; exported for the rewrites of operators. */
export function call(name: string, ...args: readonly Expression[]): FunctionCall {
  return functionCall(name, args);
}
