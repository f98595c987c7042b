/** Limits of COPY with the client that are not settings. */

/** Bytes of messages that are put together before their rows are read, and read without giving way to other sessions. */
export const readBytes = 256 * 1024;
/** One line, or one tuple of the binary format: as PostgreSQL's MaxAllocSize allows for a line. */
export const maxLineBytes = 256 * 1024 * 1024;
/** Rows that are handed to DuckDB at a time, */
export const batchRows = 8_192;
/** or bytes of their text, whichever comes first. */
export const batchBytes = 4 * 1024 * 1024;
/** Rows that are kept beside the table before one INSERT takes them, where they can't be appended as they are, */
export const stagedRows = 131_072;
/** or bytes of their text, whichever comes first. */
export const stagedBytes = 64 * 1024 * 1024;
/** Of a line or value in the context of an error, as PostgreSQL's MAX_COPY_DATA_DISPLAY. */
export const shownBytes = 100;
