// Who reports a death, when, and what joins them; and what a voice other than the kernel's says.

import { useEffect, useState } from 'preact/hooks';
import * as actions from '../actions.js';
import { ask } from '../engine.js';
import { Figure } from '../parts/figure.jsx';
import { Term } from '../parts/term.jsx';
import { bytes, shortTime, t } from '../texts.js';

/** All voices of one death on a line of time. */
export function Incident({ state, index }) {
  const { rows, incidents, language, anonymous } = state;
  const incident = incidents[rows[index].incident];
  const [said, setSaid] = useState([]);
  useEffect(() => {
    if (!incident) return setSaid([]);
    let live = true;
    const indexes = incident.voices.map(({ event }) => event);
    ask('voices', { indexes, language }).then((all) => live && setSaid(all));
    return () => {
      live = false;
    };
  }, [incident, language, anonymous]);
  if (!incident || said.length !== incident.voices.length) return null;
  const first = incident.voices.find(({ at }) => at !== null)?.at;
  return (
    <section class="card wide incident">
      <h3>{t('incident')}</h3>
      <ol>
        {incident.voices.map(({ event, at, proof, joined }, place) => (
          <li key={event} class={`${proof ? '' : 'maybe'}${event === index ? ' on' : ''}`}>
            <time>{at === null ? shortTime(rows[event]) : utc(at)}</time>
            <span class="since quiet">{at !== null && at !== first ? since(at - first) : ''}</span>
            <span class="says">
              <button type="button" class="link" aria-current={event === index} onClick={() => actions.select(event)}>
                {said[place]?.who}
              </button>{' '}
              {said[place]?.says}
              {joined[language] !== '' && <span class="quiet"> ({joined[language]})</span>}
            </span>
          </li>
        ))}
      </ol>
      {incident.kubernetes && (
        <p class={`kubernetes ${incident.kubernetes}`}>
          <b>Kubernetes</b>: {incident.because[language]}
        </p>
      )}
    </section>
  );
}

const utc = (micros) => `${new Date(micros / 1000).toISOString().slice(0, 23).replace('T', ' ')}Z`;

/** `+1.2 s` */
function since(micros) {
  const seconds = micros / 1e6;
  return `${seconds < 0 ? '−' : '+'}${Math.abs(seconds).toFixed(Math.abs(seconds) < 10 ? 3 : 0)} s`;
}

const plain = (value) => String(value);
const share = (value) => `${value} %`;

/** What a record says beside a kill's fields: its key, and how its value is written. */
const FIELDS = [
  ['killer', (event) => event.killer, plain],
  ['reporter', (event) => event.reporter, plain],
  ['stage', (event) => event.stage, plain],
  ['signal', (event) => event.signal, plain],
  ['first_signal', (event) => event.first_signal, plain],
  ['action', (event) => event.action, plain],
  ['outcome', (event) => event.outcome, plain],
  ['victim', ({ victim }) => victim && [victim.comm, victim.pid].filter((it) => it !== undefined).join(' '), plain],
  ['victims', ({ victims }) => victims?.map(({ pid, comm }) => [comm, pid].filter(Boolean).join(' ')).join(', '), plain],
  ['process_count', (event) => event.process_count, plain],
  ['oom_score', (event) => event.victim?.oom_score, plain],
  ['oom_score_adj', (event) => event.victim?.oom_score_adj, plain],
  ['rss', (event) => event.victim?.rss_bytes ?? event.victim?.anon_rss_bytes, bytes],
  ['cause', (event) => event.cause?.kind, plain],
  ['pressure_percent', (event) => event.cause?.pressure_percent, share],
  ['limit_percent', (event) => event.cause?.limit_percent, share],
  ['duration_us', (event) => event.cause?.duration_us, (micros) => `${micros / 1e6} s`],
  ['monitored_cgroup', (event) => event.cause?.monitored_cgroup, plain],
  ['unit', (event) => event.unit, plain],
  ['unit_result', (event) => event.unit_result, plain],
  ['resource', (event) => event.resource, plain],
  ['init', (event) => event.init?.pid, plain],
  ['exit_code', (event) => event.init?.exit_code, plain],
  ['reason', (event) => event.event?.reason, plain],
  ['message', (event) => event.event?.message, plain],
  ['count', (event) => event.count, plain],
];

/** What another than the kernel says, each figure with its line. */
export function Told({ event, voice }) {
  if (voice === 'kernel') return null;
  const system = Object.entries(event.system ?? {}).map(([key, value]) => [
    key,
    value,
    key.endsWith('_bytes') ? bytes : key.endsWith('_percent') ? share : plain,
  ]);
  const fields = FIELDS.map(([key, of, said]) => [key, of(event), said]).concat(system);
  const known = fields.filter(([, value]) => value !== undefined && value !== null && value !== '');
  return (
    <section class="card told">
      <h3>{t('voice_says_title', { voice })}</h3>
      <table class="figures">
        <tbody>
          {known.map(([key, value, said]) => (
            <tr key={key}>
              <th scope="row">
                <Term name={key}>{key}</Term>
              </th>
              <td>
                <Figure from={{ evidence: voice }} label={key}>
                  {said(value)}
                </Figure>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
