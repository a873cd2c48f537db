/* A quiz: choose, check, and read why; then hand in the result.
 *
 * Answers are kept in this browser only, by the name of a question. The first answer counts.
 * A classic script, not a module: from disk (file://) a module does not load.
 * Without it, a question is a list of choices with its answer folded below.
 */
(() => {
  "use strict";

  const place = document.querySelector("[data-quiz]");
  if (!place) return;
  const quiz = place.dataset.quiz;
  const key = `quiz:${quiz}`;
  let answers = {};
  try {
    const kept = JSON.parse(localStorage.getItem(key));
    if (kept && typeof kept === "object") answers = kept;
  } catch {
    // From disk, or in a private window, a browser may refuse to keep anything.
  }

  const questions = [...document.querySelectorAll(".question")].map(makeQuestion);
  const total = makeTotal();
  showTotal();

  function keep() {
    try {
      localStorage.setItem(key, JSON.stringify(answers));
    } catch {
      // It is then forgotten with the page.
    }
  }

  function element(name, properties = {}, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  // ---- One question ------------------------------------------------------------------

  function makeQuestion(section) {
    const { name, kind } = section.dataset;
    const right = section.dataset.right.split(",").map(Number);
    const list = section.querySelector(":scope > ol");
    const how = section.querySelector(":scope > .how");
    const folded = section.querySelector(":scope > details");
    const whys = [...folded.querySelectorAll(":scope > ol > li")];
    const readAgain = folded.querySelector(":scope > p:last-child");
    const choices = [...list.children].map((item, position) => ({
      item,
      number: position + 1,
      text: item.textContent.trim(),
    }));
    const isOrder = kind === "order";

    const fieldset = element("fieldset", {}, element("legend", {}, ...how.childNodes));
    list.before(fieldset);
    fieldset.append(list);
    how.remove();
    list.classList.add("choices");
    choices.forEach(isOrder ? addMoves : addBox);

    const status = element("p", { className: "verdict", tabIndex: -1, hidden: true });
    const hint = element("p", { className: "verdict", role: "status" });
    const button = element("button", { type: "button", textContent: "Check my answer" });
    button.className = "md-button";
    button.addEventListener("click", check);
    fieldset.before(status);
    fieldset.after(button, hint, readAgain);
    readAgain.hidden = true;
    folded.remove();

    const kept = answers[name]?.answer;
    const isWhole = Array.isArray(kept) && kept.length > 0;
    if (isWhole && kept.every((number) => choices[number - 1])) {
      if (!isOrder || new Set(kept).size === choices.length) show(kept);
      else delete answers[name];
    } else delete answers[name];
    return { name, kind };

    function addBox({ item, number }) {
      const box = element("input", {
        type: kind === "several" ? "checkbox" : "radio",
        name: `quiz-${name}`,
        value: number,
      });
      box.addEventListener("change", () => (hint.textContent = ""));
      const words = element("span", {}, ...item.childNodes);
      item.append(element("label", {}, box, words));
    }

    function addMoves({ item, text }) {
      const words = element("span", {}, ...item.childNodes);
      const moves = [
        ["↑", "up", -1],
        ["↓", "down", 1],
      ].map(([sign, word, by]) => {
        const move = element("button", { type: "button", textContent: sign });
        move.setAttribute("aria-label", `Move ${word}: ${text}`);
        move.addEventListener("click", () => moveItem(item, by, move));
        return move;
      });
      item.append(element("span", { className: "moves" }, ...moves), words);
    }

    function moveItem(item, by, move) {
      const other = by < 0 ? item.previousElementSibling : item.nextElementSibling;
      if (other) by < 0 ? other.before(item) : other.after(item);
      move.focus();
      const position = [...list.children].indexOf(item) + 1;
      hint.textContent = `Now number ${position} of ${choices.length}.`;
    }

    function chosen() {
      if (isOrder) {
        const items = [...list.children];
        return items.map((item) => choices.find((one) => one.item === item).number);
      }
      return [...list.querySelectorAll("input:checked")].map(({ value }) => Number(value));
    }

    function check() {
      const answer = chosen();
      if (answer.length === 0) {
        hint.textContent = "Choose an answer first.";
        return;
      }
      const isRight = String(answer) === String(right);
      answers[name] = { answer, right: isRight, at: new Date().toISOString() };
      keep();
      show(answer);
      status.focus();
      showTotal();
    }

    function show(answer) {
      const isRight = String(answer) === String(right);
      answers[name].right = isRight; // the bank may have been corrected
      fieldset.disabled = true;
      button.remove();
      hint.textContent = "";
      if (isOrder) list.append(...right.map((number) => choices[number - 1].item));
      for (const { item, number } of choices) {
        const isGood = isOrder
          ? answer.indexOf(number) === right.indexOf(number)
          : right.includes(number);
        const isChosen = isOrder || answer.includes(number);
        item.dataset.result = isGood ? "right" : isChosen ? "wrong" : "other";
        if (!isOrder && isChosen) item.querySelector("input").checked = true;
        const why = element("div", { className: "why" }, ...whys[number - 1].childNodes);
        if (isOrder && !isGood) {
          why.append(` You had it at number ${answer.indexOf(number) + 1}.`);
        } else if (!isOrder && isChosen) {
          why.prepend("Your choice. ");
        }
        item.append(why);
      }
      status.hidden = false;
      status.textContent = isRight ? "Right." : wrongWords(answer);
      status.dataset.result = isRight ? "right" : "wrong";
      readAgain.hidden = false;
    }

    function wrongWords(answer) {
      if (isOrder) return "Not this order. This is the right one:";
      if (kind !== "several") return "Not this one.";
      const found = answer.filter((number) => right.includes(number)).length;
      return `Not quite: you chose ${found} of the ${right.length} that are true, and ${
        answer.length - found
      } that ${answer.length - found === 1 ? "isn't" : "aren't"}.`;
    }
  }

  // ---- The result --------------------------------------------------------------------

  function makeTotal() {
    const progress = element("p");
    place.append(progress);

    const summary = element("p", { role: "status" });
    const name = element("input", { type: "text", maxLength: 80, autocomplete: "name" });
    const label = element("label", {}, "Your name, for the file (optional) ", name);
    const said = element("p", { role: "status" });
    const text = element("textarea", { readOnly: true, hidden: true, rows: 4 });
    text.setAttribute("aria-label", "My result, to copy");
    const buttons = [
      ["Copy my result", copy],
      ["Download as CSV", () => download("csv", "text/csv", csvOf(result()))],
      ["Download as JSON", () => download("json", "application/json", jsonOf(result()))],
      ["Start again", startAgain],
    ].map(([words, action]) => {
      const button = element("button", { type: "button", textContent: words });
      button.className = "md-button";
      button.addEventListener("click", action);
      return button;
    });
    const heading = element("h2", { id: "your-result", textContent: "Your result" });
    const box = element(
      "section",
      { className: "quiz-result" },
      heading,
      summary,
      element("p", {}, label),
      element("p", { className: "buttons" }, ...buttons),
      said,
      text,
    );
    const last = document.querySelectorAll(".question");
    last[last.length - 1].after(box);
    return { progress, summary, name };

    async function copy() {
      const words = wordsOf(result());
      try {
        await navigator.clipboard.writeText(words);
        text.hidden = true;
        said.textContent = "Copied.";
      } catch {
        // Over plain HTTP, a browser gives no clipboard to a script.
        text.value = words;
        text.hidden = false;
        text.focus();
        text.select();
        said.textContent = "Press Ctrl+C, or Cmd+C on a Mac, to copy this text.";
      }
    }

    function download(ending, type, content) {
      const link = element("a", {
        href: URL.createObjectURL(new Blob([content], { type })),
        download: `quiz-${quiz}.${ending}`,
      });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
      said.textContent = `Saved as quiz-${quiz}.${ending}.`;
    }

    function startAgain() {
      if (!confirm("Delete all answers of this quiz?")) return;
      answers = {};
      try {
        localStorage.removeItem(key);
      } catch {
        // Nothing was kept.
      }
      location.hash = "";
      location.reload();
    }
  }

  function result() {
    const rows = questions.map(({ name, kind }) => ({ name, kind, ...answers[name] }));
    return {
      quiz,
      name: total.name.value.trim(),
      right: rows.filter((row) => row.right).length,
      answered: rows.filter((row) => row.answer).length,
      of: rows.length,
      questions: rows,
    };
  }

  function showTotal() {
    const { right, answered, of } = result();
    total.progress.textContent = `${answered} of ${of} answered.`;
    total.summary.textContent =
      answered === 0
        ? "You haven't answered a question yet."
        : `${answered} of ${of} answered, ${right} right at the first try.`;
  }

  function wordsOf({ name, right, answered, of, questions: rows }) {
    const missed = rows.flatMap((row, index) => (row.right === false ? [index + 1] : []));
    const lines = [
      `Quiz ${quiz}${name && `, ${name}`}: ${right} of ${of} right, ${answered} answered.`,
    ];
    if (missed.length) lines.push(`To read again: question ${missed.join(", ")}.`);
    return lines.join("\n");
  }

  function jsonOf(content) {
    return `${JSON.stringify(content, null, 2)}\n`;
  }

  function csvOf({ name, questions: rows }) {
    const lines = rows.map((row) => [
      quiz,
      name,
      row.name,
      row.kind,
      (row.answer ?? []).join(" "),
      row.answer ? (row.right ? "right" : "wrong") : "",
      row.at ?? "",
    ]);
    lines.unshift(["quiz", "name", "question", "kind", "answer", "result", "at"]);
    // With a mark at its start, a spreadsheet reads the file as UTF-8.
    return `\ufeff${lines.map((cells) => cells.map(cell).join(",")).join("\r\n")}\r\n`;
  }

  function cell(content) {
    // A spreadsheet takes what begins like this for a formula.
    const text = /^[=+\-@\t\r]/.test(content) ? `'${content}` : String(content);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }
})();
