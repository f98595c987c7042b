/** PostgreSQL's number formats (to_char, to_number) as expressions of DuckDB. */

interface NumberFormat {
  /** Digits before and after the decimal point. */
  readonly whole: number;
  readonly fraction: number;
  /** Zeros that are printed at least, before the point. */
  readonly zeros: number;
  /** Digits behind the point that are dropped when they are zeros (FM and 9). */
  readonly optional: number;
  readonly groups: boolean;
  readonly fill: boolean;
  /** Characters of the number without its sign. */
  readonly width: number;
}

/** Is this a format of numbers, not of dates? */
export function isNumberFormat(format: string): boolean {
  return /^(?:FM)?[09.,DG\s]*[09][09.,DG]*$/i.test(format);
}

function read(format: string): NumberFormat {
  const fill = !/^FM/i.test(format);
  const text = format.replace(/^FM/i, '').toUpperCase();
  const [whole = '', fraction = ''] = text.split(/[.D]/);
  const digits = whole.replace(/[^09]/g, '');
  const firstZero = digits.indexOf('0');
  const decimals = fraction.replace(/[^09]/g, '');
  return {
    whole: digits.length,
    fraction: decimals.length,
    zeros: firstZero < 0 ? 0 : digits.length - firstZero,
    optional: fill ? 0 : decimals.length - (decimals.lastIndexOf('0') + 1),
    groups: /[,G]/.test(whole),
    fill,
    width: text.length,
  };
}

/** to_char of a number as an expression over `$1`. */
export function numberToChar(format: string): string {
  const { whole, fraction, zeros, optional, groups, fill, width } = read(format);
  const rounded = `abs(round(CAST($1 AS DECIMAL(38,${Math.max(fraction, 10)})), ${fraction}))`;
  const fixed = `CAST(CAST(${rounded} AS DECIMAL(38,${fraction})) AS VARCHAR)`;
  const wholeText = `split_part(${fixed}, '.', 1)`;
  // A zero before the point is printed only where the format has one, or nothing else would be.
  const bare = zeros > 0 || fraction === 0 ? wholeText : `CASE WHEN ${wholeText} = '0' THEN '' ELSE ${wholeText} END`;
  const padded = zeros > 1 ? `lpad(${bare}, greatest(${zeros}, CAST(length(${bare}) AS INTEGER)), '0')` : bare;
  const text = groups ? inGroups(padded) : padded;
  const behind = fraction === 0 ? '' : ` || '.' || ${trimmed(`split_part(${fixed}, '.', 2)`, fraction, optional)}`;
  const number = `(CASE WHEN round(CAST($1 AS DECIMAL(38,10)), ${fraction}) < 0 THEN '-' ELSE '${fill ? ' ' : ''}' END || ${text}${behind})`;
  const shown = fill ? `lpad(${number}, ${width + 1}, ' ')` : number;
  const overflow = '#'.repeat(whole) + (fraction > 0 ? `.${'#'.repeat(fraction)}` : '');
  return `CASE WHEN length(${wholeText}) > ${whole} AND ${wholeText} <> '0' THEN '${fill ? ' ' : ''}${overflow}' ELSE ${shown} END`;
}

/** A comma before every third digit from the right. */
function inGroups(padded: string): string {
  return `reverse(array_to_string(regexp_extract_all(reverse(${padded}), '.{1,3}'), ','))`;
}

function trimmed(digits: string, fraction: number, optional: number): string {
  if (optional === 0) return digits;
  const kept = fraction - optional;
  return `left(${digits}, ${kept}) || rtrim(substring(${digits}, ${kept + 1}), '0')`;
}

/** to_number of a text as an expression over `$1`. */
export function textToNumber(format: string): string {
  const { fraction } = read(format);
  return `CAST(regexp_replace($1, '[^-0-9.]', '', 'g') AS DECIMAL(38,${fraction}))`;
}
