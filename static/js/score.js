// The score page: − takes a step and unfolds the reasons, a chip takes its own points, the total runs along.
// Without this file the points are number boxes and the server adds up. A [data-score] form that comes later, as in
// walk mode, is started by `htmx:afterSettle`; `zongwu:filled` says that its boxes were filled by a script.
"use strict";
(() => {
  function startAll() { document.querySelectorAll("[data-score]:not(.live)").forEach(start); }
  function start(form) {
    form.classList.add("live");
    const hundredths = (box) => Math.round(Number(box.value) * 100) || 0;
    const words = (value) => String(value / 100);
    const marks = [...form.querySelectorAll("[data-mark]")];
    const bonus = form.querySelector("[data-bonus] .points");
    const clamp = (value, highest) => Math.min(Math.max(value, 0), highest);

    function lost(mark) { return Number(mark.dataset.max) - hundredths(mark.querySelector(".points")); }
    function most(mark) { return Number(mark.dataset.max) - Number(mark.dataset.floor || 0); } // that can be taken
    function chips(mark) { return [...mark.querySelectorAll("[data-points]")]; }
    function fault(mark) { return mark.querySelector("[data-fault]"); }

    function take(mark, value) {
      const max = Number(mark.dataset.max);
      mark.querySelector(".points").value = words(max - clamp(value, most(mark)));
      show(mark);
    }

    function show(mark) {
      mark.classList.toggle("taken", lost(mark) > 0);
      mark.classList.toggle("fault", fault(mark).checked);
      const why = mark.querySelector("[data-why]");
      why.textContent = chosen(mark).join("、") || (fault(mark).checked && form.dataset.faultWord) || why.dataset.why;
      mark.querySelector("[data-less]").disabled = lost(mark) >= most(mark);
      mark.querySelector("[data-more]").disabled = lost(mark) <= 0;
      sum();
    }

    // One row is open at a time: what is settled folds up and says its reason in the row.
    function open(mark, whether) {
      const top = mark.getBoundingClientRect().top;
      if (whether) marks.forEach((other) => { if (other !== mark && settled(other)) other.querySelector("details").open = false; });
      mark.querySelector("details").open = whether;
      scrollBy(0, mark.getBoundingClientRect().top - top); // the row stays under the thumb
    }
    function settled(mark) { return lost(mark) === 0 || chosen(mark).length || mark.querySelector("[data-words]").value; }
    function chosen(mark) {
      return chips(mark).filter((chip) => chip.checked).map((chip) => chip.nextElementSibling.firstChild.textContent.trim());
    }

    function uncheck(mark) {
      chips(mark).forEach((chip) => { chip.checked = false; chip.closest(".choice").classList.remove("on"); });
    }

    function sum() {
      const full = Number(form.dataset.full);
      const failed = [...form.querySelectorAll("[data-answer-max].failed")];
      const gone = marks.reduce((all, mark) => all + lost(mark), 0)
        + failed.reduce((all, row) => all + Number(row.dataset.answerMax), 0);
      const total = clamp(full - gone + (bonus ? hundredths(bonus) : 0), full);
      document.querySelectorAll("[data-total]").forEach((place) => { place.textContent = words(total); });
      const block = form.querySelector("[data-sum]");
      if (block) block.querySelector("[data-taken]").replaceChildren(...lines(block));
    }

    function lines(block) {
      const said = marks.filter((mark) => lost(mark) > 0 || fault(mark).checked).map((mark) => {
        const line = document.createElement("li");
        const value = document.createElement("strong");
        value.className = "number";
        value.textContent = fault(mark).checked ? form.dataset.faultWord : "−" + words(lost(mark));
        line.append(mark.querySelector("[data-name]").textContent + " ", value, " " + chosen(mark).join("、"));
        return line;
      });
      if (said.length) return said;
      return [Object.assign(document.createElement("li"), { textContent: block.dataset.nothing })];
    }

    marks.forEach((mark) => {
      const step = Number(mark.dataset.step);
      mark.querySelector("[data-less]").addEventListener("click", () => {
        fault(mark).checked = false;
        take(mark, lost(mark) + step);
        open(mark, true);
      });
      mark.querySelector("[data-more]").addEventListener("click", () => {
        take(mark, lost(mark) - step);
        if (lost(mark) === 0) { uncheck(mark); open(mark, false); }
      });
      mark.querySelector("[data-open]").addEventListener("click", (event) => {
        event.preventDefault();
        open(mark, !mark.querySelector("details").open);
      });
      mark.addEventListener("change", (event) => {
        if (event.target.matches("[data-points]")) {
          fault(mark).checked = false;
          take(mark, chips(mark).reduce((all, chip) => all + (chip.checked ? Number(chip.dataset.points) : 0), 0));
        } else if (event.target.matches("[data-fault]")) {
          if (event.target.checked) { uncheck(mark); take(mark, 0); } else show(mark);
        }
      });
      mark.querySelector(".points").readOnly = true;
      show(mark);
    });

    if (bonus) {
      const max = Math.round(Number(bonus.max) * 100), step = Math.round(Number(bonus.step) * 100);
      const give = (by) => { bonus.value = words(clamp(hundredths(bonus) + by, max)); sum(); };
      bonus.closest("[data-bonus]").querySelector("[data-less]").addEventListener("click", () => give(-step));
      bonus.closest("[data-bonus]").querySelector("[data-more]").addEventListener("click", () => give(step));
      bonus.readOnly = true;
    }
    form.addEventListener("change", (event) => { if (event.target.closest("[data-answer-max]")) setTimeout(sum); }); // once its row says whether it failed
    form.addEventListener("zongwu:filled", () => marks.forEach(show));
    form.querySelectorAll(".stepper button").forEach((button) => { button.hidden = false; });
  }
  startAll();
  addEventListener("htmx:afterSettle", startAll);
})();
