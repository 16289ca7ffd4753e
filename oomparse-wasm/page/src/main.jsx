// Where the page begins.

import { render } from 'preact';
import { begin } from './actions.js';
import { remember } from './export/html.js';
import { App } from './views/app.jsx';

remember();
const root = document.getElementById('page');
root.replaceChildren();
render(<App />, root);
begin();

if (location.protocol.startsWith('http') && !document.getElementById('module-read') && 'serviceWorker' in navigator) {
  navigator.serviceWorker.register('service.js').catch(() => {
    // Without it the page works as long as it is served.
  });
}
