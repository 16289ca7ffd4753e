// What the page knows, in one place; who shows a part of it is called when it changes.

import { useEffect, useState } from 'preact/hooks';

const state = {
  /** `starting`, `ready`, `failed` */
  module: 'starting',
  failure: undefined,
  /** What is being read, or was. */
  logs: [],
  progress: undefined,
  /** How often logs were read to their end, or as far as they could be. */
  reads: 0,
  problems: [],
  cancelled: false,
  rows: [],
  /** Which event is shown, and with which it is compared. */
  chosen: undefined,
  compared: undefined,
  /** `pod`, `container`, `process`, `node` */
  grouping: 'pod',
  group: undefined,
  range: undefined,
  /** Whose events alone are listed: `kernel`, `systemd-oomd`, `kubelet` … */
  voice: undefined,
  /** Events of one death, where more than one voice reports it. */
  incidents: [],
  search: '',
  anonymous: false,
  language: 'en',
  theme: 'auto',
  notice: undefined,
};

const listeners = new Set();

export function set(patch) {
  Object.assign(state, patch);
  for (const listener of listeners) listener();
}

export const now = () => state;

/** The state, and a new view of it whenever it changes. */
export function useAll() {
  const [, again] = useState(0);
  useEffect(() => {
    let pending = false;
    const listener = () => {
      if (pending) return;
      pending = true;
      requestAnimationFrame(() => {
        pending = false;
        again((n) => n + 1);
      });
    };
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, []);
  return state;
}

const DEATHS = new Set(['kill', 'userspace_kill', 'eviction']);

/** The deaths, whoever killed; one that several report once. */
export const kills = (rows) => rows.filter((row) => DEATHS.has(row.type) && row.under === undefined);

/** The name that a row is grouped by. */
export function groupOf(row, grouping) {
  switch (grouping) {
    case 'pod':
      return row.pod;
    case 'container':
      return row.container && (row.pod ? `${row.pod} / ${row.container}` : row.container);
    case 'process':
      return row.comm;
    case 'node':
      return row.host;
    default:
      return undefined;
  }
}

/** Which clock most rows have, and a row's seconds by it. */
export function clockOf(rows) {
  const wall = rows.filter((row) => row.at !== undefined).length;
  const boot = rows.filter((row) => row.at === undefined && row.boot_us !== undefined).length;
  const isWall = wall >= boot;
  const seconds = (row) => {
    if (isWall) return row.at;
    return row.at === undefined && row.boot_us !== undefined ? row.boot_us / 1e6 : undefined;
  };
  return { isWall, seconds };
}

/** The indexes of the rows that group, range and search leave. */
export function shown({ rows, grouping, group, range, voice, search }) {
  const { seconds } = clockOf(rows);
  const wanted = search.trim().toLowerCase();
  const indexes = [];
  rows.forEach((row, index) => {
    if (voice === undefined ? row.under !== undefined : row.voice !== voice) return;
    if (group !== undefined && (groupOf(row, grouping) ?? null) !== group) return;
    if (range) {
      const at = seconds(row);
      if (at === undefined || at < range[0] || at > range[1]) return;
    }
    if (wanted !== '') {
      const text = [row.comm, row.pid, row.pod, row.container, row.host, row.cgroup, row.voice].join(' ');
      if (!text.toLowerCase().includes(wanted)) return;
    }
    indexes.push(index);
  });
  return indexes;
}

/** What keeps between visits, where the browser lets it. */
export const kept = {
  get(key) {
    try {
      return localStorage.getItem(`oomparse.${key}`) ?? undefined;
    } catch {
      return undefined;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(`oomparse.${key}`, value);
    } catch {
      // A page from a file may not keep anything.
    }
  },
};
