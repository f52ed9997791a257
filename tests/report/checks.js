// What tests ask a page, after axe-core's rules of the same purpose. Each returns a list of faults, in words.
const visible = (element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility !== "hidden";
const shortly = (element) => `<${element.tagName.toLowerCase()} class="${element.getAttribute("class") ?? ""}"> ${element.textContent.trim().slice(0, 40)}`;

const colour = (text) => {
  const numbers = (text.match(/-?[\d.]+(e-?\d+)?/g) ?? []).map(Number);
  const scale = text.startsWith("color(") ? 255 : 1;
  return [...numbers.slice(0, 3).map((part) => part * scale), numbers[3] ?? 1];
};
const over = (front, back) => front.slice(0, 3).map((part, index) => part * front[3] + back[index] * (1 - front[3]));
const backdrop = (element) => {
  const layers = [];
  for (let place = element; place; place = place.parentElement) layers.push(colour(getComputedStyle(place).backgroundColor));
  return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
};
const luminance = (rgb) => {
  const [red, green, blue] = rgb.map((part) => part / 255).map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

const faultsOf = {
  contrast() {
    const faults = [];
    for (const element of document.querySelectorAll("body *")) {
      const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
      if (!hasText || !visible(element) || ["SCRIPT", "STYLE", "TITLE", "DESC"].includes(element.tagName.toUpperCase())) continue;
      const style = getComputedStyle(element);
      const back = backdrop(element);
      const front = over(colour(element instanceof SVGElement ? style.fill : style.color), back);
      const [dark, bright] = [luminance(front), luminance(back)].sort((a, b) => a - b);
      const ratio = (bright + 0.05) / (dark + 0.05);
      if (ratio < 4.5) faults.push(`${ratio.toFixed(2)}: ${shortly(element)}`);
    }
    return faults;
  },
  names() {
    const named = (element) => element.getAttribute("aria-label") || element.getAttribute("alt") || element.textContent.trim();
    const faults = [...document.querySelectorAll("img, a, button, summary, [role=img], [role=region]")].filter((element) => !named(element));
    return faults.map(shortly);
  },
  overflow() {
    const width = document.documentElement.clientWidth;
    return document.documentElement.scrollWidth > width ? [`${document.documentElement.scrollWidth} px wide on ${width} px`] : [];
  },
  sprites() {
    const faults = [];
    for (const use of document.querySelectorAll("use")) {
      const box = use.parentElement.getBoundingClientRect();
      if (!document.querySelector(`symbol${use.getAttribute("href")} image`)) faults.push(`no picture ${use.getAttribute("href")}`);
      else if (visible(use.parentElement) && (box.width < 20 || box.height < 20)) faults.push(`${box.width} x ${box.height} px`);
    }
    return faults;
  },
  targets() {
    const small = (element) => element.getBoundingClientRect().height < 16;
    return [...document.querySelectorAll("button, summary")].filter((element) => visible(element) && small(element)).map(shortly);
  },
  clipped() {
    const cut = (element) => element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX === "hidden";
    return [...document.querySelectorAll("main *:not(.quiet):not(.quiet-text):not(.bar):not(.stack)")].filter((element) => visible(element) && cut(element)).map(shortly);
  },
};
return faultsOf[arguments[0]]();
