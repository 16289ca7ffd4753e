// How much of a whole is used, as a bar.

import { percent } from '../texts.js';

export function Used({ of, whole }) {
  return (
    <span class="usage-bar" aria-hidden="true">
      <i
        ref={(bar) => {
          if (bar) bar.style.width = `${Math.min(percent(of, whole), 100)}%`;
        }}
      />
    </span>
  );
}
