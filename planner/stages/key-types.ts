/**
 * The type to which two columns are cast before they are hashed, so that rows that DuckDB's `=` calls equal are sure to have one hash.
 * Measured on DuckDB 1.5.5: all integers up to BIGINT hash as BIGINT; HUGEINT, DECIMALs of other width and scale, FLOAT and DOUBLE, DATE and
 * TIMESTAMP hash differently; 0.0 and -0.0, all NaN, and INTERVALs that are equal hash alike.
 */

/** Digits before the point that each integer type may have; those up to BIGINT are hashed as one type. */
const integerDigits: Readonly<Record<string, number>> = {
  TINYINT: 3,
  SMALLINT: 5,
  INTEGER: 10,
  BIGINT: 19,
  UTINYINT: 3,
  USMALLINT: 5,
  UINTEGER: 10,
};

const wideIntegers: ReadonlySet<string> = new Set(['UBIGINT', 'HUGEINT']);
const maxDecimalDigits = 38;

/** Types that are hashed as they are. VARCHAR only where no collation is in the query. */
const plainTypes: ReadonlySet<string> = new Set([
  'BOOLEAN',
  'VARCHAR',
  'BLOB',
  'UUID',
  'DATE',
  'TIME',
  'TIMESTAMP',
  'TIMESTAMP_S',
  'TIMESTAMP_MS',
  'TIMESTAMP_NS',
  'TIMESTAMP WITH TIME ZONE',
  'INTERVAL',
  'FLOAT',
  'DOUBLE',
  'UBIGINT',
  'HUGEINT',
]);

interface Digits {
  readonly before: number;
  readonly scale: number;
}

/** The type to hash values of one type as; undefined: they can't be hashed. */
export function hashType(type: string): string | undefined {
  if (integerDigits[type] !== undefined) return 'BIGINT';
  if (plainTypes.has(type) || decimalOf(type) !== undefined) return type;
  return undefined;
}

/** The type in which both sides of `=` are hashed; undefined: no hash tells whether they are equal. */
export function commonHashType(left: string, right: string): string | undefined {
  const [a, b] = [hashType(left), hashType(right)];
  if (a === undefined || b === undefined) return undefined;
  if (a === b) return a;
  if (isInteger(a) && isInteger(b)) return 'HUGEINT';
  const pair = new Set([a, b]);
  if (pair.has('DATE') && pair.has('TIMESTAMP')) return 'TIMESTAMP';
  if (pair.has('DOUBLE')) return isNumber(a) && isNumber(b) ? 'DOUBLE' : undefined;
  return commonDecimal(digitsOf(left), digitsOf(right));
}

function isInteger(type: string): boolean {
  return integerDigits[type] !== undefined || wideIntegers.has(type);
}

function isNumber(type: string): boolean {
  return isInteger(type) || type === 'FLOAT' || type === 'DOUBLE' || decimalOf(type) !== undefined;
}

function decimalOf(type: string): Digits | undefined {
  const match = /^DECIMAL\((\d+),(\d+)\)$/.exec(type);
  return match === null ? undefined : { before: Number(match[1]) - Number(match[2]), scale: Number(match[2]) };
}

function digitsOf(type: string): Digits | undefined {
  const before = integerDigits[type];
  return before === undefined ? decimalOf(type) : { before, scale: 0 };
}

/** The DECIMAL that holds both without loss; DuckDB compares in it too. */
function commonDecimal(a: Digits | undefined, b: Digits | undefined): string | undefined {
  if (a === undefined || b === undefined) return undefined;
  const scale = Math.max(a.scale, b.scale);
  const width = Math.max(a.before, b.before) + scale;
  return width > maxDecimalDigits ? undefined : `DECIMAL(${width},${scale})`;
}
