// Lays the map of what decided an answer over its face, with the colours and the opacity of mien/predict/drawing/overlay.py.
const INFERNO = "420a68 520e6d 62146e 721a6e 84206b 932667 a32c61 b3325a c33b4f d04545 dd513a e75e2e f06f20 f68013 fa9207 fca50a fbba1f f8cd37"
  .split(" ").map((colour) => [0, 2, 4].map((place) => parseInt(colour.slice(place, place + 2), 16)));
const OPACITY = 0.6;
const FADING = 1.5;
const SIDE_PX = 64; // of the drawn map, which the browser enlarges

const between = (first, second, share) => first + share * (second - first);

// Bilinear between the centres of the cells, constant beyond them; u and v are shares of the square's side.
const heatAt = (values, u, v) => {
  const place = (share, count) => Math.min(Math.max(share * count - 0.5, 0), count - 1);
  const x = place(u, values[0].length);
  const y = place(v, values.length);
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const row = (number) => between(values[number][left], values[number][Math.min(left + 1, values[number].length - 1)], x - left);
  return between(row(top), row(Math.min(top + 1, values.length - 1)), y - top);
};

const colourOf = (heat) => {
  const place = heat * (INFERNO.length - 1);
  const first = Math.min(Math.floor(place), INFERNO.length - 2);
  return INFERNO[first].map((level, channel) => between(level, INFERNO[first + 1][channel], place - first));
};

const pictureOf = (values) => {
  const canvas = document.createElement("canvas");
  canvas.width = SIDE_PX;
  canvas.height = SIDE_PX;
  const pen = canvas.getContext("2d");
  const pixels = pen.createImageData(SIDE_PX, SIDE_PX);
  for (let place = 0; place < SIDE_PX * SIDE_PX; place += 1) {
    const heat = heatAt(values, (place % SIDE_PX + 0.5) / SIDE_PX, (Math.floor(place / SIDE_PX) + 0.5) / SIDE_PX);
    pixels.data.set([...colourOf(heat), 255 * OPACITY * heat ** FADING], 4 * place);
  }
  pen.putImageData(pixels, 0, 0);
  return canvas.toDataURL();
};

const svg = (name, properties) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(properties)) made.setAttribute(key, value);
  return made;
};

export const drawMaps = (layer, file, { mirrored = false } = {}) => {
  const frame = svg("svg", { viewBox: `0 0 ${file.width} ${file.height}`, preserveAspectRatio: "none" });
  for (const { map } of file.faces) {
    if (!map) continue;
    const [origin, across, , down] = map.corners;
    const matrix = [across.x - origin.x, across.y - origin.y, down.x - origin.x, down.y - origin.y, origin.x, origin.y];
    frame.append(svg("image", { href: pictureOf(map.values), width: 1, height: 1, transform: `matrix(${matrix.join(" ")})` }));
  }
  layer.classList.toggle("mirrored", mirrored);
  layer.replaceChildren(frame);
};
