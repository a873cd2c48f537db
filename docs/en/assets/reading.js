/* What is wider than the page can be scrolled by keyboard: tables and diagrams on a phone.
 *
 * The theme puts its tables into boxes when it likes, so we look whenever something moves.
 */
(() => {
  "use strict";

  const article = document.querySelector("article");
  if (!article) return;

  function look() {
    for (const box of article.querySelectorAll(".md-typeset__scrollwrap, .diagram")) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  }

  new MutationObserver(look).observe(article, { childList: true, subtree: true });
  new ResizeObserver(look).observe(article);
  look();
})();
