/* Starts the labs of a page: <section class="lab" data-lab="NAME">, each out of a module
 * of its own, labs/NAME.js, when it comes near the window.
 *
 * A classic script, because from disk (file://) a module does not load. A lab that can't
 * start leaves its text open, and says why in a sentence.
 */
(() => {
  "use strict";

  const base = document.currentScript.src;
  const NEAR = "600px"; // so much below or above the window

  const isNear = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        isNear.unobserve(target);
        start(target);
      }
    },
    { rootMargin: `${NEAR} 0px` },
  );

  document.querySelectorAll("section.lab[data-lab]").forEach(prepare);

  function prepare(section) {
    if (location.protocol === "file:") {
      explain(section, "From disk, a browser doesn't load this lab. Over http it does: ");
      const command = document.createElement("code");
      command.textContent = "python3 -m course run";
      section.querySelector(".lab-place p").append(command, " opens this site.");
      return;
    }
    section.dataset.state = "starting";
    section.querySelector("details").open = false;
    isNear.observe(section);
  }

  async function start(section) {
    const place = section.querySelector(".lab-place");
    try {
      const { default: fill } = await import(
        new URL(`labs/${section.dataset.lab}.js`, base)
      );
      await fill(place, JSON.parse(section.dataset.figures));
      section.dataset.state = "ready";
    } catch (problem) {
      explain(section, "This lab didn't start. Reload the page to try again.");
      console.warn(`lab ${section.dataset.lab}:`, problem);
    }
  }

  /* Say in the place of the lab why it isn't there, and open the text. */
  function explain(section, words) {
    const sentence = document.createElement("p");
    sentence.textContent = words;
    section.querySelector(".lab-place").replaceChildren(sentence);
    section.querySelector("details").open = true;
    section.dataset.state = "text";
  }
})();
