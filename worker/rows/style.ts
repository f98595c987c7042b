/** The session settings that the text of a value depends on. */
import { type DateStyle, parseDateStyle } from './datetime-text.ts';
import type { IntervalStyle } from './interval-text.ts';
import { type TimeZone, timeZone } from './time-zone.ts';

/** As SHOW prints them. */
export interface RowStyle {
  readonly timeZone: string;
  /** `ISO, MDY` and its like. */
  readonly dateStyle: string;
  readonly intervalStyle: string;
  readonly byteaOutput: string;
  readonly extraFloatDigits: number;
  readonly dialect: 'postgres' | 'duckdb';
}

/** A style ready for use. */
export interface ResolvedStyle {
  readonly zone: TimeZone;
  readonly dateStyle: DateStyle;
  readonly intervalStyle: IntervalStyle;
  readonly byteaOutput: 'hex' | 'escape';
  readonly extraFloatDigits: number;
}

const intervalStyles: readonly IntervalStyle[] = ['postgres', 'postgres_verbose', 'sql_standard', 'iso_8601'];

/** Settings were checked when they were set: what is unknown here counts as the default. Throws 22023 for an unknown zone. */
export function resolveStyle(style: RowStyle): ResolvedStyle {
  return {
    zone: timeZone(style.timeZone),
    dateStyle: parseDateStyle(style.dateStyle),
    intervalStyle: intervalStyles.find((name) => name === style.intervalStyle.toLowerCase()) ?? 'postgres',
    byteaOutput: style.byteaOutput.toLowerCase() === 'escape' ? 'escape' : 'hex',
    extraFloatDigits: style.extraFloatDigits,
  };
}

/** Values inside JSON print in these forms whatever the session's settings are. */
export function jsonStyle(style: ResolvedStyle): ResolvedStyle {
  return { ...style, dateStyle: { format: 'ISO', dayFirst: false }, intervalStyle: 'postgres', byteaOutput: 'hex' };
}
