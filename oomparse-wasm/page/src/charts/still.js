// In place of d3-transition, of which d3-brush stops what runs: on this page nothing moves by itself.

export const interrupt = () => {};
