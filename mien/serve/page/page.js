// Joins the page's parts: photographs that are dropped or chosen, the camera, and what is known of the model.
import { aboutModel, ask } from "./asking.js";
import { Camera } from "./camera.js";
import { element } from "./dom.js";
import { drawBoxes, drawFaces, shortLabel } from "./drawing.js";
import { drawMaps } from "./maps.js";
import { accuracyChoices, describeModel } from "./model.js";

const at = (id) => document.getElementById(id);
const canExplain = () => !at("explaining").hidden;
const settings = () => ({ faces: at("faces").value, minAccuracy: at("accuracy").value, explain: canExplain() && at("explain").checked });
const showProblem = (text) => { at("problem").textContent = text; at("problem").hidden = !text; };

// Says something to screen readers, at most every two seconds and never the same twice.
let saidAt = 0;
const say = (text, { now = false } = {}) => {
  if (text === at("said").textContent || (!now && performance.now() - saidAt < 2000)) return;
  saidAt = performance.now();
  at("said").textContent = text;
};
const summary = (file) => (file.faces.length ? file.faces.map(shortLabel).join(", ") : "no face");

const addPhotograph = async (file) => {
  const layer = element("div", { class: "boxes", "aria-hidden": "true" });
  const image = element("img", { alt: `Photograph ${file.name}` });
  const maps = element("div", { class: "maps", "aria-hidden": "true" });
  const stage = element("figure", { class: "stage" }, image, maps, layer);
  const faces = element("ol", { class: "found" }, element("li", { class: "face muted" }, "It is sent to the server."));
  at("results").prepend(element("article", { class: "picture", "aria-label": file.name },
    element("h3", {}, file.name), element("div", { class: "left" }, stage), element("div", { class: "right" }, faces)));
  at("clear").hidden = false;
  const address = URL.createObjectURL(file);
  const isSeen = new Promise((resolve) => {
    image.addEventListener("load", () => { resolve(true); });
    image.addEventListener("error", () => { resolve(false); });
  });
  image.src = address;
  const { answer, error } = await ask(file, { ...settings(), explain: canExplain() }); // so that maps can be shown later
  if (!(await isSeen)) image.replaceWith(element("div", { class: "unseen" }, "This browser cannot show this picture."));
  URL.revokeObjectURL(address);
  if (error) {
    faces.replaceChildren(element("li", { class: "face unsure" }, error));
    say(`${file.name}: ${error}`, { now: true });
    return;
  }
  const [found] = answer.files;
  const unseen = stage.querySelector(".unseen");
  if (unseen) unseen.style.aspectRatio = `${found.width} / ${found.height}`;
  drawBoxes(layer, found);
  drawMaps(maps, found);
  drawFaces(faces, found, answer.threshold);
  say(`${file.name}: ${summary(found)}`, { now: true });
};

let queue = Promise.resolve(); // one after another: the server answers others, too
const addPhotographs = (files) => {
  for (const file of files) queue = queue.then(() => addPhotograph(file));
};

at("files").addEventListener("change", ({ target }) => {
  addPhotographs([...target.files]);
  target.value = "";
});
const drop = at("drop");
for (const kind of ["dragenter", "dragover"]) drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => { drop.classList.remove("over"); });
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  addPhotographs([...event.dataTransfer.files]);
});
for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => { event.preventDefault(); }); // a miss does not leave the page
addEventListener("paste", (event) => { addPhotographs([...(event.clipboardData?.files ?? [])]); });
at("clear").addEventListener("click", () => {
  at("results").replaceChildren();
  at("clear").hidden = true;
  at("files").focus();
});

const camera = new Camera(at("video"));
const isMirrored = () => at("mirror").checked;
const mirror = () => { at("video").classList.toggle("mirrored", isMirrored()); };
const showLive = () => {
  at("live").hidden = !camera.isOn;
  at("start").hidden = camera.isOn;
  at("other").hidden = !camera.hasOther;
};
const layer = at("stage").querySelector(".boxes");
const maps = at("stage").querySelector(".maps");
let tookMs = null;

const showFrame = ({ answer, error, isGone }, ms) => {
  if (error) {
    showProblem(error);
    if (isGone) stop();
    return;
  }
  showProblem("");
  const [found] = answer.files;
  tookMs = tookMs === null ? ms : 0.8 * tookMs + 0.2 * ms;
  drawBoxes(layer, found, { mirrored: isMirrored() });
  drawMaps(maps, found, { mirrored: isMirrored() });
  drawFaces(at("live-faces"), found, answer.threshold);
  at("rate").textContent = `${Math.round(tookMs)} ms for each answer. Frames are sent only while this page is visible.`;
  say(`Camera: ${summary(found)}`);
};

const run = async (begin) => {
  showProblem(await begin());
  if (!camera.isOn) {
    showLive();
    return;
  }
  at("mirror").checked = camera.facesUser;
  mirror();
  showLive();
  at("stop").focus();
  tookMs = null;
  camera.answer(settings, showFrame);
};
const stop = () => {
  camera.stop();
  layer.replaceChildren();
  maps.replaceChildren();
  at("live-faces").replaceChildren();
  showLive();
  at("start").focus();
};
at("start").addEventListener("click", () => run(() => camera.start()));
at("other").addEventListener("click", () => run(() => camera.other()));
at("stop").addEventListener("click", stop);
at("mirror").addEventListener("change", mirror);
const showMaps = () => {
  at("explained").hidden = !at("explain").checked;
  at("pictures").classList.toggle("explained", at("explain").checked);
};
at("explain").addEventListener("change", showMaps);
showMaps(); // the browser may have kept the choice over a reload

const isLocal = ["127.0.0.1", "localhost", "[::1]"].includes(location.hostname);
at("server").textContent = isLocal ? "the server on this machine" : `the server ${location.host}`;
at("curl").textContent = `curl --data-binary @photo.jpg '${new URL("v1/predict?faces=all", location)}'`;
aboutModel().then((model) => {
  at("brand").textContent = ` · ${model.name}`;
  document.title = `Expressions in photographs · ${model.name}`;
  at("accuracy").replaceChildren(...accuracyChoices(model));
  at("explaining").hidden = !model.explains;
  describeModel(at("about"), model);
}).catch(() => { at("about").replaceChildren(element("p", { class: "note warn" }, "The server does not say what its model is.")); });
