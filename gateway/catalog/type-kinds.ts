/**
 * Whether DuckDB can turn values of one type into another at all. Its union of types always finds some type (INTEGER with
 * INTEGER[] is INTEGER[]), and fails only when the rows are read; here files that clash are found when they are listed.
 */
const numeric = /^(?:BOOLEAN|U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|BIGNUM|DECIMAL\(\d+,\d+\))$/;
const moment = /^(?:DATE|TIMESTAMP(?:_S|_MS|_NS| WITH TIME ZONE)?)$/;
const time = /^(?:TIME|TIME_NS|TIME WITH TIME ZONE)$/;
const binary = /^(?:BLOB|BIT|UUID)$/;
const text = /^(?:VARCHAR|JSON|ENUM\(.*\)|"NULL"|NULL)$/s;

/** True when values of types `left` and `right` (DuckDB's texts) can be brought to one type. */
export function canUnify(left: string, right: string): boolean {
  if (left === right || text.test(left) || text.test(right)) return true;
  if ([numeric, moment, time].some((kind) => kind.test(left) && kind.test(right))) return true;
  if (binary.test(left) || binary.test(right)) return false;
  const [leftItem, rightItem] = [listItem(left), listItem(right)];
  if (leftItem !== null && rightItem !== null) return canUnify(leftItem, rightItem);
  const [leftFields, rightFields] = [fields('STRUCT', left), fields('STRUCT', right)];
  if (leftFields !== null && rightFields !== null) return structsUnify(leftFields, rightFields);
  const [leftMap, rightMap] = [parts('MAP', left), parts('MAP', right)];
  if (leftMap !== null && rightMap !== null) {
    return leftMap.every((part, index) => canUnify(part.trim(), (rightMap[index] ?? '').trim()));
  }
  return false;
}

function structsUnify(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): boolean {
  return [...left].every(([name, type]) => {
    const other = right.get(name);
    return other === undefined || canUnify(type, other);
  });
}

function listItem(type: string): string | null {
  return /\[\d*\]$/.test(type) ? type.replace(/\[\d*\]$/, '') : null;
}

function fields(keyword: string, type: string): ReadonlyMap<string, string> | null {
  const all = parts(keyword, type);
  if (all === null) return null;
  return new Map(
    all.map((part) => {
      const field = part.trim();
      const name = /^"(?:[^"]|"")*"|^\S+/.exec(field)?.[0] ?? '';
      return [name.replaceAll('"', '').toLowerCase(), field.slice(name.length).trim()];
    }),
  );
}

/** `STRUCT(a INTEGER, b MAP(VARCHAR, INTEGER))` -> the texts between the outer commas; null for another type. */
function parts(keyword: string, type: string): readonly string[] | null {
  if (!type.startsWith(`${keyword}(`) || !type.endsWith(')')) return null;
  const found: string[] = [];
  let [depth, quoted, start] = [0, false, keyword.length + 1];
  for (let at = start; at < type.length - 1; at++) {
    const char = type[at];
    if (char === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === ',' && depth === 0) {
      found.push(type.slice(start, at));
      start = at + 1;
    }
  }
  found.push(type.slice(start, -1));
  return found;
}
