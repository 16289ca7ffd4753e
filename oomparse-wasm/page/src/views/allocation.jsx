// The allocation that could not be served: who asked, how much, and what its flags allow.

import { Figure } from '../parts/figure.jsx';
import { Term } from '../parts/term.jsx';
import { bytes, meaning, pages, t } from '../texts.js';

export function Allocation({ event: { invoker, victim }, flags, request, says }) {
  if (!invoker) return null;
  const { comm, pid, gfp_mask: mask, order, nodemask, oom_score_adj: adj } = invoker;
  const from = { evidence: 'invoked' };
  const same = pid !== undefined && pid === victim?.pid;
  return (
    <section class="card">
      <h3>{t('allocation')}</h3>
      <table class="figures">
        <tbody>
          <tr>
            <th scope="row">
              <Term name="invoker">{t('invoker')}</Term>
            </th>
            <td>
              <Figure from={{ evidence: ['invoked', 'task_info'] }} label={t('invoker')}>
                {[comm, pid !== undefined && `(${pid})`].filter(Boolean).join(' ')}
              </Figure>
              {same && <span class="quiet"> {t('the_victim_itself')}</span>}
            </td>
          </tr>
          {order !== undefined && (
            <tr>
              <th scope="row">
                <Term name="order">order</Term>
              </th>
              <td>
                <Figure from={from} label="order">
                  {order}
                </Figure>
                <span class="quiet">
                  {' '}
                  {order < 0 ? 'SysRq-f' : pages(2 ** order)}
                  {order >= 0 && request?.page && ` = ${bytes(2 ** order * request.page)}`}
                </span>
              </td>
            </tr>
          )}
          {request?.top && (
            <tr>
              <th scope="row">
                <Term name="zone">{t('zone_asked')}</Term>
              </th>
              <td>
                <Figure from={from} label={t('zone_asked')}>
                  {t('zone_or_below', { zone: request.top })}
                </Figure>
              </td>
            </tr>
          )}
          {mask && (
            <tr>
              <th scope="row">
                <Term name="gfp_mask">gfp_mask</Term>
              </th>
              <td>
                <Figure from={from} label="gfp_mask">
                  {mask}
                </Figure>
              </td>
            </tr>
          )}
          {nodemask && (
            <tr>
              <th scope="row">
                <Term name="nodemask">nodemask</Term>
              </th>
              <td>
                <Figure from={{ evidence: ['invoked', 'summary'] }} label="nodemask">
                  {nodemask}
                </Figure>
              </td>
            </tr>
          )}
          {adj !== undefined && (
            <tr>
              <th scope="row">
                <Term name="oom_score_adj">oom_score_adj</Term>
              </th>
              <td>
                <Figure from={from} label="oom_score_adj">
                  {adj}
                </Figure>
              </td>
            </tr>
          )}
        </tbody>
      </table>
      {says && <p class="quiet gfp">{says}</p>}
      {flags.length > 0 && (
        <dl class="flags">
          {flags.map((name) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{meaning(name) ?? t('flag_unknown')}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}
