// `npm run page`: serves this package on localhost, for the page in `page/`.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** A server of the package's files, and where its page is. */
export async function serve(port = 0) {
  const server = createServer(async (request, response) => {
    try {
      const { pathname } = new URL(request.url, 'http://localhost');
      const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
      const type = TYPES[extname(path)];
      if (!type) throw new Error('no such type');
      // `normalize` leaves no way up out of a path that begins with a slash.
      const body = await readFile(join(PACKAGE, normalize(path)));
      response.writeHead(200, { 'content-type': type }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${server.address().port}/examples/page/` };
}

if (process.argv[1] && pathToFileURL(process.argv[1]).href === import.meta.url) {
  const { url } = await serve(Number(process.env.PORT ?? 8080));
  console.log(url);
}
