// `npm run serve`: the built page on localhost.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const FOLDER = fileURLToPath(new URL('../../dist/page', import.meta.url));
const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

/** A server of the page, where it is, and which paths were asked for. */
export async function serve(port = 0) {
  const asked = [];
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    asked.push(pathname);
    try {
      // `normalize` leaves no way up out of a path that begins with a slash.
      const path = normalize(pathname.endsWith('/') ? `${pathname}index.html` : pathname);
      const type = TYPES[extname(path)];
      if (!type) throw new Error('no such type');
      const body = await readFile(join(FOLDER, path));
      response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache' }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { server, asked, url: `http://127.0.0.1:${server.address().port}/` };
}

if (process.argv[1] && pathToFileURL(process.argv[1]).href === import.meta.url) {
  const { url } = await serve(Number(process.env.PORT ?? 8080));
  console.log(url);
}
