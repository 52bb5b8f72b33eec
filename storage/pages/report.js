"use strict";
// Which solutions are shown, and a way through them by keyboard. Without it all are shown.
(() => {
  const $ = (id) => document.getElementById(id);
  const solutions = [...document.querySelectorAll(".solution")];
  const texts = new Map();
  const textOf = (solution) => {
    if (!texts.has(solution)) texts.set(solution, solution.textContent.toLowerCase());
    return texts.get(solution);
  };
  const has = (solution, name, value) => solution.dataset[name].split("|").includes(value);

  const apply = () => {
    const kind = $("kind").value, verdict = $("verdict").value;
    const words = $("search").value.trim().toLowerCase();
    let left = 0;
    for (const solution of solutions) {
      const fits = (!kind || has(solution, "kinds", kind) || solution.dataset.outcome === kind)
        && (!verdict || has(solution, "verdicts", verdict))
        && (!words || textOf(solution).includes(words));
      solution.hidden = !fits;
      left += fits;
    }
    $("count").textContent = `${left} of ${solutions.length}`;
  };

  const move = (by) => {
    const shown = solutions.filter((solution) => !solution.hidden);
    const at = shown.findIndex((solution) => solution.contains(document.activeElement));
    const to = shown[at < 0 ? (by > 0 ? 0 : shown.length - 1) : at + by];
    if (!to) return;
    to.querySelector("summary").focus();
    to.scrollIntoView({ block: "start" });
  };

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input, select, textarea")) {
      if (event.key !== "Escape") return;
      $("search").value = "";
      apply();
      event.target.blur();
      return;
    }
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "/") { event.preventDefault(); $("search").focus(); }
  });

  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("filters").addEventListener("input", apply);
  $("filters").hidden = false;
  apply();
})();
