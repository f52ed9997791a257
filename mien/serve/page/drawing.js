// Draws the faces of an answer: boxes over the picture, and beside it the label, the confidence and all probabilities.
import { bar, element, percent } from "./dom.js";

export const shortLabel = (face) => (face.unsure ? `not sure: ${face.label}?` : `${face.label} ${percent(face.confidence)}`);

export const drawBoxes = (layer, file, { mirrored = false } = {}) => {
  const several = file.faces.length > 1;
  layer.replaceChildren(...file.faces.filter((face) => face.box).map((face, index) => {
    const { left, top, right, bottom } = face.box;
    const label = several
      ? element("b", { class: "several" }, `${index + 1}`, element("span", {}, ` · ${shortLabel(face)}`))
      : element("b", {}, shortLabel(face));
    const drawn = element("div", { class: face.unsure ? "box unsure" : "box" }, label);
    const [from, to] = mirrored ? [file.width - right, file.width - left] : [left, right];
    const share = (value, of) => Math.min(Math.max(value / of, 0), 1);
    drawn.style.left = `${100 * share(from, file.width)}%`;
    drawn.style.right = `${100 - 100 * share(to, file.width)}%`;
    drawn.style.top = `${100 * share(top, file.height)}%`;
    drawn.style.bottom = `${100 - 100 * share(bottom, file.height)}%`;
    if (top / file.height < 0.1) drawn.classList.add("low"); // no room above the box
    return drawn;
  }));
};

export const drawFaces = (list, file, threshold) => {
  if (!file.faces.length) list.replaceChildren(element("li", { class: "face muted" }, "No face was found."));
  else list.replaceChildren(...file.faces.map((face, index) => drawFace(face, file.faces.length > 1 ? index + 1 : null, threshold)));
};

const drawFace = (face, number, threshold) => element("li", { class: face.unsure ? "face unsure" : "face" },
  element("p", { class: "label" },
    number ? `${number} · ` : "",
    face.unsure ? "not sure" : face.label,
    " ",
    element("small", {}, face.unsure ? `likeliest ${face.label}, ${percent(face.confidence)}` : percent(face.confidence))),
  ...drawConfidence(face, threshold),
  element("dl", { class: "shares" }, ...Object.entries(face.probabilities).flatMap(([label, share]) => [
    element("dt", {}, label), bar(share), element("dd", {}, percent(share)),
  ])));

const drawConfidence = (face, threshold) => {
  const fill = element("i");
  fill.style.width = percent(face.confidence, 1).replace(" ", "");
  const said = `confidence ${percent(face.confidence)}`;
  if (!threshold) return [element("div", { class: "confidence", role: "img", "aria-label": said }, fill)];
  const mark = element("span", { class: "mark" });
  mark.style.left = `${100 * threshold}%`;
  const rule = face.unsure ? `below the mark at ${percent(threshold)}, so it is not sure` : `above the mark at ${percent(threshold)}`;
  return [
    element("div", { class: "confidence", role: "img", "aria-label": `${said}, ${rule}` }, fill, mark),
    element("p", { class: "legend", "aria-hidden": "true" }, `Confidence, ${rule}.`),
  ];
};
