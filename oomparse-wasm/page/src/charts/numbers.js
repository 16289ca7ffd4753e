// In place of d3-interpolate, which knows colours, dates and strings too and would be a twentieth of the page's script:
// what the scales of this page go between is numbers of pixels.

export const interpolateNumber = (from, to) => (t) => from * (1 - t) + to * t;

export const interpolateRound = (from, to) => (t) => Math.round(from * (1 - t) + to * t);

// By these names scales of other kinds and moving brushes ask, which the page does not have.
export { interpolateNumber as interpolate, interpolateNumber as piecewise };
