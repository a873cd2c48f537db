/* What a student has done: ticked tasks, and predictions made before the answer.
 *
 * Kept in this browser only, by name and not by position, so that a page may grow.
 * A classic script, not a module: from disk (file://) a module does not load.
 * Without it, tasks are a list, and a prediction a question with its answer below.
 */
(() => {
  "use strict";

  // From disk, or in a private window, a browser may refuse to keep anything.
  const memory = {
    get(key) {
      try {
        return localStorage.getItem(key);
      } catch {
        return null;
      }
    },
    names() {
      try {
        return Object.keys(localStorage);
      } catch {
        return [];
      }
    },
    set(key, value) {
      try {
        if (value === null) localStorage.removeItem(key);
        else localStorage.setItem(key, value);
      } catch {
        // It is then forgotten with the page.
      }
    },
  };

  document.querySelectorAll("[data-progress]").forEach(showProgress);
  document.querySelectorAll("[data-task]").forEach(makeTask);
  document.querySelectorAll(".predict").forEach(makePrediction);

  /* On the landing page: how many tasks and predictions of a lesson are done. */
  function showProgress(place) {
    const lesson = new RegExp(`^(?:task|predict):${place.dataset.progress}-`);
    const done = memory.names().filter((name) => lesson.test(name)).length;
    if (done > 0) place.textContent = `${done} of ${place.dataset.of} done`;
  }

  function makeTask(item) {
    const key = `task:${item.dataset.task}`;
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = memory.get(key) !== null;
    box.addEventListener("change", () => memory.set(key, box.checked ? "done" : null));
    const label = document.createElement("label");
    // A list inside the item is not what the box is about.
    const content = [...item.childNodes].filter(
      (node) => !["UL", "OL", "PRE", "DIV", "DETAILS"].includes(node.nodeName),
    );
    label.append(box, " ", ...content);
    item.prepend(label);
    item.classList.add("task");
  }

  function makePrediction(predict) {
    const key = `predict:${predict.dataset.name}`;
    const right = Number(predict.dataset.answer);
    const answer = predict.querySelector("details");
    const status = document.createElement("p");
    status.setAttribute("role", "status");
    answer.before(status);
    const buttons = [...predict.querySelector("ol").children].map(makeButton);
    show(Number(memory.get(key)), false);

    function makeButton(item, index) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...item.childNodes);
      button.addEventListener("click", () => {
        memory.set(key, String(index + 1));
        show(index + 1, true);
      });
      item.append(button);
      return button;
    }

    function show(chosen, isNew) {
      answer.hidden = !chosen;
      if (isNew) answer.open = true;
      if (chosen) status.textContent = chosen === right ? "Right." : "Not this one.";
      buttons.forEach((button, index) => {
        button.setAttribute("aria-pressed", String(index + 1 === chosen));
        if (!chosen) return;
        if (index + 1 === right) button.dataset.result = "right";
        else if (index + 1 === chosen) button.dataset.result = "wrong";
        else delete button.dataset.result;
      });
    }
  }
})();
