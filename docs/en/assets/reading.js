/* What is wider than a phone: tables become cards there, and what remains too wide can be
 * scrolled by keyboard.
 *
 * The theme puts its tables into boxes at a time of its own, so we measure whenever
 * something moves.
 */
(() => {
  "use strict";

  const article = document.querySelector("article");
  if (!article) return;

  /* extra.css shows each row of these as a card. A `display` other than a table's takes
   * the meaning of a table away, so its parts get it back as roles. */
  const roles = { TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TR: "row" };
  for (const table of article.querySelectorAll("table:not([class])")) {
    const heads = [...table.querySelectorAll("thead th")];
    if (heads.length < 3) continue;
    for (const part of [table, ...table.querySelectorAll("thead, tbody, tr")]) {
      part.setAttribute("role", roles[part.nodeName]);
    }
    for (const head of heads) head.setAttribute("role", "columnheader");
    for (const cell of table.querySelectorAll("td")) {
      cell.setAttribute("role", "cell");
      cell.dataset.label = heads[cell.cellIndex]?.textContent ?? "";
    }
  }

  function measure() {
    for (const box of article.querySelectorAll(".md-typeset__scrollwrap, .diagram")) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  }

  new MutationObserver(measure).observe(article, { childList: true, subtree: true });
  new ResizeObserver(measure).observe(article);
  measure();
})();
