// A term, explained where the pointer or the focus is.

import { useId, useState } from 'preact/hooks';
import { meaning } from '../texts.js';

export function Term({ name, children }) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const text = meaning(name);
  if (!text) return <>{children ?? name}</>;
  const show = () => setOpen(true);
  const hide = () => setOpen(false);
  return (
    <span class="term" onMouseEnter={show} onMouseLeave={hide}>
      <button
        type="button"
        aria-describedby={open ? id : undefined}
        aria-expanded={open}
        onFocus={show}
        onBlur={hide}
        onClick={show}
        onKeyDown={(event) => event.key === 'Escape' && hide()}
      >
        {children ?? name}
      </button>
      {open && (
        <span role="tooltip" id={id} class="tip">
          {text}
        </span>
      )}
    </span>
  );
}
