"use strict";
// The page says everything without this script: it adds sorting, the choice of theme, and opened details in print.
(() => {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const now = document.getElementById("theme-now");
  const themes = ["automatic", "light", "dark"];
  const stored = () => { try { return localStorage.getItem("mien-theme"); } catch { return null; } };
  const show = (theme) => {
    if (theme === "automatic") delete root.dataset.theme; else root.dataset.theme = theme;
    now.textContent = theme;
  };
  show(themes.includes(stored()) ? stored() : "automatic");
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = themes[(themes.indexOf(now.textContent) + 1) % themes.length];
    show(next);
    try { localStorage.setItem("mien-theme", next); } catch { /* pages from disk may have no storage */ }
  });

  const valueOf = (row, column) => {
    const cell = row.cells[column];
    const text = cell.dataset.sort ?? cell.textContent.trim();
    if (text === "") return null;
    return Number.isNaN(Number(text)) ? text : Number(text);
  };
  const compare = (first, second, sign) => {
    if (first === null || second === null) return (first === null) - (second === null); // what is missing stays last
    if (typeof first === typeof second && typeof first === "number") return sign * (first - second);
    return sign * String(first).localeCompare(String(second), "en", { numeric: true });
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const headers = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
    headers.forEach((header, column) => {
      if (header.tagName !== "TH") return;
      const sorter = document.createElement("button");
      sorter.type = "button";
      sorter.className = "sort";
      sorter.append(...header.childNodes);
      header.append(sorter);
      header.setAttribute("aria-sort", "none");
      sorter.addEventListener("click", () => {
        const before = header.getAttribute("aria-sort");
        const first = header.dataset.first ?? "ascending";
        const next = before === "none" ? first : before === "ascending" ? "descending" : "ascending";
        for (const other of headers) if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
        header.setAttribute("aria-sort", next);
        const body = table.tBodies[0];
        const rows = [...body.rows].map((row) => [valueOf(row, column), row]);
        rows.sort((a, b) => compare(a[0], b[0], next === "ascending" ? 1 : -1));
        body.append(...rows.map(([, row]) => row));
      });
    });
  }

  const contents = document.querySelector(".toc details");
  const narrow = matchMedia("(max-width: 63.99rem)");
  const fold = () => { contents.open = !narrow.matches; };
  narrow.addEventListener("change", fold);
  fold();

  const links = new Map([...document.querySelectorAll(".toc ol a")].map((link) => [link.hash.slice(1), link]));
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(entry.target.id)?.setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-10% 0px -80% 0px" });
  for (const section of document.querySelectorAll("main > section")) watcher.observe(section);

  // A link into a folded part (a cell of the confusion matrix to its failures) opens it.
  const open = () => {
    let place = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const target = place;
    for (; place; place = place.parentElement) if (place.tagName === "DETAILS") place.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", open);
  open();

  addEventListener("beforeprint", () => { for (const details of document.querySelectorAll("details")) details.open = true; });
})();
