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
