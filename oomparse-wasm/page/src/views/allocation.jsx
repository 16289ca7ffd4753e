// The allocation that could not be served: who asked, how much, and what its flags allow.

import { Figure } from '../parts/figure.jsx';
import { Term } from '../parts/term.jsx';
import { meaning, pages, t } from '../texts.js';

export function Allocation({ event: { invoker, victim }, view: { gfp } }) {
  if (!invoker) return null;
  const { comm, pid, gfp_mask: mask, gfp_flags: flags, order, nodemask, oom_score_adj: adj } = invoker;
  const from = { evidence: 'invoked' };
  // Kernels before 4.6 print no names: these are told by the report's own table.
  const names = flags ? flags.split('|') : (gfp?.names ?? []);
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
                <span class="quiet"> {order < 0 ? 'SysRq-f' : pages(2 ** order)}</span>
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
      {gfp && <p class="quiet gfp">{gfp.says}</p>}
      {names.length > 0 && (
        <dl class="flags">
          {names.map((name) => (
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
