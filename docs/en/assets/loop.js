/* A recording that plays in the place of a still: <figure data-play="Play" …>.
 *
 * It begins once it can be seen, unless the reader prefers less motion, and stops after
 * a few rounds. The button pauses and plays it (WCAG 2.2.2). Without this script, there
 * is the still.
 * A classic script, not a module: from disk (file://) a module does not load.
 * It holds no words: the attributes of the figure have them.
 */
(() => {
  "use strict";

  const ROUNDS = 3;

  document.querySelectorAll("figure[data-play]").forEach(makePlayable);

  function makePlayable(figure) {
    const { play, pause, seconds } = figure.dataset;
    // Two schemes, each with one picture for phones and one for wider windows.
    const parts = [...figure.querySelectorAll("[data-film]")].map((element) => {
      const name = element.nodeName === "IMG" ? "src" : "srcset";
      return { element, name, still: element.getAttribute(name) };
    });
    const button = document.createElement("button");
    const isSeen = new IntersectionObserver(
      ([{ isIntersecting }]) => isIntersecting && start(),
      { threshold: 0.5 },
    );
    let timer;

    button.type = "button";
    button.className = "md-button";
    button.textContent = play;
    button.addEventListener("click", () => (timer ? stop() : start()));
    figure.querySelector("picture:last-of-type").after(button);
    if (matchMedia("(prefers-reduced-motion: no-preference)").matches) {
      isSeen.observe(figure);
    }

    function start() {
      isSeen.disconnect();
      for (const { element, name } of parts) {
        element.setAttribute(name, element.dataset.film);
      }
      timer = setTimeout(stop, seconds * 1000 * ROUNDS);
      button.textContent = pause;
    }

    /** Show the still: a browser can't pause an animated picture in its middle. */
    function stop() {
      clearTimeout(timer);
      timer = undefined;
      for (const { element, name, still } of parts) element.setAttribute(name, still);
      button.textContent = play;
    }
  }
})();
