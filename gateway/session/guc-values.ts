const styles: Readonly<Record<string, string>> = { iso: 'ISO', sql: 'SQL', postgres: 'Postgres', german: 'German' };
const orders: Readonly<Record<string, string>> = {
  mdy: 'MDY',
  us: 'MDY',
  noneuro: 'MDY',
  noneuropean: 'MDY',
  dmy: 'DMY',
  euro: 'DMY',
  european: 'DMY',
  ymd: 'YMD',
};

/** `ISO, DMY`, `german`, `ymd`: either part may be missing and then keeps its value (German brings DMY). */
export function parseDateStyle(text: string, current: string): string | undefined {
  let [style, order] = current.split(', ') as [string, string];
  const words = text
    .toLowerCase()
    .split(',')
    .map((word) => word.trim());
  const named = new Set<'style' | 'order'>();
  for (const word of words) {
    if (Object.hasOwn(styles, word) && !named.has('style')) {
      style = styles[word]!;
      named.add('style');
      if (word === 'german' && !named.has('order')) {
        order = 'DMY';
      }
    } else if (Object.hasOwn(orders, word)) {
      order = orders[word]!;
      named.add('order');
    } else if (word === 'default') {
      [style, order] = ['ISO', 'MDY'];
    } else {
      return undefined;
    }
  }
  return `${style}, ${order}`;
}

const maxOffsetHours = 12;

/**
 * A name that ICU knows, in its usual spelling. Whole hours (`-7`: west, as `SET TIME ZONE -7`; `UTC+3`: west too, by POSIX) become
 * the `Etc/GMT` zone of that offset, since DuckDB knows no other fixed offsets.
 */
export function parseTimeZone(text: string): string | undefined {
  const name = text.trim().replace(/^'(.*)'$/, '$1');
  const hours = /^([+-]?\d{1,2})(?::?00)?$/.exec(name);
  if (hours !== null) {
    return fixedOffset(Number(hours[1]));
  }
  const posix = /^(?:utc|gmt)([+-]\d{1,2})$/i.exec(name);
  if (posix !== null) {
    return fixedOffset(-Number(posix[1]));
  }
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions();
    // `resolvedOptions` may give another name of the same zone: keep the one that was asked for, in the right case.
    return timeZone.toLowerCase() === name.toLowerCase() ? timeZone : spelled(name);
  } catch (error) {
    if (error instanceof RangeError) {
      return undefined;
    }
    throw error;
  }
}

/** `hours` east of Greenwich; the names of the Etc zones count the other way. */
function fixedOffset(hours: number): string | undefined {
  if (Math.abs(hours) > maxOffsetHours) {
    return undefined;
  }
  return hours === 0 ? 'UTC' : `Etc/GMT${hours > 0 ? '-' : '+'}${Math.abs(hours)}`;
}

/** `europe/berlin` as `Europe/Berlin`; names without a slash (UTC, EST5EDT) in capitals. */
function spelled(name: string): string {
  if (!name.includes('/')) {
    return /^[a-z0-9+-]{1,7}$/i.test(name) ? name.toUpperCase() : name;
  }
  return name === name.toLowerCase()
    ? name.replace(/(^|[/_-])([a-z])/g, (_, mark: string, letter: string) => mark + letter.toUpperCase())
    : name;
}
