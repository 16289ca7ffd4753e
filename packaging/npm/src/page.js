// In a page, as it stands, or through a bundler: the events of a log, as the program writes them.

import { init, parseNdjson } from 'oomparse';

globalThis.eventsOf = async (log) => {
  await init();
  return parseNdjson(log);
};
