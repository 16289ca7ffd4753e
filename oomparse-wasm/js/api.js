// What the package exports, wherever it runs.

export { Parser, parse, parseCgroup, parseNdjson } from './parser.js';
export { OomTransformStream, parseStream } from './streams.js';
