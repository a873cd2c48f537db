/* What is wider than a phone: tables become cards there, and what remains too wide can be
 * scrolled by keyboard. A browser would break `--help` and `ulimit -n` after their hyphens,
 * so short commands are marked to stay on one line.
 *
 * The theme puts its tables into boxes at a time of its own, and the landing page fills
 * one in later, so we look whenever something moves.
 */
(() => {
  "use strict";

  const article = document.querySelector("article");
  if (!article) return;

  const roles = {
    TABLE: "table",
    THEAD: "rowgroup",
    TBODY: "rowgroup",
    TR: "row",
    TH: "columnheader",
    TD: "cell",
  };

  /* extra.css shows each row of these as a card. A `display` other than a table's takes
   * the meaning of a table away, so its parts get it back as roles. */
  function label(table) {
    const heads = [...table.querySelectorAll("thead th")];
    // The times and minutes of a plan are narrow: it fits a phone as it is.
    if (heads.length < 3 || table.closest(".day")) return;
    for (const part of [table, ...table.querySelectorAll("thead, tbody, tr, th, td")]) {
      part.setAttribute("role", roles[part.nodeName]);
      const head = part.nodeName === "TD" && heads[part.cellIndex];
      if (head) part.dataset.label = head.textContent;
    }
  }

  function look() {
    article.querySelectorAll("table:not([class])").forEach(label);
    for (const box of article.querySelectorAll(".md-typeset__scrollwrap, .diagram")) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  }

  for (const code of article.querySelectorAll(":not(pre) > code")) {
    if (code.textContent.length <= 17) code.classList.add("short");
  }

  new MutationObserver(look).observe(article, { childList: true, subtree: true });
  new ResizeObserver(look).observe(article);
  look();
})();
