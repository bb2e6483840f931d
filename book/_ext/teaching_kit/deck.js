// A deck in the reader's colour mode: scaled to a projector, or a page to scroll on a phone.
(() => {
  const NARROW = 700;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const setMode = () => {
    document.documentElement.dataset.theme = dark.matches ? "dark" : "light";
  };
  setMode();
  dark.addEventListener("change", setMode);
  const narrow = innerWidth < NARROW;
  document.documentElement.classList.toggle("deck-narrow", narrow);

  // A figure takes the height that its slide has: smaller, or larger for the last row of a hall.
  const LARGEST = 1.2;
  const SPARE = 24; // for a legend that needs a line more
  const fit = ({ currentSlide }) => {
    const figure = currentSlide.querySelector(".deck-figure");
    if (narrow || !figure || figure.style.zoom) return;
    const top = currentSlide.getBoundingClientRect().top;
    const bottom = Math.max(...[...currentSlide.children].map((part) =>
      part.getBoundingClientRect().bottom));
    const room = currentSlide.clientHeight - SPARE - (bottom - top) / Reveal.getScale();
    const height = figure.getBoundingClientRect().height / Reveal.getScale();
    figure.style.zoom = Math.min(LARGEST, (height + room) / height);
  };
  Reveal.on("ready", fit);
  Reveal.on("slidechanged", fit);

  Reveal.initialize({
    plugins: [RevealNotes],
    width: 1000,
    height: 640,
    margin: 0.03,
    center: false,
    hash: true,
    transition: "none",
    backgroundTransition: "none",
    viewDistance: 99, // charts are laid out before they are seen
    mobileViewDistance: 99,
    disableLayout: narrow,
    scrollActivationWidth: null,
    slideNumber: "c/t",
    showNotes: false,
  });
})();
