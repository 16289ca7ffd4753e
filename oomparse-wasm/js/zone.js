// Time zones: an offset as a number, a zone with rules as something that can be asked.

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** Minutes east of UTC, or a zone whose offset depends on the date. */
export function zoneOf(text) {
  if (/^(z|utc)$/i.test(text)) return 0;
  if (/^[+-]/.test(text)) {
    const found = /^([+-])([01]\d|2[0-3])(?::?([0-5]\d))?$/.exec(text);
    if (!found) throw new RangeError(`oomparse: an offset looks like +08:00, not ${text}`);
    const minutes = Number(found[2]) * 60 + Number(found[3] ?? 0);
    return found[1] === '-' ? 0 - minutes : minutes;
  }
  return new Zone(text);
}

class Zone {
  #format;

  constructor(name) {
    const timeZone = name === 'local' ? undefined : name;
    try {
      if (timeZone === '') throw new RangeError('an empty name');
      this.#format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
        timeZone,
        hourCycle: 'h23',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        second: 'numeric',
      });
    } catch (cause) {
      const forms = '+08:00, UTC, local, or a name such as Asia/Shanghai';
      throw new RangeError(`oomparse: there is no time zone '${name}'; write ${forms}`, { cause });
    }
  }

  /** Minutes east of UTC; in the hour that a change of clocks repeats or leaves out, nothing is known. */
  offset(year, month, day, hour, minute, second) {
    // A leap second is not in it: the second before stands for it.
    const local = Date.UTC(year, month - 1, day, hour, minute, Math.min(second, 59));
    if (new Date(local).getUTCDate() !== day) return undefined;
    const before = this.#at(local - DAY_MS);
    const after = this.#at(local + DAY_MS);
    const found = [...new Set([before, after])].filter((east) => this.#at(local - east) === east);
    const minutes = found[0] / MINUTE_MS;
    return found.length === 1 && Number.isInteger(minutes) ? minutes : undefined;
  }

  /** Milliseconds east of UTC at an instant. */
  #at(instant) {
    const part = {};
    for (const { type, value } of this.#format.formatToParts(instant)) part[type] = Number(value);
    const { year, month, day, hour, minute, second } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second) - instant;
  }
}
