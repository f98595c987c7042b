/** Array parameters: PostgreSQL's text and binary forms as nested lists of canonical texts. */
import { errors } from '../../planner/errors.ts';
import { binaryText } from './parameter-binary.ts';
import { canonicalText } from './parameter-text.ts';
import { elementOid } from './pg-types.ts';

/** Elements are canonical texts, or lists of them for further dimensions. */
export type ArrayItem = string | null | readonly ArrayItem[];

export interface ArrayValue {
  readonly items: readonly ArrayItem[];
  /** 0 for an empty array. */
  readonly dimensions: number;
}

/** PostgreSQL's MAXDIM. */
const maxDimensions = 6;
/** Its limit of elements: what fits 1 GB of datums. */
const maxElements = 134_217_727;

/** Reads `{1,NULL,"a b",{…}}`, with or without bounds in front (`[0:1]={…}`). Throws 22P02. */
export function textArray(text: string, oid: number): ArrayValue {
  const body = text.trim().replace(/^(\[[+-]?\d+(:[+-]?\d+)?\])+=/, '');
  const reader = new ArrayReader(body, elementOid(oid)!, () => errors.malformedArray(text));
  const items = reader.read();
  let dimensions = 0;
  for (let level: ArrayItem | undefined = items; Array.isArray(level); level = level[0]) {
    dimensions++;
  }
  if (!isRectangular(items, dimensions)) {
    throw errors.malformedArray(text);
  }
  return { items, dimensions: items.length === 0 ? 0 : dimensions };
}

/** Every sub-array has the same number of dimensions and the length of its siblings. */
function isRectangular(items: readonly ArrayItem[], dimensions: number): boolean {
  if (dimensions === 1) {
    return items.every((item) => !Array.isArray(item));
  }
  const lists = items.filter((item): item is readonly ArrayItem[] => Array.isArray(item));
  return (
    lists.length === items.length &&
    lists.every((list) => list.length === lists[0]!.length && isRectangular(list, dimensions - 1))
  );
}

class ArrayReader {
  readonly #text: string;
  readonly #oid: number;
  readonly #malformed: () => Error;
  #at = 0;

  constructor(text: string, oid: number, malformed: () => Error) {
    this.#text = text;
    this.#oid = oid;
    this.#malformed = malformed;
  }

  read(): readonly ArrayItem[] {
    const items = this.#list(1);
    if (this.#text.slice(this.#at).trim() !== '') {
      throw this.#malformed();
    }
    return items;
  }

  #skipSpace(): string {
    while (/\s/.test(this.#text[this.#at] ?? '')) {
      this.#at++;
    }
    return this.#text[this.#at] ?? '';
  }

  #list(depth: number): readonly ArrayItem[] {
    if (this.#skipSpace() !== '{' || depth > maxDimensions) {
      throw this.#malformed();
    }
    this.#at++;
    const items: ArrayItem[] = [];
    if (this.#skipSpace() === '}') {
      this.#at++;
      return items;
    }
    for (;;) {
      const next = this.#skipSpace();
      items.push(next === '{' ? this.#list(depth + 1) : next === '"' ? this.#quoted() : this.#bare());
      const end = this.#skipSpace();
      this.#at++;
      if (end === '}') {
        return items;
      }
      if (end !== ',') {
        throw this.#malformed();
      }
    }
  }

  #quoted(): string {
    const match = /"((?:[^"\\]|\\[\s\S])*)"/y;
    match.lastIndex = this.#at;
    const found = match.exec(this.#text);
    if (found === null) {
      throw this.#malformed();
    }
    this.#at = match.lastIndex;
    return canonicalText(this.#oid, found[1]!.replaceAll(/\\([\s\S])/g, '$1'));
  }

  #bare(): string | null {
    const match = /(?:[^,{}"\\]|\\[\s\S])+/y;
    match.lastIndex = this.#at;
    const found = match.exec(this.#text);
    const text = found?.[0].trim() ?? '';
    if (text === '') {
      throw this.#malformed();
    }
    this.#at = match.lastIndex;
    return text.toLowerCase() === 'null' ? null : canonicalText(this.#oid, text.replaceAll(/\\([\s\S])/g, '$1'));
  }
}

/** Reads what array_send writes. Throws 22P03. */
export function binaryArray(bytes: Uint8Array, oid: number): ArrayValue {
  const fail = (detail: string) => errors.invalidBinary('array', detail);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const int32 = () => {
    if (at + 4 > bytes.length) {
      throw fail('it ends early');
    }
    at += 4;
    return view.getInt32(at - 4);
  };
  const dimensions = int32();
  int32();
  const element = int32();
  if (dimensions < 0 || dimensions > maxDimensions || element !== elementOid(oid)) {
    throw fail(`${dimensions} dimensions of elements with OID ${element}`);
  }
  const lengths: number[] = [];
  for (let i = 0; i < dimensions; i++) {
    lengths.push(int32());
    int32();
  }
  if (lengths.some((length) => length < 0) || lengths.reduce((all, length) => all * length, 1) > maxElements) {
    throw fail('wrong lengths of its dimensions');
  }
  const readItem = (): ArrayItem => {
    const length = int32();
    if (length === -1) {
      return null;
    }
    if (length < 0 || at + length > bytes.length) {
      throw fail('it ends early');
    }
    at += length;
    return binaryText(element, bytes.subarray(at - length, at));
  };
  const readLevel = (level: number): readonly ArrayItem[] => {
    const items: ArrayItem[] = [];
    for (let i = 0; i < lengths[level]!; i++) {
      items.push(level === dimensions - 1 ? readItem() : readLevel(level + 1));
    }
    return items;
  };
  const items = dimensions === 0 ? [] : readLevel(0);
  if (at !== bytes.length) {
    throw fail('bytes are left over');
  }
  return { items, dimensions };
}
