import { init, parse, parseStream } from '../../browser.js';

// A page with more rows than this helps nobody; the status says how many there are.
const MAX_SHOWN = 500;

const find = (id) => document.getElementById(id);
const [drop, events, file, form, status, template, text] = [
  'drop', 'events', 'file', 'form', 'status', 'event', 'text',
].map(find);

const say = (sentence, isWrong = false) => {
  status.textContent = sentence;
  status.classList.toggle('wrong', isWrong);
};

const size = (bytes) => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${value.toFixed(value < 10 && unit > 0 ? 1 : 0)} ${units[unit]}`;
};

function where({ pod, container, cgroup, scope, host }) {
  const named = pod?.name ? [pod.namespace, pod.name].filter(Boolean).join('/') : pod?.uid;
  const parts = [
    named && `pod ${named}`,
    container?.id && `container ${container.name ?? container.id.slice(0, 12)}`,
    pod?.qos_class,
    !named && cgroup?.task_memcg,
    scope && scope !== 'memcg' && `out of memory: ${scope}`,
    host && `on ${host}`,
  ];
  return parts.filter(Boolean).join(' · ');
}

function figures({ victim, memory }) {
  const parts = [
    victim?.anon_rss_bytes !== undefined && `${size(victim.anon_rss_bytes)} anonymous`,
    memory?.usage_bytes !== undefined && `${size(memory.usage_bytes)} used`,
    memory?.limit_bytes !== undefined && `limit ${size(memory.limit_bytes)}`,
  ];
  return parts.filter(Boolean).join(' · ');
}

function row(event) {
  const item = template.content.cloneNode(true).querySelector('li');
  const put = (selector, content) => {
    item.querySelector(selector).textContent = content;
  };
  const { type, victim, memory, time } = event;
  item.classList.add(type);
  put('.type', { kill: 'killed', no_victim: 'nobody killed', report: 'report' }[type]);
  put('.who', victim ? `${victim.comm ?? '?'} (${victim.pid})` : (event.invoker?.comm ?? ''));
  put('.where', where(event));
  put('time', time ?? '');
  put('.figures', figures(event));
  put('pre', JSON.stringify(event, null, 2));
  // What part of the limit the victim itself held.
  const part = victim?.anon_rss_bytes / memory?.limit_bytes;
  if (Number.isFinite(part)) item.querySelector('.bar').style.width = `${Math.min(100, part * 100)}%`;
  else item.querySelector('.use').remove();
  return item;
}

let turn = 0;

/** Shows the events of a log; a later log takes an earlier one's place. */
async function show(name, read) {
  const mine = ++turn;
  const started = performance.now();
  let [kills, others] = [0, 0];
  const rows = [];
  say(`Reading ${name} …`);
  try {
    for await (const event of read()) {
      if (mine !== turn) return;
      if (event.type === 'kill') kills += 1;
      else others += 1;
      if (rows.length < MAX_SHOWN) rows.push(row(event));
    }
  } catch (error) {
    if (mine === turn) say(error.message, true);
    return;
  }
  if (mine !== turn) return;
  events.replaceChildren(...rows);
  const rest = others > 0 ? `, ${others} other reports` : '';
  const shown = kills + others > rows.length ? `, ${rows.length} shown` : '';
  const took = Math.round(performance.now() - started);
  say(`${name}: ${kills} killed${rest}${shown} (${took} ms)`);
}

const showFile = (chosen) => chosen && show(chosen.name, () => parseStream(chosen.stream()));

try {
  await init();
  say('Ready.');
} catch (error) {
  say(error.message, true);
}

form.addEventListener('submit', (event) => event.preventDefault());
file.addEventListener('change', () => showFile(file.files[0]));
text.addEventListener('input', () => show('Pasted text', () => parse(text.value)));
for (const type of ['dragover', 'dragleave', 'drop']) {
  document.addEventListener(type, (event) => {
    event.preventDefault();
    drop.classList.toggle('over', type === 'dragover');
    if (type === 'drop') showFile(event.dataTransfer?.files[0]);
  });
}
