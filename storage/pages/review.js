"use strict";
// Steps are radio buttons: the browser knows arrows and touch. This adds keys, and speaks to the
// server, which answers with the place to go to.
(() => {
  const form = document.getElementById("review");
  const trouble = form.querySelector(".trouble");
  const picks = [...form.querySelectorAll("input[name=step]")];
  const note = form.elements.note;
  const at = Number(form.dataset.at);
  const total = Number(form.dataset.total);
  let busy = false;

  const go = (place) => location.replace(place === null ? "./" : `./?at=${place}`);

  const tell = (text) => { trouble.textContent = text; trouble.hidden = false; };

  const post = async (where, said) => {
    if (busy) return null;
    busy = true;
    try {
      const answer = await fetch(where, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(said),
      });
      if (answer.ok) return await answer.json();
      tell(await answer.text());
    } catch {
      tell("The server does not answer: what you said last is not kept. Is it still running?");
    }
    busy = false;
    return null;
  };

  const say = async (choice, more) => {
    const text = [more, note.value.trim()].filter(Boolean).join("; ");
    const answer = await post("review", { solution: form.dataset.solution, choice, note: text });
    if (answer) go(answer.at);
  };

  const undo = async () => {
    const answer = await post("undo", {});
    if (!answer) return;
    if (answer.at === null) { busy = false; tell("There is nothing to take back."); } else go(answer.at);
  };

  const move = (by) => { if (at + by >= 0 && at + by < total) go(at + by); };

  const pick = (by) => {
    const now = picks.findIndex((each) => each.checked);
    const next = now < 0 ? (by > 0 ? 0 : picks.length - 1) : now + by;
    if (next < 0 || next >= picks.length) return;
    picks[next].checked = true;
    picks[next].focus({ preventScroll: true });
    picks[next].closest(".pick").scrollIntoView({ block: "nearest", behavior: "instant" });
  };

  const first = () => {
    const picked = picks.find((each) => each.checked);
    if (picked) say(picked.value);
    else tell("Choose a step first, or say that none is wrong.");
  };

  const open = (name) => {
    const dialog = document.getElementById(name);
    dialog.showModal();
    dialog.focus();  // not its first button: a second Enter would press it
  };

  const keys = {
    j: () => pick(1), ArrowDown: () => pick(1),
    k: () => pick(-1), ArrowUp: () => pick(-1),
    Enter: first,
    n: () => form.querySelector("[data-choice]")?.click(),
    u: () => picks.length && open("unsure"),
    z: undo,
    c: () => note?.focus(),
    ArrowLeft: () => move(-1), ArrowRight: () => move(1),
    "?": () => picks.length && open("help"),
  };

  const writes = (target) => target.matches("textarea, input:not([type=radio])");

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target;
    if (document.querySelector("dialog[open]")) {
      const reason = document.querySelector(`dialog[open] .reasons :nth-child(${Number(event.key) || 99})`);
      if (reason && !writes(target)) { event.preventDefault(); reason.click(); }
      return;
    }
    if (writes(target)) { if (event.key === "Escape") target.blur(); return; }
    if (event.key === "Enter" && target.matches("button, summary, a")) return;
    const act = Object.hasOwn(keys, event.key) && (picks.length || "z ArrowLeft".includes(event.key));
    if (act) { event.preventDefault(); keys[event.key](); }
  });

  form.addEventListener("submit", (event) => { event.preventDefault(); first(); });

  addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const { choice, opens, move: by, reason } = button.dataset;
    if (choice) say(choice);
    else if (opens) open(opens);
    else if (by) move(Number(by));
    else if (reason) unsure(reason);
    else if ("undo" in button.dataset) undo();
    else if ("close" in button.dataset) button.closest("dialog").close();
  });

  const dialog = document.querySelector("#unsure form");
  const unsure = (reason) => { dialog.closest("dialog").close(); say(dialog.dataset.choice, reason); };
  dialog?.addEventListener("submit", (event) => {
    event.preventDefault();
    unsure(dialog.elements.reason.value.trim());
  });
})();
