/** JSON as PostgreSQL keeps and prints a jsonb: keys once and in its order, one form of spaces and numbers. */

/** Longer or deeper texts, and numbers of more digits, are left as they are. */
const maxLength = 100_000;
const maxDepth = 200;
const maxExponent = 400;

interface Reader {
  readonly text: string;
  at: number;
}

const space = /[ \t\n\r]*/y;
const scalar = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Undefined for what is not JSON, and for what is left as it is. */
export function canonicalJson(text: string): string | undefined {
  if (text.length > maxLength) return undefined;
  try {
    JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return value({ text, at: 0 }, 0);
}

/** The text is known to be JSON. */
function value(reader: Reader, depth: number): string | undefined {
  if (depth > maxDepth) return undefined;
  const first = peek(reader);
  if (first === '[') return array(reader, depth);
  if (first === '{') return object(reader, depth);
  scalar.lastIndex = reader.at;
  const token = scalar.exec(reader.text)![0];
  reader.at += token.length;
  if (token.startsWith('"')) return JSON.stringify(JSON.parse(token));
  return /^[tfn]/.test(token) ? token : number(token);
}

/** The next character that is no space. */
function peek(reader: Reader): string {
  space.lastIndex = reader.at;
  space.exec(reader.text);
  reader.at = space.lastIndex;
  return reader.text[reader.at]!;
}

/** Takes a bracket, comma or colon if it is next. */
function accept(reader: Reader, mark: string): boolean {
  const found = peek(reader) === mark;
  if (found) reader.at++;
  return found;
}

function array(reader: Reader, depth: number): string | undefined {
  accept(reader, '[');
  const items: string[] = [];
  while (!accept(reader, ']')) {
    const item = value(reader, depth + 1);
    if (item === undefined) return undefined;
    items.push(item);
    accept(reader, ',');
  }
  return `[${items.join(', ')}]`;
}

function object(reader: Reader, depth: number): string | undefined {
  accept(reader, '{');
  const members = new Map<string, string>();
  while (!accept(reader, '}')) {
    const key = value(reader, depth + 1)!;
    accept(reader, ':');
    const item = value(reader, depth + 1);
    if (item === undefined) return undefined;
    members.set(key, item);
    accept(reader, ',');
  }
  const sorted = [...members].map(([key, item]) => ({ key, item, bytes: new TextEncoder().encode(JSON.parse(key)) }));
  sorted.sort((a, b) => a.bytes.length - b.bytes.length || compareBytes(a.bytes, b.bytes));
  return `{${sorted.map(({ key, item }) => `${key}: ${item}`).join(', ')}}`;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const at = a.findIndex((byte, index) => byte !== b[index]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}

/** As a numeric prints: without exponent, with the decimals that were written. */
function number(token: string): string | undefined {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(token)!;
  const shift = Number(exponent);
  if (Math.abs(shift) > maxExponent) return undefined;
  const digits = shift < 0 ? '0'.repeat(-shift) + whole + fraction : whole + fraction + '0'.repeat(shift);
  const decimals = shift < 0 ? fraction.length - shift : Math.max(0, fraction.length - shift);
  const point = shift < 0 ? digits.length - decimals : whole!.length + shift;
  const left = digits.slice(0, point).replace(/^0+(?=\d)/, '');
  const right = digits.slice(point, point + decimals);
  const plain = right === '' ? left : `${left}.${right}`;
  return /[1-9]/.test(plain) ? `${sign}${plain}` : plain;
}
