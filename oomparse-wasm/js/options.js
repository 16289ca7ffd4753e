// A parser's options, checked.

import { bytesOf, nameOf } from './bytes.js';
import { zoneOf } from './zone.js';

const CHECKS = {
  tasks: (value, settings) => {
    settings.tasks = typed(value, 'boolean', 'tasks');
  },
  trust: (value, settings) => {
    const trust = typed(value, 'string', 'trust');
    if (trust !== 'any' && trust !== 'kernel') {
      throw new RangeError(`oomparse: trust is 'any' or 'kernel', not '${trust}'`);
    }
    settings.provenOnly = trust === 'kernel';
  },
  sources: (value, settings) => {
    const names = value === 'all' ? ['all'] : value;
    if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) {
      throw new TypeError("oomparse: sources is 'all' or an array of strings");
    }
    settings.sources = [...names];
  },
  origin: (value, settings) => {
    settings.origin = typed(value, 'string', 'origin');
  },
  year: (value, settings) => {
    const year = typed(value, 'number', 'year');
    if (!Number.isInteger(year) || year < 1970 || year > 9999) {
      throw new RangeError(`oomparse: year is a whole number from 1970 to 9999, not ${year}`);
    }
    settings.year = year;
  },
  timezone: (value, settings) => {
    const zone = zoneOf(typed(value, 'string', 'timezone'));
    if (typeof zone === 'number') settings.offset = zone;
    else settings.zone = zone;
  },
  host: (value, settings) => {
    settings.host = name(value, 'host');
  },
  bootId: (value, settings) => {
    settings.bootId = name(value, 'bootId');
  },
  cgroupRoots: (value, settings) => {
    const roots = Array.isArray(value) ? value : [value];
    settings.cgroupRoots = roots.map((root) => bytesOf(root, 'cgroupRoots').slice());
  },
  labels: (value, settings) => {
    const keys = value === '*' ? ['*'] : value;
    if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string')) {
      throw new TypeError("oomparse: labels is '*' or an array of strings");
    }
    settings.labels = [...keys];
  },
  pods: (value, settings) => {
    settings.listings = Array.isArray(value) ? [...value] : [value];
  },
};

/** The settings that options ask for. */
export function settingsOf(options) {
  const settings = {
    tasks: false,
    provenOnly: false,
    sources: [],
    cgroupRoots: [],
    labels: [],
    listings: [],
  };
  if (options === undefined) return settings;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`oomparse: options must be an object, not ${nameOf(options)}`);
  }
  // A Map, a Date or an instance of a class would be read as if it were empty.
  const prototype = Object.getPrototypeOf(options);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw new TypeError('oomparse: options must be a plain object');
  }
  for (const [key, value] of Object.entries(options)) {
    if (!Object.hasOwn(CHECKS, key)) {
      const known = Object.keys(CHECKS).join(', ');
      throw new TypeError(`oomparse: there is no option '${key}'; there are ${known}`);
    }
    if (value !== undefined) CHECKS[key](value, settings);
  }
  return settings;
}

function typed(value, type, option) {
  if (typeof value === type) return value;
  throw new TypeError(`oomparse: ${option} must be a ${type}, not ${nameOf(value)}`);
}

function name(value, option) {
  const bytes = bytesOf(value, option);
  return bytes.length > 0 ? bytes.slice() : undefined;
}
