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
  const PANEL = "svg [class*='panel_'][class*='_group']";
  const visual = "[aria-roledescription='visualization']";
  const AROUND = ["axis-label", "axis-title", "title-text", "legend-label", "legend-title"]
    .map((role) => `.role-${role}`).join(", ");
  const labels = ["axis-label", "axis-title", "title-text", "legend-label", "legend-title"]
    .map((role) => `.role-${role} text`).join(", ");
  // Vega keeps the labels of an axis that have no room, and does not show them.
  const seenTexts = (element) => [...(element?.querySelectorAll("text") ?? [])].filter(
    (text) => text.textContent && getComputedStyle(text).opacity !== "0");
  // Texts that stick out of the picture, or that were shortened to fit.
  const cut = (svg) => seenTexts(svg).filter((text) => {
    const [inner, outer] = [text.getBoundingClientRect(), svg.getBoundingClientRect()];
    const out = inner.right > outer.right + 1 || inner.left < outer.left - 1
      || inner.bottom > outer.bottom + 2 || inner.top < outer.top - 2;
    return out || text.textContent.endsWith("…");
  }).map((text) => text.textContent);
  // Labels, titles and names of the same picture that lie on one another.
  const colliding = (svg) => {
    const places = [...(svg?.querySelectorAll(AROUND) ?? [])].flatMap(seenTexts).map(
      (text) => [text.getBoundingClientRect(), text.textContent]);
    return places.flatMap(([one, words], i) => places.slice(i + 1).filter(([other]) =>
      Math.min(one.right, other.right) - Math.max(one.left, other.left) > -2
      && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 3,
    ).map(([, others]) => `${words} | ${others}`));
  };
  // A colour as red, green, blue, opacity; a gradient as the colours of its stops.
  const parts = (colour) => {
    const found = colour.match(/^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)$/);
    return found ? [+found[1], +found[2], +found[3], +(found[4] ?? 1)] : null;
  };
  const over = (top, share, ground) => [0, 1, 2].map(
    (i) => share * top[i] + (1 - share) * ground[i]);
  const written = (colour) => `rgb(${colour.slice(0, 3).map(Math.round).join(", ")})`;
  // How opaque an element is, its ancestors in the picture counted.
  const opacity = (element) => {
    let share = 1;
    for (let e = element; e && e.tagName !== "svg"; e = e.parentElement) {
      share *= +getComputedStyle(e).opacity;
    }
    return share;
  };
  // What is painted inside a shape: [colour, share], or null.
  const paint = (element, kind) => {
    const style = getComputedStyle(element);
    const colour = parts(style[kind]);
    if (!colour || (kind === "stroke" && parseFloat(style.strokeWidth) === 0)) return null;
    const share = colour[3] * +style[`${kind}Opacity`] * opacity(element);
    return share > 0 ? [colour, share] : null;
  };
  // The colour that a text of the picture stands on: the paper, and every shape under it.
  const ground = (svg, text, shapes) => {
    const box = text.getBoundingClientRect();
    const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    return shapes.reduce((below, [around, fill]) => {
      const under = around.left <= x && x <= around.right && around.top <= y && y <= around.bottom;
      return under ? over(fill[0], fill[1], below) : below;
    }, parts(paper(svg)));
  };
  const words = (svg) => {
    const shapes = [...svg.querySelectorAll(".mark-rect path")].flatMap((shape) => {
      const fill = paint(shape, "fill");
      return fill ? [[shape.getBoundingClientRect(), fill]] : [];
    });
    return [...svg.querySelectorAll(".role-mark.mark-text text")].filter(
      (text) => text.textContent).map(
      (text) => [getComputedStyle(text).fill, written(ground(svg, text, shapes))]);
  };
  // The stronger of what is painted inside and around each mark, as it looks on the paper.
  // What has no edge and is meant to be seen through is a ground, no mark.
  const SEEN_THROUGH = 0.6;
  const drawn = ["symbol", "rect", "line", "rule", "area"].map(
    (kind) => `.role-mark.mark-${kind} > :is(path, line)`).join(", ") + ", .role-legend-symbol > path";
  const marks = (svg) => {
    const below = parts(paper(svg));
    const seen = new Map();
    for (const shape of svg.querySelectorAll(drawn)) {
      const [fill, stroke] = [paint(shape, "fill"), paint(shape, "stroke")];
      if (!stroke && fill && fill[1] < SEEN_THROUGH) continue;
      const painted = [fill, stroke].filter(Boolean);
      const looks = painted.map(([colour, share]) => written(over(colour, share, below)));
      if (looks.length) seen.set(looks.join("; "), looks);
    }
    return [...seen.values()].map((looks) => [looks, written(below)]);
  };
  const charts = [...document.querySelectorAll(".vega-embed")].map((chart) => {
    const svg = chart.querySelector("svg.marks");
    const box = svg?.getBoundingClientRect();
    return {
      id: chart.id,
      drawn: isDrawn(svg),
      height: chart.getBoundingClientRect().height,
      width: box?.width ?? 0,
      panels: chart.querySelectorAll(PANEL).length,
      controlsAbove: [...chart.querySelectorAll(".vega-bindings")].every(
        (e) => e.getBoundingClientRect().bottom <= (box?.top ?? 0)),
      right: box?.right ?? 0,
      columnRight: chart.closest(".bd-article").getBoundingClientRect().right,
      description: (chart.matches(visual) ? chart : chart.querySelector(visual))
        ?.getAttribute("aria-label") ?? "",
      inks: [...chart.querySelectorAll(labels)].map((e) => [getComputedStyle(e).fill, paper(e)]),
      cut: cut(svg),
      colliding: colliding(svg),
      words: svg ? words(svg) : [],
      marks: svg ? marks(svg) : [],
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
