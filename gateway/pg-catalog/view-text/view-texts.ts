/**
 * Views as PostgreSQL 15 shows them: their queries are read as its parser and analyzer do (names, types, conversions), and printed as its
 * ruleutils does. What this room does not know for sure it refuses, and the text that was stored is shown.
 */
import { type Node, parsePostgres } from '../../../planner/sql/postgres.ts';
import type { DynamicRows } from '../state/dynamic-rows.ts';
import type { Column, Query } from './expr.ts';
import { factsOf, type KnownRelations, knownRelations } from './known-relations.ts';
import type { Page } from './page.ts';
import { printQuery } from './print-query.ts';
import { readQuery } from './read-query.ts';
import { newScope } from './scope.ts';
import type { TypeFacts } from './type-facts.ts';
import { Unprintable, unprintable } from './unprintable.ts';

/** A view with more texts for different widths has only that for lines of one item each. */
const maxWrappedTexts = 500;

/** A view's texts. */
export interface ViewText {
  readonly oid: number;
  /** What pg_get_viewdef tells. */
  readonly definition: string;
  /** With parentheses only where they are needed. */
  readonly pretty: string;
  /** The pretty one with lists in lines of so many characters, for widths from `width` on. */
  readonly wrapped: () => readonly { readonly width: number; readonly text: string }[];
}

interface WrittenView {
  readonly statement: Node;
  /** Given to its first columns. */
  readonly names: readonly string[];
}

interface ReadView {
  readonly query: Query;
  readonly names: readonly string[];
}

function printed(
  facts: TypeFacts,
  { query, names }: ReadView,
  pretty: boolean,
  wrap: number,
  widths = new Set<number>(),
) {
  // Rules name these two relations, so that they are taken.
  const page: Page = {
    ...{ facts, pretty, wrap, widths, names: new Map(), taken: new Set(['old', 'new']) },
    ...{ text: '', indent: 0 },
  };
  printQuery(page, query, names, true);
  return `${page.text};`;
}

/** At other widths than those that a line was compared with the text is the same. */
function wrappedTexts(facts: TypeFacts, view: ReadView) {
  const texts: { width: number; text: string }[] = [{ width: -(2 ** 31), text: printed(facts, view, true, -1) }];
  for (let width: number | undefined = 0; width !== undefined && texts.length < maxWrappedTexts; ) {
    const widths = new Set<number>();
    texts.push({ width, text: printed(facts, view, true, width, widths) });
    const wider = [...widths].filter((each) => each > width!);
    width = wider.length === 0 ? undefined : Math.min(...wider);
  }
  return texts.length < maxWrappedTexts ? texts : texts.slice(0, 2);
}

/** Undefined: what PostgreSQL would show is not known for sure. */
function sure<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Unprintable) return undefined;
    throw error;
  }
}

class ViewReader {
  readonly #written: ReadonlyMap<number, WrittenView>;
  readonly #facts: TypeFacts;
  readonly #relations: KnownRelations;
  readonly #views = new Map<number, ReadView | undefined>();

  constructor(facts: TypeFacts, rows: DynamicRows, written: ReadonlyMap<number, WrittenView>) {
    this.#facts = facts;
    this.#written = written;
    this.#relations = knownRelations(facts, rows, (oid) => this.#columns(oid));
  }

  /** Views of views are read once. */
  view(oid: number): ReadView | undefined {
    if (!this.#views.has(oid)) {
      // A view that names itself is none.
      this.#views.set(oid, undefined);
      this.#views.set(
        oid,
        sure(() => this.#read(oid)),
      );
    }
    return this.#views.get(oid);
  }

  #columns(oid: number): readonly Column[] | undefined {
    const view = this.view(oid);
    return view?.query.columns.map((column, at) => ({ ...column, name: view.names[at]! }));
  }

  #read(oid: number): ReadView {
    const written = this.#written.get(oid);
    if (written === undefined || !('SelectStmt' in written.statement)) return unprintable('no query');
    const root = newScope({ facts: this.#facts, find: this.#relations.find }, undefined);
    const query = readQuery(root, written.statement.SelectStmt);
    const names = (this.#relations.columns.get(oid) ?? []).map(({ name }) => name);
    // A star may stand for columns in another order than PostgreSQL's.
    const meant = query.columns.map(({ name }, at) => written.names[at] ?? name);
    if (names.join('\n') !== meant.join('\n')) return unprintable('other columns than the view has');
    return { query, names };
  }
}

/** The texts of those views of a state that can be shown as PostgreSQL does. Rows of `view_queries` say what was written. */
export async function viewTexts(seedFacts: TypeFacts, rows: DynamicRows): Promise<readonly ViewText[]> {
  const written = new Map<number, WrittenView>();
  for (const { oid, query, names } of rows.of('view_queries')) {
    const statement = await parsePostgres(String(query));
    const given = Array.isArray(names) ? names.map(String) : [];
    if (statement !== undefined) written.set(Number(oid), { statement, names: given });
  }
  const facts = factsOf(seedFacts, rows);
  const reader = new ViewReader(facts, rows, written);
  return [...written.keys()].flatMap((oid) => {
    const view = reader.view(oid);
    if (view === undefined) return [];
    const text = sure(() => ({ definition: printed(facts, view, false, 0), pretty: printed(facts, view, true, 0) }));
    return text === undefined ? [] : { oid, ...text, wrapped: () => wrappedTexts(facts, view) };
  });
}
