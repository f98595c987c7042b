/** Cells wider than this are cut. */
const widestCell = 60;

function cut(text: string): string {
  return text.length > widestCell ? `${text.slice(0, widestCell - 1)}…` : text;
}

const isNumber = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** Rows as psql prints them: numbers to the right, a line under the names. */
export function tableText(
  columns: readonly string[],
  rows: readonly (readonly (string | null)[])[],
): readonly string[] {
  const cells = rows.map((row) => row.map((value) => cut(value ?? '')));
  const widths = columns.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i]?.length ?? 0)));
  const right = columns.map(
    (_, i) => cells.length > 0 && cells.every((row) => row[i] === '' || isNumber.test(row[i] ?? '')),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => ` ${right[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)} `)
      .join('|')
      .trimEnd();
  const center = (name: string, i: number) => {
    const left = Math.floor((widths[i]! - name.length) / 2);
    return ' '.repeat(left + 1) + name.padEnd(widths[i]! - left + 1);
  };
  return [
    columns.map(center).join('|').trimEnd(),
    widths.map((width) => '-'.repeat(width + 2)).join('+'),
    ...cells.map(line),
    `(${rows.length} row${rows.length === 1 ? '' : 's'})`,
  ];
}
