"use strict";
for (const place of document.querySelectorAll("[data-chart]")) {
  const spec = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  vegaEmbed(place, spec, { renderer: "svg", actions: false }).catch(
    (error) => console.error(error));
}
const button = document.getElementById("mode");
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;
const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
const tell = () => { button.textContent = isDark() ? "Light mode" : "Dark mode"; };
button.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; tell(); });
dark.addEventListener("change", tell);
button.hidden = false;
tell();
