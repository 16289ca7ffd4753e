// With tsc --strict: what a project would write.

import { parse, type OomEvent } from 'oomparse';

export function pids(log: Uint8Array): number[] {
  const found: number[] = [];
  for (const event of parse(log, { trust: 'kernel' })) {
    if (event.type === 'kill' && event.victim.pid !== undefined) found.push(event.victim.pid);
  }
  return found;
}

export const ids = (events: OomEvent[]): string[] => events.flatMap(({ id }) => (id ? [id] : []));

// @ts-expect-error: there is no such option.
parse('', { trusts: 'kernel' });
