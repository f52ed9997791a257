// What the model is and is not good for, from its metrics on test images.
import { bar, element, percent, table } from "./dom.js";

const count = (number) => number.toLocaleString("en");

export const describeModel = (place, model) => {
  const { test } = model;
  const known = test.recalls.filter((row) => row.recall !== null).sort((a, b) => a.recall - b.recall);
  const weakest = known.filter((row) => row.recall < 0.5);
  const weak = weakest.length ? weakest : known.slice(0, 1);
  place.replaceChildren(facts(model), uses(model, weak), recalls(test, new Set(weak.map((row) => row.label))), origin(model));
};

const facts = ({ test, classes }) => element("dl", { class: "facts" }, ...[
  ["Right on test images", percent(test.accuracy, 1), `95 % interval ${percent(test.accuracy_low, 1)} to ${percent(test.accuracy_high, 1)}`],
  ["Mean over the classes", percent(test.mean_accuracy, 1), "each class counts the same"],
  ["Macro-F1", test.macro_f1.toFixed(3), "1 is best"],
  ["Test images", count(test.num_images), `${classes.length} expressions`],
].map(([name, value, note]) => element("div", {}, element("dt", {}, name), element("dd", {}, value, element("small", {}, note)))));

const uses = (model, weak) => {
  const missed = weak.map((row) => `${row.label} (${percent(row.recall)} of ${count(row.num_images)} test images)`).join(", ");
  const list = (title, items) => element("div", {}, element("h3", {}, title), element("ul", {}, ...items.map((item) => element("li", {}, item))));
  return element("div", { class: "uses" },
    list("Good for", [
      "Which expressions are frequent in many photographs, where single mistakes even out.",
      "Sorting photographs for people who look at them afterwards.",
      `Photographs like those that it was tested on, and these expressions: ${model.classes.join(", ")}.`,
    ]),
    list("Not good for", [
      "What a person feels or thinks. It names the expression that a face shows in one picture.",
      "Decisions about a person, such as in recruitment, at school, in insurance or by the police.",
      `Expressions that it often misses: ${missed}.`,
      "Other cameras, ages, lighting or poses than those of its test images. Test it on your own photographs first.",
    ]));
};

const recalls = (test, weak) => table(`How many of the ${count(test.num_images)} test images of each expression it recognises, fewest first`,
  ["Expression", "Recognised", "", "Test images"],
  [...test.recalls].sort((a, b) => (a.recall ?? 2) - (b.recall ?? 2)).map((row) => element("tr", { class: weak.has(row.label) ? "weak" : "" },
    element("th", { scope: "row" }, row.label),
    element("td", { class: "num" }, row.recall === null ? "–" : percent(row.recall)),
    element("td", {}, row.recall === null ? "" : bar(row.recall)),
    element("td", { class: "num" }, count(row.num_images)))));

const origin = (model) => element("p", { class: "small muted" },
  `Model ${model.name}, made with mien ${model.version}, weights ${model.weights_sha256.slice(0, 12)}.`,
  model.licence ? ` Licence: ${model.licence}.` : "",
  model.detector === "none" ? " It takes each picture as a face that is cropped already, so it draws no boxes." : "");

// Choices of the accuracy that answers are to have: round ones that can be reached, each with another threshold.
export const accuracyChoices = (model) => {
  const reached = (accuracy) => model.selective.filter((point) => point.accuracy >= accuracy).sort((a, b) => b.coverage - a.coverage)[0];
  const said = (accuracy) => `so that ${percent(accuracy)} of answers are right (${percent(reached(accuracy).coverage)} of faces are answered)`;
  const usual = reached(model.min_accuracy);
  const seen = new Set([usual?.threshold, 0]);
  const others = [0.99, 0.98, 0.95, 0.9, 0.85, 0.8].filter((accuracy) => {
    const threshold = reached(accuracy)?.threshold;
    return threshold !== undefined && !seen.has(threshold) && seen.add(threshold);
  });
  return [
    element("option", { value: "" }, usual ? said(model.min_accuracy) : "never, because no confidence makes enough answers right"),
    ...others.map((accuracy) => element("option", { value: accuracy }, said(accuracy))),
    ...(usual ? [element("option", { value: "0" }, "never")] : []),
  ];
};
