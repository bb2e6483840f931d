// What of a page's text does not fit: asked once its charts and formulas are drawn.
() => {
  const article = document.querySelector(".bd-article");
  const column = article.getBoundingClientRect();
  const named = (e) => `${e.tagName.toLowerCase()}.${e.className?.baseVal ?? e.className} `
    + `${e.textContent.trim().slice(0, 40)}`;
  // What scrolls inside itself may hold more than it shows; nothing else may.
  const MAY_SCROLL = "pre, table, .cn-scroll, .pst-scrollable-table-container, mjx-container, "
    + ".vega-embed, .vega-bindings, .highlight, .math";
  const HIDDEN = ".cn-spoken, .visually-hidden, .sd-stretched-link, .headerlink, .copybtn";
  const scrolls = (e) => /auto|scroll/.test(getComputedStyle(e).overflowX);
  const clips = (e) => /hidden|clip/.test(getComputedStyle(e).overflowX);
  const more = (e) => e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1;
  const inside = (e) => {
    for (let up = e.parentElement; up && up !== article; up = up.parentElement) {
      if (scrolls(up) || clips(up)) return true;
    }
    return false;
  };
  // A chart scrolls inside itself, but nobody looks for the rest of a menu.
  const beyond = (e) => e.matches(".vega-bind select") && e.getBoundingClientRect().right
    > e.closest(".vega-embed").getBoundingClientRect().right + 1;
  const seen = [...article.querySelectorAll("*")].filter(
    (e) => !e.closest(HIDDEN) && e.getClientRects().length && !e.closest("svg"));
  return {
    wide: seen.filter((e) => {
      const box = e.getBoundingClientRect();
      return box.width > 0 && !inside(e)
        && (box.right > column.right + 1 || box.left < column.left - 1);
    }).map(named),
    cut: seen.filter((e) => (more(e) && clips(e) && !e.closest(".math")) || beyond(e)).map(named),
    scrolling: seen.filter((e) => more(e) && scrolls(e) && !e.matches(MAY_SCROLL)).map(named),
    scrollers: seen.filter((e) => more(e) && scrolls(e)).map(named),
    // Text of drawings of our own (charts are looked at elsewhere).
    drawings: [...article.querySelectorAll("svg.cn-map, svg.cn-thumb")].filter(
      (svg) => svg.getClientRects().length).flatMap((svg) => {
        const outer = svg.getBoundingClientRect();
        return [...svg.querySelectorAll("text")].filter((text) => {
          const box = text.getBoundingClientRect();
          return box.right > outer.right + 1 || box.left < outer.left - 1
            || box.bottom > outer.bottom + 1 || box.top < outer.top - 1;
        }).map((text) => text.textContent);
      }),
    captions: [...document.querySelectorAll(".cell_output :is(.vega-embed, .cn-text, .cn-still)")].map((chart) => {
      const below = chart.closest(".cell").nextElementSibling;
      const caption = below?.matches(".cn-caption") ? below : null;
      return caption
        ? caption.getBoundingClientRect().top - chart.getBoundingClientRect().bottom : null;
    }),
    folded: [...document.querySelectorAll(".cell .above-input")].every((e) => !e.open),
    links: [...document.querySelectorAll(".prev-next-area a")].map((a) => a.className),
  };
};
