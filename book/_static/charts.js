// A chart as wide as the text takes its width anew when the window changes size.
// Here it does so whenever the text's width changes: the sidebars fold away and
// come back after the window has its size, and leave charts too wide or too narrow.
window.addEventListener("load", () => {
  const widths = new Map();
  const observer = new ResizeObserver((entries) => {
    const changed = entries.filter(
      (entry) => widths.get(entry.target) !== entry.contentRect.width);
    entries.forEach((entry) => widths.set(entry.target, entry.contentRect.width));
    if (changed.length > 0) {
      requestAnimationFrame(() => window.dispatchEvent(new Event("resize")));
    }
  });
  document.querySelectorAll(".bd-article .vega-embed").forEach((chart) => observer.observe(chart));
});
