import { dirname, sep } from 'node:path';

const special = /[*?[]/;

/** True when DuckDB would expand the path: it holds `*`, `?` or `[`. */
export function hasGlob(path: string): boolean {
  return special.test(path);
}

/** The folder above the first part of the pattern that has to be expanded. */
export function staticPrefix(pattern: string): string {
  const at = pattern.search(special);
  return at < 0 ? pattern : dirname(`${pattern.slice(0, at)}x`);
}

/** The parts of the pattern below its static prefix. */
export function globParts(pattern: string): readonly string[] {
  const prefix = staticPrefix(pattern);
  return pattern
    .slice(prefix.length)
    .split(sep)
    .filter((part) => part !== '');
}

/** Matches one name as DuckDB does, by bytes: `*` any, `?` one, `[a-z]` and `[!a]` one of a class. */
export function globPart(part: string): (name: string) => boolean {
  const pattern = globExpression(bytesOf(part));
  return (name) => pattern.test(bytesOf(name));
}

/** One character per byte of UTF-8. */
function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function globExpression(part: string): RegExp {
  let source = '';
  for (let at = 0; at < part.length; at++) {
    const char = part[at] ?? '';
    if (char === '*') source += '.*';
    else if (char === '?') source += '.';
    else if (char === '[') {
      const end = part.indexOf(']', at + 2);
      if (end < 0) return /(?!)/;
      const body = part.slice(at + 1, end);
      const negated = body.startsWith('!');
      source += `[${negated ? '^' : ''}${body.slice(negated ? 1 : 0).replaceAll(/[\\\]^]/g, '\\$&')}]`;
      at = end;
    } else source += char.replace(/[\\^$.|+(){}\]/-]/, '\\$&');
  }
  return new RegExp(`^${source}$`, 's');
}

/**
 * Sorts names by their UTF-8 bytes, in place, as DuckDB sorts the names of a folder. JavaScript's own order is that of UTF-16, which
 * differs only where there are surrogates.
 */
export function sortBytes(names: string[]): string[] {
  names.sort();
  const needsBytes = names.some((name) => /[\ud800-\udfff]/.test(name));
  return needsBytes ? names.sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))) : names;
}
