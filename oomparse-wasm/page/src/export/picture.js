// A chart as a PNG: its SVG with the looks that it has on the page.

const LOOKS = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'opacity', 'font-size', 'font-family', 'font-weight', 'text-anchor'];
const SCALE = 2;

export async function picture(chart) {
  const copy = chart.cloneNode(true);
  const pairs = [[chart, copy]];
  for (const [from, to] of pairs) {
    const looks = getComputedStyle(from);
    for (const look of LOOKS) {
      const value = looks.getPropertyValue(look);
      if (value) to.setAttribute(look, value);
    }
    to.removeAttribute('class');
    [...from.children].forEach((child, at) => pairs.push([child, to.children[at]]));
  }
  for (const brush of copy.querySelectorAll('.overlay, .handle')) brush.remove();
  const { width, height } = chart.getBoundingClientRect();
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', width);
  copy.setAttribute('height', height);
  const text = new XMLSerializer().serializeToString(copy);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = width * SCALE;
  canvas.height = height * SCALE;
  const context = canvas.getContext('2d');
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png');
  });
}
