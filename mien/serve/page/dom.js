// Builds elements. Text is always set as text, so that names of files and classes cannot become markup.
export const element = (name, properties = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "class") made.className = value;
    else if (value === false || value === null || value === undefined) continue;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
};

export const percent = (share, decimals = 0) => `${(100 * share).toFixed(decimals)} %`;

export const bar = (share) => {
  const fill = element("i");
  fill.style.width = `${100 * share}%`;
  return element("span", { class: "bar", "aria-hidden": "true" }, fill);
};

export const table = (caption, head, rows) => element("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": caption },
  element("table", {},
    element("caption", {}, caption),
    element("thead", {}, element("tr", {}, ...head.map((cell) => element("th", { scope: "col" }, cell)))),
    element("tbody", {}, ...rows)));
