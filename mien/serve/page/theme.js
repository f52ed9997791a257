"use strict";
// The choice of theme, under the key that mien's report uses, too. It runs before the page is drawn.
(() => {
  const root = document.documentElement;
  const themes = ["automatic", "light", "dark"];
  const stored = () => { try { return localStorage.getItem("mien-theme"); } catch { return null; } };
  const apply = (theme) => { if (theme === "automatic") delete root.dataset.theme; else root.dataset.theme = theme; };
  let now = themes.includes(stored()) ? stored() : "automatic";
  apply(now);
  addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    const shown = document.getElementById("theme-now");
    shown.textContent = now;
    button.hidden = false;
    button.addEventListener("click", () => {
      now = themes[(themes.indexOf(now) + 1) % themes.length];
      apply(now);
      shown.textContent = now;
      try { localStorage.setItem("mien-theme", now); } catch { /* storage may be forbidden */ }
    });
  });
})();
