// The words of a page that stand on grounds of our own: their colour, the ground, how they begin.
() => {
  const paper = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (!colour.endsWith(", 0)")) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const texts = document.querySelectorAll(`.bd-article :is(.cn-caption, .cn-box p, .cn-table th,
    .cn-table td, .cn-table caption, .cn-question p, .cn-choice summary, .cn-count, details.hide p,
    .cn-hero *, .sd-card p)`);
  const says = (e) => [...e.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const drawn = document.querySelectorAll("svg.cn-map text");
  const look = (e, property) => [
    getComputedStyle(e)[property], paper(e), e.textContent.slice(0, 30)];
  return [
    ...[...texts].filter((e) => e.getClientRects().length && says(e)).map((e) => look(e, "color")),
    ...[...drawn].filter((e) => e.getClientRects().length && !e.closest(".pins"))
      .map((e) => look(e, "fill")),
  ];
};
