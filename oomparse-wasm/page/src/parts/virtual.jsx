// A list of which only what is seen is in the document: ten thousand rows scroll as ten do.

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

/** How many rows are drawn beyond the edges. */
const BEYOND = 6;

export function Virtual({ items, height, chosen, onChoose, label, render }) {
  const box = useRef();
  const [top, setTop] = useState(0);
  const [seen, setSeen] = useState(600);
  useEffect(() => {
    if (!box.current) return undefined;
    const watch = new ResizeObserver(() => setSeen(box.current?.clientHeight || 600));
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const at = items.indexOf(chosen);
  useLayoutEffect(() => {
    if (at < 0 || !box.current) return;
    const { scrollTop, clientHeight } = box.current;
    if (at * height < scrollTop) box.current.scrollTop = at * height;
    else if ((at + 1) * height > scrollTop + clientHeight) {
      box.current.scrollTop = (at + 1) * height - clientHeight;
    }
  }, [chosen, items.length]);
  const first = Math.max(0, Math.floor(top / height) - BEYOND);
  const end = Math.min(items.length, Math.ceil((top + seen) / height) + BEYOND);
  const move = (event) => {
    const page = Math.max(1, Math.floor(seen / height) - 1);
    const steps = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: items.length - 1,
    };
    if (!(event.key in steps) || items.length === 0) return;
    event.preventDefault();
    const to = Math.min(Math.max(steps[event.key], 0), items.length - 1);
    onChoose(items[to]);
  };
  const rows = [];
  for (let index = first; index < end; index++) {
    const item = items[index];
    rows.push(
      <li
        key={item}
        id={`row-${item}`}
        role="option"
        aria-selected={item === chosen}
        aria-posinset={index + 1}
        aria-setsize={items.length}
        ref={(row) => {
          if (row) row.style.transform = `translateY(${index * height}px)`;
        }}
        onClick={() => onChoose(item, true)}
      >
        {render(item)}
      </li>,
    );
  }
  return (
    <div
      class="virtual"
      ref={(list) => {
        box.current = list;
        // As high as its rows, if there is room.
        if (list) list.style.height = `${items.length * height}px`;
      }}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <ul
        role="listbox"
        aria-label={label}
        tabIndex={0}
        aria-activedescendant={at >= first && at < end ? `row-${chosen}` : undefined}
        onKeyDown={move}
        ref={(list) => {
          if (list) list.style.height = `${items.length * height}px`;
        }}
      >
        {rows}
      </ul>
    </div>
  );
}
