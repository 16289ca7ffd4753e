// In place of d3-time-format, which writes dates in many languages: the timeline writes its own ticks, of digits alone.

export const utcFormat = () => String;
export { utcFormat as timeFormat };
