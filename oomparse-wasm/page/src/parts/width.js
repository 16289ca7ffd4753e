// How wide the place of a chart is, as it changes.

import { useLayoutEffect, useState } from 'preact/hooks';

export function useWidth(box) {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    if (!box.current) return undefined;
    const watch = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    watch.observe(box.current);
    return () => watch.disconnect();
  }, [box.current === undefined || box.current === null]);
  return width;
}
