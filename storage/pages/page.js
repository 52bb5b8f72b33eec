"use strict";
// Light or dark: as the system says, until the reader presses the switch; then as chosen here.
(() => {
  const root = document.documentElement;
  const key = `stepmark-theme:${location.pathname}`;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const kept = () => { try { return localStorage.getItem(key); } catch { return null; } };
  const keep = (theme) => { try { localStorage.setItem(key, theme); } catch { /* for now only */ } };
  const theme = () => root.dataset.theme || (system.matches ? "dark" : "light");
  const other = () => (theme() === "dark" ? "light" : "dark");

  const chosen = kept();
  if (chosen === "dark" || chosen === "light") root.dataset.theme = chosen;

  addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    const name = () => { button.textContent = other() === "dark" ? "Dark" : "Light"; };
    button.addEventListener("click", () => {
      root.dataset.theme = other();
      keep(root.dataset.theme);
      name();
    });
    system.addEventListener("change", name);
    name();
    button.hidden = false;
  });
})();
