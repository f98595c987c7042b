/** PostgreSQL's date formats (to_char, to_date, to_timestamp) as DuckDB's, which are those of strftime and strptime. */
import { quoted } from './quoted.ts';

interface Pattern {
  /** How the pattern begins, upper case; `names` tell apart by letter case. */
  readonly text: string;
  /** In strftime; without padding where FM asks for it. */
  readonly strf?: string;
  readonly unpadded?: string;
  /** An expression over `$1`, where strftime has nothing like it; and its width. */
  readonly sql?: string;
  readonly pad?: number;
  /** A name, written in the case of the pattern and padded to this width. */
  readonly name?: { readonly strf: string; readonly width: number };
}

const part = (name: string) => `date_part('${name}', $1)`;

/** Longer ones first. */
const patterns: readonly Pattern[] = [
  { text: 'HH24', strf: '%H', unpadded: '%-H' },
  { text: 'HH12', strf: '%I', unpadded: '%-I' },
  { text: 'HH', strf: '%I', unpadded: '%-I' },
  { text: 'MI', strf: '%M', unpadded: '%-M' },
  { text: 'SSSSS', sql: `CAST(${part('epoch')} AS BIGINT) % 86400` },
  { text: 'SSSS', sql: `CAST(${part('epoch')} AS BIGINT) % 86400` },
  { text: 'SS', strf: '%S', unpadded: '%-S' },
  { text: 'MS', strf: '%g' },
  { text: 'US', strf: '%f' },
  { text: 'AM', name: { strf: '%p', width: 0 } },
  { text: 'PM', name: { strf: '%p', width: 0 } },
  { text: 'YYYY', strf: '%Y' },
  { text: 'IYYY', strf: '%G' },
  { text: 'YY', strf: '%y', unpadded: '%-y' },
  { text: 'MONTH', name: { strf: '%B', width: 9 } },
  { text: 'MON', name: { strf: '%b', width: 0 } },
  { text: 'MM', strf: '%m', unpadded: '%-m' },
  { text: 'DAY', name: { strf: '%A', width: 9 } },
  { text: 'DY', name: { strf: '%a', width: 0 } },
  { text: 'DDD', strf: '%j', unpadded: '%-j' },
  { text: 'DD', strf: '%d', unpadded: '%-d' },
  { text: 'ID', sql: part('isodow') },
  { text: 'D', sql: `${part('dow')} + 1` },
  { text: 'IW', sql: part('week'), pad: 2 },
  { text: 'WW', sql: `(${part('doy')} - 1) // 7 + 1`, pad: 2 },
  { text: 'W', sql: `(${part('day')} - 1) // 7 + 1` },
  { text: 'CC', sql: part('century'), pad: 2 },
  { text: 'Q', sql: part('quarter') },
];

type Piece =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'pattern'; readonly pattern: Pattern; readonly written: string; readonly fill: boolean };

/** Null: it has patterns that are not known here (TZ, RM, TH, J …). */
function pieces(format: string): readonly Piece[] | null {
  const found: Piece[] = [];
  let fill = true;
  for (let at = 0; at < format.length; ) {
    const rest = format.slice(at);
    const quotedText = /^"([^"]*)"?/.exec(rest);
    const pattern = patterns.find(({ text }) => rest.toUpperCase().startsWith(text));
    if (quotedText !== null) {
      found.push({ kind: 'literal', text: quotedText[1]! });
      at += quotedText[0].length;
    } else if (/^FM/i.test(rest)) {
      fill = false;
      at += 2;
    } else if (pattern !== undefined) {
      found.push({ kind: 'pattern', pattern, written: rest.slice(0, pattern.text.length), fill });
      fill = true;
      at += pattern.text.length;
    } else if (/^[A-Za-z]/.test(rest)) {
      // Letters that stand for nothing are printed; these stand for something that is not known here.
      if (/^(?:TZ|OF|RM|TH|J|Y|I|A\.|P\.|B|C|F|S)/i.test(rest)) return null;
      found.push({ kind: 'literal', text: rest[0]! });
      at++;
    } else {
      found.push({ kind: 'literal', text: rest[0]! });
      at++;
    }
  }
  return found;
}

/** to_char of a date or time as an expression over `$1`; null for formats with patterns that have no counterpart. */
export function dateToChar(format: string): string | null {
  const found = pieces(format);
  if (found === null) return null;
  const parts: string[] = [];
  let strf = '';
  const flush = () => {
    if (strf !== '') parts.push(`strftime($1, ${quoted(strf)})`);
    strf = '';
  };
  for (const piece of found) {
    if (piece.kind === 'literal') {
      strf += piece.text.replaceAll('%', '%%');
      continue;
    }
    const { pattern, fill, written } = piece;
    if (pattern.strf !== undefined) {
      strf += (fill ? undefined : pattern.unpadded) ?? pattern.strf;
      continue;
    }
    flush();
    parts.push(pattern.name === undefined ? numberPart(pattern, fill) : namePart(pattern.name, written, fill));
  }
  flush();
  return parts.length === 0 ? `strftime($1, '')` : parts.join(' || ');
}

function numberPart({ sql, pad = 0 }: Pattern, fill: boolean): string {
  const text = `CAST(${sql} AS VARCHAR)`;
  return fill && pad > 0 ? `lpad(${text}, ${pad}, '0')` : text;
}

function namePart(
  { strf, width }: { readonly strf: string; readonly width: number },
  written: string,
  fill: boolean,
): string {
  const name = `strftime($1, '${strf}')`;
  const upper = written === written.toUpperCase();
  const cased = upper ? `upper(${name})` : written === written.toLowerCase() ? `lower(${name})` : name;
  return fill && width > 0 ? `rpad(${cased}, ${width}, ' ')` : cased;
}

/** The format for strptime, or null. */
export function strptimeFormat(format: string): string | null {
  const found = pieces(format);
  if (found === null) return null;
  let text = '';
  for (const piece of found) {
    if (piece.kind === 'literal') text += piece.text.replaceAll('%', '%%');
    else {
      const directive = piece.pattern.strf ?? piece.pattern.name?.strf;
      if (directive === undefined) return null;
      text += directive;
    }
  }
  return text;
}
