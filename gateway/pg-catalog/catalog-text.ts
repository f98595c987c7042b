import { nameMark } from './translate/context.ts';

/** What a text reads: relations and macros by name. */
export interface Uses {
  readonly relations: ReadonlySet<string>;
  readonly functions: ReadonlySet<string>;
}

/** Text of this room with `{pg_class}`, `{fn:name}` and `{const:name}` as marks. */
export function marked(text: string): string {
  return text.replace(/\{((?:fn:|const:)?[a-z_][\w.]*)\}/g, (_, name: string) => nameMark(name));
}

/** What a text with marks uses. */
export function usesOf(text: string): Uses {
  const relations = new Set<string>();
  const functions = new Set<string>();
  for (const [, name] of text.matchAll(/\uE000([^\uE001]*)\uE001/g)) {
    if (name!.startsWith('fn:')) functions.add(name!.slice(3));
    else if (!name!.startsWith('const:')) relations.add(name!);
  }
  return { relations, functions };
}
