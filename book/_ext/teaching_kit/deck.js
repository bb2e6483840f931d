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

  // A figure that is too tall for its slide is made smaller; what changes its size later scrolls.
  const fit = ({ currentSlide }) => {
    const figure = currentSlide.querySelector(".deck-figure");
    const over = currentSlide.scrollHeight - currentSlide.clientHeight;
    if (narrow || !figure || over <= 0) return;
    const height = figure.getBoundingClientRect().height / Reveal.getScale();
    figure.style.zoom = (height - over) / height;
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
