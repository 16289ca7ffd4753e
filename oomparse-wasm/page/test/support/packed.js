// One kill, packed in ways that no tool at hand need know.

const LOG = '[9.2] Memory cgroup out of memory: Killed process 7 (memc) total-vm:8kB, anon-rss:4kB, file-rss:0kB, shmem-rss:0kB\n';

/** A frame of lz4 with one block, which is not compressed. */
function lz4(text) {
  const block = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32LE((block.length | 0x80000000) >>> 0);
  return Buffer.concat([Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82]), length, block, Buffer.alloc(4)]);
}

/** Names and bytes; the zip archive holds the kill twice. */
export const PACKED = {
  'kern.log.lz4': lz4(LOG),
  // bzip2 < kern.log
  'kern.log.bz2': Buffer.from(
    'QlpoOTFBWSZTWSpAJqcAABVfgAAQQGdU8BAKAAov798gIABoRNRoNDaQ0aHqAekBE0nomgaGgAPUaHqFWjns+HTyJrJptV3siHaE' +
    'BYO9z1VIAThA8JZoyOIFgYwa1dGR8Ga+vKheg+xfIFbvi3gF5EgxRFThiAMpcpzCEGkH4u5IpwoSBUgE1OA=',
    'base64',
  ),
  // zip logs.zip var/log/kern.log var/log/kern.log.1
  'logs.zip': Buffer.from(
    'UEsDBBQAAAAIAIERJVysWAAhYQAAAHMAAAAQAAAAdmFyL2xvZy9rZXJuLmxvZ4u21DOKVfBNzc0vqlRITi/KLy1QyC8tUchPU8gF' +
    'C1opeGfm5KSmKBQU5SenFhcrmCtoAGWSNRVK8ksSc3TLcq0ssp10FBLz8vN0i4qLrUxAvLTMnFQwzwDEK84A6oBxuQBQSwMEFAAA' +
    'AAgAgRElXKxYACFhAAAAcwAAABIAAAB2YXIvbG9nL2tlcm4ubG9nLjGLttQzilXwTc3NL6pUSE4vyi8tUMgvLVHIT1PIBQtaKXhn' +
    '5uSkpigUFOUnpxYXK5graABlkjUVSvJLEnN0y3KtLLKddBQS8/LzdIuKi61MQLy0zJxUMM8AxCvOAOqAcbkAUEsBAhQDFAAAAAgA' +
    'gRElXKxYACFhAAAAcwAAABAAAAAAAAAAAAAAAIABAAAAAHZhci9sb2cva2Vybi5sb2dQSwECFAMUAAAACACBESVcrFgAIWEAAABz' +
    'AAAAEgAAAAAAAAAAAAAAgAGPAAAAdmFyL2xvZy9rZXJuLmxvZy4xUEsFBgAAAAACAAIAfgAAACABAAAAAA==',
    'base64',
  ),
};
