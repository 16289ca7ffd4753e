// In Node: the events of a log, as the program writes them.

import { readFileSync } from 'node:fs';
import { parseNdjson } from 'oomparse';

process.stdout.write(parseNdjson(readFileSync(process.argv[2])));
