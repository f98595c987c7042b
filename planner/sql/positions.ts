/** The three ways to count in a SQL text: JavaScript indexes (UTF-16), characters (code points), UTF-8 bytes. */

/** 1-based position in characters, as PostgreSQL's ErrorResponse has it, of a JavaScript index. */
export function characterPosition(text: string, index: number): number {
  let surrogates = 0;
  for (let i = 0; i < index; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdbff) surrogates++;
  }
  return index - surrogates + 1;
}

/** JavaScript index of the character at a UTF-8 byte offset (DuckDB's `query_location`); the length when it is beyond the end. */
export function indexOfByte(text: string, byte: number): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    if (bytes >= byte) return i;
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (unit >= 0xd800 && unit <= 0xdbff) {
      bytes += 4;
      i++;
    } else bytes += 3;
  }
  return text.length;
}

/** JavaScript index of a 1-based character position; the length when it is beyond the end. */
export function indexOfCharacter(text: string, position: number): number {
  let index = 0;
  for (let character = 1; character < position && index < text.length; character++) {
    const unit = text.charCodeAt(index);
    index += unit >= 0xd800 && unit <= 0xdbff ? 2 : 1;
  }
  return index;
}
