// Before a log is there: where to drop it, and what becomes of it.

import { useRef, useState } from 'preact/hooks';
import * as actions from '../actions.js';
import { set } from '../state.js';
import { t } from '../texts.js';

const SAMPLE = `[ 3724.181520] java invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=936
[ 3724.181590] memory: usage 524288kB, limit 524288kB, failcnt 118
[ 3724.181592] swap: usage 0kB, limit 0kB, failcnt 0
[ 3724.181594] Memory cgroup stats for /kubepods/burstable/podeb9ef7c3-df91-f119-9af4-7c687b576479/83b49ac4d66bb2fd85252113fdfbc3ff8504c64b08c545a0b8a76ea07e121d7d:
[ 3724.181600] anon 463470592
[ 3724.181601] file 41943040
[ 3724.181602] kernel 31457280
[ 3724.181603] shmem 4194304
[ 3724.181604] file_dirty 0
[ 3724.181605] slab 12582912
[ 3724.181620] Tasks state (memory values in pages):
[ 3724.181621] [  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name
[ 3724.181625] [   4711]  1000  4711   904210   112640  1187840        0           936 java
[ 3724.181627] [   4688]  1000  4688      215      128    45056        0           936 sh
[ 3724.181629] [   4790]  1000  4790    40211     2304   196608        0           936 exporter
[ 3724.181640] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=83b49ac4d66bb2fd85252113fdfbc3ff8504c64b08c545a0b8a76ea07e121d7d,mems_allowed=0,oom_memcg=/kubepods/burstable/podeb9ef7c3-df91-f119-9af4-7c687b576479/83b49ac4d66bb2fd85252113fdfbc3ff8504c64b08c545a0b8a76ea07e121d7d,task_memcg=/kubepods/burstable/podeb9ef7c3-df91-f119-9af4-7c687b576479/83b49ac4d66bb2fd85252113fdfbc3ff8504c64b08c545a0b8a76ea07e121d7d,task=java,pid=4711,uid=1000
[ 3724.181655] Memory cgroup out of memory: Killed process 4711 (java) total-vm:3616840kB, anon-rss:450560kB, file-rss:8192kB, shmem-rss:1024kB, UID:1000 pgtables:1160kB oom_score_adj:936
`;

export function Start({ state }) {
  const pick = useRef();
  const [text, setText] = useState('');
  const ready = state.module === 'ready';
  const read = () => text.trim() !== '' && actions.openText(text);
  const offset = (value) => {
    const found = /^([+-])(\d\d):?(\d\d)$/.exec(value);
    if (!found) return undefined;
    return (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3]));
  };
  return (
    <div class="start">
      <h2>{t('start_title')}</h2>
      <p class="lead">{t('start_lead')}</p>
      <button type="button" class="drop" disabled={!ready} onClick={() => pick.current.click()}>
        <strong>{ready ? t('drop') : t('starting')}</strong>
        <span>{t('drop_kinds')}</span>
      </button>
      <input
        ref={pick}
        id="file"
        type="file"
        multiple
        hidden
        onChange={(event) => {
          actions.open([...event.currentTarget.files]);
          event.currentTarget.value = '';
        }}
      />
      <label class="paste">
        <span>{t('paste')}</span>
        <textarea
          id="text"
          rows="7"
          spellcheck={false}
          value={text}
          placeholder="[12345.678901] java invoked oom-killer: …"
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <div class="row">
        <button type="button" class="primary" disabled={!ready || text.trim() === ''} onClick={read}>
          {t('read')}
        </button>
        <button type="button" disabled={!ready} onClick={() => actions.openText(SAMPLE)}>
          {t('sample')}
        </button>
        <details class="more">
          <summary>{t('times')}</summary>
          <label>
            {t('year')}
            <input
              type="number"
              min="1970"
              max="9999"
              onInput={(event) => set({ year: event.currentTarget.valueAsNumber || undefined })}
            />
          </label>
          <label>
            {t('zone_offset')}
            <input
              type="text"
              placeholder="+08:00"
              pattern="[+\-]\d\d:?\d\d"
              onInput={(event) => set({ offset: offset(event.currentTarget.value) })}
            />
          </label>
        </details>
      </div>
      <p class="quiet">{t('private')}</p>
    </div>
  );
}
