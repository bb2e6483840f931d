// What the tests want to know of a page, once its charts and formulas are drawn.
() => {
  const isDrawn = (svg) => {
    if (!svg) return false;
    const box = svg.getBoundingClientRect();
    return box.width > 50 && box.height > 50;
  };
  // The colour behind an element: that of the nearest ancestor with an opaque background.
  const paper = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (!colour.endsWith(", 0)")) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const visual = "[aria-roledescription='visualization']";
  const labels = ["axis-label", "axis-title", "title-text", "legend-label", "legend-title"]
    .map((role) => `.role-${role} text`).join(", ");
  // Texts that stick out of the picture, or that were shortened to fit.
  const cut = (svg) => [...(svg?.querySelectorAll("text") ?? [])].filter((text) => {
    const [inner, outer] = [text.getBoundingClientRect(), svg.getBoundingClientRect()];
    const out = inner.right > outer.right + 1 || inner.left < outer.left - 1;
    return out || text.textContent.endsWith("…");
  }).map((text) => text.textContent);
  // The opaque rectangle that a mark's text stands on: the last one drawn there.
  const ground = (svg, text) => {
    const box = text.getBoundingClientRect();
    const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    return [...svg.querySelectorAll(".mark-rect path")].findLast((rect) => {
      const [around, style] = [rect.getBoundingClientRect(), getComputedStyle(rect)];
      return style.fill.startsWith("rgb(") && style.opacity === "1" && style.fillOpacity === "1"
        && around.left <= x && x <= around.right && around.top <= y && y <= around.bottom;
    });
  };
  const words = (svg) => [...(svg?.querySelectorAll(".role-mark.mark-text text") ?? [])].flatMap(
    (text) => {
      const rect = ground(svg, text);
      return rect ? [[getComputedStyle(text).fill, getComputedStyle(rect).fill]] : [];
    });
  const charts = [...document.querySelectorAll(".vega-embed")].map((chart) => {
    const svg = chart.querySelector("svg.marks");
    const box = svg?.getBoundingClientRect();
    return {
      id: chart.id,
      drawn: isDrawn(svg),
      right: box?.right ?? 0,
      columnRight: chart.closest(".bd-article").getBoundingClientRect().right,
      description: (chart.matches(visual) ? chart : chart.querySelector(visual))
        ?.getAttribute("aria-label") ?? "",
      inks: [...chart.querySelectorAll(labels)].map((e) => [getComputedStyle(e).fill, paper(e)]),
      cut: cut(svg),
      words: words(svg),
      controls: [...chart.querySelectorAll(".vega-bind label")].map(
        (e) => [getComputedStyle(e).color, paper(e)]),
    };
  });
  return {
    mode: document.documentElement.dataset.theme,
    charts,
    formulas: document.querySelectorAll(".math").length,
    drawnFormulas: document.querySelectorAll(".math mjx-container > svg").length,
    badFormulas: document.querySelectorAll("[data-mjx-error]").length,
    width: document.documentElement.scrollWidth,
    window: document.documentElement.clientWidth,
  };
};
