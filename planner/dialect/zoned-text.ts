/** A date and a time of day with an offset behind them. */
const zoned =
  /^\s*(\d{4,}-\d\d-\d\d)[ T]\s*(\d{1,2}:\d\d(?::\d\d(?:\.\d*)?)?)\s*([-+]\d{1,2}(?::?\d\d(?::?\d\d)?)?|z)\s*$/i;

/**
 * A text as DuckDB reads it as a TIMESTAMP WITH TIME ZONE: PostgreSQL takes blanks before an offset, and times without seconds. The text itself
 * where nothing differs.
 */
export function zonedForm(text: string): string {
  const found = zoned.exec(text);
  if (found === null) return text;
  const [, date, time, offset] = found;
  return `${date} ${time}${/:.*:/.test(time!) ? '' : ':00'}${offset}`;
}

/** The same for a TIMESTAMP: PostgreSQL reads over an offset, where DuckDB would move the time by it. */
export function unzonedForm(text: string): string {
  const found = zoned.exec(text);
  return found === null ? text : `${found[1]} ${found[2]}`;
}

/** May a text hold such a constant, in quotes? */
export const mayHoldZoned = /\d:\d\d(?::\d\d(?:\.\d*)?)?\s*(?:[-+]\d{1,2}(?::?\d\d){0,2}|z)\s*'/i;
