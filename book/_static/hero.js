// The landing page's figure: bars of a prediction that one neuron flattens and sharpens.
// Every position of the slider was computed beforehand; the page shows these and no others.
window.addEventListener("DOMContentLoaded", () => {
  const hero = document.querySelector(".cn-hero");
  if (!hero) return;
  const moves = JSON.parse(hero.dataset.hero);
  const [slider, frozen] = hero.querySelectorAll("input");
  const [button, entropy] = [hero.querySelector("button"), hero.querySelector("output")];
  const bars = hero.querySelectorAll(".cn-hero-bar");
  const shares = hero.querySelectorAll(".cn-hero-share");
  const SECONDS = 10; // there and back

  const show = () => {
    const place = Number(slider.value);
    const step = moves[frozen.checked ? "frozen" : "free"][place];
    step.shares.forEach((share, i) => {
      bars[i].style.width = `${(100 * share) / moves.widest}%`;
      shares[i].textContent = `${Math.round(100 * share)} %`;
    });
    entropy.textContent = `${step.entropy.toFixed(2)} nats`;
    slider.setAttribute("aria-valuetext",
      `neuron held at ${moves.levels[place]}, entropy ${entropy.textContent}`);
  };

  let begun = null; // when the motion began, had it begun at the left end; null while it rests
  const move = (now) => {
    if (begun === null) return;
    const turn = ((now - begun) / 1000 / SECONDS) % 1;
    slider.value = Math.round(((1 - Math.cos(2 * Math.PI * turn)) / 2) * slider.max);
    show();
    requestAnimationFrame(move);
  };
  const rest = () => {
    begun = null;
    button.textContent = "Play";
  };
  const play = () => {
    const turn = Math.acos(1 - (2 * slider.value) / slider.max) / (2 * Math.PI);
    begun = performance.now() - turn * SECONDS * 1000;
    button.textContent = "Pause";
    requestAnimationFrame(move);
  };

  hero.querySelector(".cn-hero-controls").hidden = false;
  slider.addEventListener("input", () => {
    rest();
    show();
  });
  frozen.addEventListener("change", show);
  button.addEventListener("click", () => (begun === null ? play() : rest()));
  show();
  if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) rest();
  else play();
});
