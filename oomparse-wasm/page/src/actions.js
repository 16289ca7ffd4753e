// What a person does.

import { ask, cancel, module, start, terms } from './engine.js';
import { kept, now, set } from './state.js';
import { explain, speak, t } from './texts.js';

/** Starts the module, and shows what the page was made with. */
export async function begin() {
  choose(kept.get('language') ?? navigator.language ?? 'en', kept.get('theme') ?? 'auto');
  try {
    await start(await module('read'), {
      rows: (rows) => add(rows),
      renamed: ({ from, rows }) => {
        const all = [...now().rows];
        rows.forEach((row, at) => {
          const { incident, under } = all[from + at];
          all[from + at] = { ...row, incident, under };
        });
        set({ rows: all });
      },
      progress: (progress) => set({ progress }),
      cut: ({ to }) => {
        const { rows, chosen } = now();
        set({ rows: rows.slice(0, to), chosen: chosen < to ? chosen : undefined });
      },
      joined: ({ incidents, repeated }) => join(incidents, repeated),
    });
    set({ module: 'ready' });
    const embedded = document.getElementById('events');
    if (embedded) {
      learn();
      set({ logs: [embedded.dataset.name ?? t('embedded')] });
      await ask('load', { text: embedded.textContent });
      if (now().rows.length > 0) select(0);
    }
  } catch (error) {
    set({ module: 'failed', failure: String(error?.message ?? error) });
  }
}

/** Stands for what was reported before. */
const AGAIN = -1;

/** Others who report the same death stand below it. */
function join(incidents, repeated) {
  const rows = [...now().rows];
  incidents.forEach(({ lead, voices }, incident) => {
    for (const { event, own } of voices) {
      const under = event === lead || own ? undefined : lead;
      rows[event] = { ...rows[event], incident, under };
    }
  });
  for (const event of repeated) rows[event] = { ...rows[event], under: AGAIN };
  const { chosen } = now();
  const under = rows[chosen]?.under;
  set({ rows, incidents, chosen: under >= 0 ? under : chosen });
}

function add(rows) {
  const { rows: before, chosen } = now();
  const all = before;
  all.push(...rows);
  set({ rows: all, chosen: chosen ?? (all.length > 0 ? 0 : undefined) });
}

let asked;

/** Fetches what terms mean, once; without it the page has all else. */
function learn() {
  asked ??= terms().then(
    (all) => {
      explain(all);
      set({});
    },
    () => {
      asked = undefined;
    },
  );
  return asked;
}

/** Reads logs, in place of what was read before. */
export async function open(files) {
  if (files.length === 0) return;
  if (now().progress) cancel();
  learn();
  const pristine = { rows: [], chosen: undefined, compared: undefined, group: undefined, voice: undefined, incidents: [] };
  await ask('clear');
  set({
    ...pristine,
    range: undefined,
    search: '',
    problems: [],
    cancelled: false,
    logs: files.map((file) => file.name),
    progress: { name: files[0].name, done: 0, total: files.reduce((sum, file) => sum + file.size, 0) },
  });
  try {
    const { year, offset } = now();
    const { problems, cancelled } = await ask('open', { files, year, offset });
    set({ progress: undefined, problems, cancelled, reads: now().reads + 1 });
  } catch (error) {
    const problems = [{ name: files[0].name, problem: String(error.message) }];
    set({ progress: undefined, problems, reads: now().reads + 1 });
  }
}

export const openText = (text) => open([new File([text], t('pasted'))]);

export function stop() {
  cancel();
}

/** Takes names of pods from files beside the log. */
export async function names(files) {
  const told = await ask('names', { files });
  set({ notice: told > 0 ? t('names_read', { n: told }) : t('names_none') });
}

export function select(index) {
  set({ chosen: index, compared: undefined });
}

export function choose(language, theme) {
  speak(language);
  if (theme !== 'auto') document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  set({ language: language.toLowerCase().startsWith('zh') ? 'zh' : 'en', theme });
}

export function language(tag) {
  kept.set('language', tag);
  choose(tag, now().theme);
}

export function theme(name) {
  kept.set('theme', name);
  choose(now().language, name);
}

export async function anonymise(on) {
  set({ anonymous: on });
  await ask('anonymise', { on });
  set({ group: undefined });
}
