// The page itself in one file, with events in it.

/** The document as it was before anything was shown. */
let pristine;

export function remember() {
  pristine = document.getElementById('module-read') ? `<!doctype html>\n${document.documentElement.outerHTML}` : undefined;
}

async function template() {
  if (pristine) return pristine;
  const response = await fetch('oomparse.html');
  if (!response.ok) throw new Error(`oomparse.html: ${response.status}`);
  return response.text();
}

/** Text that ends no script and opens no comment. */
const safe = (text) => text.replace(/</g, '\\u003c');

/** The page with these events, one a line; `oomparse report --html` writes the same. */
export async function pageWith(events, name) {
  const page = (await template()).replace(/\n<script type="application\/x-ndjson"[^]*?<\/script>/, '\n<!--events-->');
  const attribute = name.replace(/[&"<>]/g, (letter) => `&#${letter.charCodeAt(0)};`);
  const data = `<script type="application/x-ndjson" id="events" data-name="${attribute}">\n${safe(events)}</script>`;
  const at = page.indexOf('<!--events-->');
  return page.slice(0, at) + data + page.slice(at + '<!--events-->'.length);
}
