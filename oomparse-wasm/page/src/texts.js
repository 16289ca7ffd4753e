// The catalogue's texts, and figures as the program writes them.

import page from '../../../oomparse-report/texts/page.json';

let language = 'en';
// What terms mean, once a log is read.
let terms = {};

export function explain(all) {
  terms = all;
}

export const languages = { en: 'English', zh: '中文' };

export function speak(tag) {
  language = tag.toLowerCase().startsWith('zh') ? 'zh' : 'en';
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
}

export const spoken = () => language;

/** A text of the catalogue with its `{names}` replaced. */
export function t(key, values = {}) {
  const text = page[key]?.[language];
  if (text === undefined) return key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
}

/** The text for one or for many: `key_one`, `key_many`. */
export function count(key, n) {
  return t(`${key}_${n === 1 ? 'one' : 'many'}`, { n: number(n) });
}

/** What a term means, if the catalogue has it. */
export const meaning = (term) => terms[term]?.[language];

export const number = (n) => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',');

/** `0 B`, `56.0 KiB`, `1.5 GiB`. */
export function bytes(n) {
  if (n < 1024) return `${n} B`;
  let size = n / 1024;
  for (const unit of ['KiB', 'MiB', 'GiB', 'TiB', 'PiB']) {
    if (Number(size.toFixed(1)) < 1024) return `${size.toFixed(1)} ${unit}`;
    size /= 1024;
  }
  return `${size.toFixed(1)} EiB`;
}

export const pages = (n) => count('pages', n);

export const percent = (part, whole) => (whole > 0 ? Math.round((part * 100) / whole) : 0);

/** A row's time in a few letters. */
export function shortTime(row) {
  if (row.clock) return row.clock.replace('T', ' ').replace(/(\.\d{3})\d+/, '$1');
  if (row.boot_us !== undefined) return t('after_boot', { time: `${(row.boot_us / 1e6).toFixed(3)} s` });
  return t('no_time');
}
