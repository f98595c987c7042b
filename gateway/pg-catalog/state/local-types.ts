import { pgType } from '../../../worker/rows/pg-types.ts';
import { parseType } from '../../../worker/rows/types.ts';
import type { LocalType } from './read-metadata.ts';

/** A column's type as pg_attribute has it. */
export interface AttributeType {
  readonly oid: number;
  readonly typmod: number;
  readonly dimensions: number;
}

/** An enum type: its OID by its labels, since columns tell only these. */
export type EnumOids = ReadonlyMap<string, { readonly oid: number; readonly arrayOid: number; readonly name: string }>;

export function enumKey(labels: readonly string[]): string {
  return JSON.stringify(labels);
}

function labelsOf(type: string): readonly string[] | undefined {
  const body = /^ENUM\((.*)\)$/s.exec(type)?.[1];
  return body?.match(/'(?:[^']|'')*'/g)?.map((label) => label.slice(1, -1).replaceAll("''", "'"));
}

/** The type that a client sees for a column of DuckDB's type `text`. */
export function attributeType(text: string, enums: EnumOids): AttributeType {
  const element = text.endsWith('[]') ? text.slice(0, -2) : text;
  const labels = labelsOf(element);
  const known = labels === undefined ? undefined : enums.get(enumKey(labels));
  if (known !== undefined) {
    const array = element !== text;
    return { oid: array ? known.arrayOid : known.oid, typmod: -1, dimensions: array ? 1 : 0 };
  }
  const { oid, typmod, element: of } = pgType(parseType(text));
  return { oid, typmod, dimensions: of === undefined ? 0 : 1 };
}

/** True for types that become rows of pg_type. */
export function isEnum(type: LocalType): type is LocalType & { readonly labels: readonly string[] } {
  return type.kind === 'ENUM' && type.labels !== null;
}
