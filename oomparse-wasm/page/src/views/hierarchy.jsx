// Container, pod, class, node: one in the other, and the level whose limit was reached.

import { Figure } from '../parts/figure.jsx';
import { Term } from '../parts/term.jsx';
import { Traced } from '../parts/traced.jsx';
import { bytes, t } from '../texts.js';

/** From the outside in. */
function levels({ cgroup = {}, pod, container, host, scope, memory }) {
  const hit = scope === 'global' ? 'node' : cgroup.limit_level;
  const all = [{ key: 'node', name: pod?.node ?? host, term: undefined }];
  const path = cgroup.task_memcg ?? '';
  if (pod) {
    all.push({ key: 'kubepods', name: 'kubepods' });
    const qos = pod.qos_class;
    if (qos && qos !== 'Guaranteed') all.push({ key: 'qos', name: qos, term: qos });
    const name = pod.name ? [pod.namespace, pod.name].filter(Boolean).join('/') : pod.uid;
    all.push({ key: 'pod', name, note: qos === 'Guaranteed' ? qos : undefined, more: pod.name && pod.uid });
  }
  if (container) {
    all.push({ key: 'container', name: container.name ?? container.id?.slice(0, 12), more: container.runtime });
  } else if (!pod && path && path !== '/') {
    all.push({ key: 'other', name: path });
  }
  const at = all.findIndex(({ key }) => key === hit);
  if (at >= 0) all[at].hit = true;
  // A cgroup of its own within or beside these.
  else if (cgroup.oom_memcg) {
    all.push({ key: 'other', name: cgroup.oom_memcg, hit: true });
  }
  const reached = all.find((level) => level.hit);
  if (reached && scope === 'memcg') reached.limit = memory?.limit_bytes;
  return all;
}

export function Hierarchy({ event, voice }) {
  const all = levels(event);
  const { cgroup = {}, scope, constraint } = event;
  if (all.length < 2 && !cgroup.oom_memcg && !scope) return null;
  const from = { evidence: ['summary', 'task_in', 'group', 'limit_reached', voice] };
  const nested = all.reduceRight(
    (inner, level, depth) => (
      <li key={level.key} class={`level ${level.hit ? 'hit' : ''}`}>
        <span class="kind">{t(`level_${level.key}`)}</span>
        <span class="level-name">
          {level.term ? <Term name={level.term}>{level.name}</Term> : (level.name ?? '')}
          {level.note && (
            <span class="quiet">
              {' '}
              <Term name={level.note}>{level.note}</Term>
            </span>
          )}
        </span>
        {level.more && <span class="more-name">{level.more}</span>}
        {level.hit && (
          <strong class="hit-note">
            {level.limit === undefined ? (
              t(scope === 'global' ? 'hit_machine' : 'hit_limit')
            ) : (
              <Traced>{t('hit_limit_of', { size: bytes(level.limit) })}</Traced>
            )}
          </strong>
        )}
        {depth < all.length - 1 && <ol>{inner}</ol>}
      </li>
    ),
    null,
  );
  return (
    <section class="card">
      <h3>
        <Term name="limit_level">{t('hierarchy')}</Term>
      </h3>
      <ol class="levels">{nested}</ol>
      <dl class="paths">
        {cgroup.oom_memcg && (
          <>
            <dt>{t('oom_memcg')}</dt>
            <dd class="path">
              <Figure from={from} label={t('oom_memcg')}>
                {cgroup.oom_memcg}
              </Figure>
            </dd>
          </>
        )}
        {cgroup.task_memcg && cgroup.task_memcg !== cgroup.oom_memcg && (
          <>
            <dt>{t('task_memcg')}</dt>
            <dd class="path">
              <Figure from={from} label={t('task_memcg')}>
                {cgroup.task_memcg}
              </Figure>
            </dd>
          </>
        )}
        {constraint && (
          <>
            <dt>{t('constraint')}</dt>
            <dd>
              <Term name={constraint}>{constraint}</Term>
            </dd>
          </>
        )}
        {event.oom_group && (
          <>
            <dt>
              <Term name="memory.oom.group">memory.oom.group</Term>
            </dt>
            <dd>{t('whole_group')}</dd>
          </>
        )}
      </dl>
    </section>
  );
}
