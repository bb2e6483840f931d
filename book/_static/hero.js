// The landing page's figure: bars of a prediction that a neuron flattens and sharpens.
// Every position of the slider was computed beforehand; the page shows these and no others.
window.addEventListener("DOMContentLoaded", () => {
  const hero = document.querySelector(".cn-hero");
  if (!hero) return;
  const { steps, widest } = JSON.parse(hero.dataset.hero);
  const slider = hero.querySelector("input");
  const button = hero.querySelector("button");
  const [entropy, sign] = [hero.querySelector("output"), hero.querySelector(".cn-hero-level")];
  const bars = [...hero.querySelectorAll(".cn-hero-bar")];
  const shares = [...hero.querySelectorAll(".cn-hero-share")];
  const SECONDS = 10; // there and back

  const show = (place) => {
    const step = steps[place];
    step.shares.forEach((share, i) => {
      bars[i].style.width = `${(100 * share) / widest}%`;
      shares[i].textContent = `${(100 * share).toFixed(1)} %`;
    });
    entropy.textContent = `${step.entropy.toFixed(2)} nats`;
    sign.textContent = step.level;
    slider.value = place;
    slider.setAttribute("aria-valuetext", `${step.level}, entropy ${entropy.textContent}`);
  };

  let begun = null; // when the motion began, had it begun at the left end; null while it rests
  const move = (now) => {
    if (begun === null) return;
    const turn = ((now - begun) / 1000 / SECONDS) % 1;
    show(Math.round(((1 - Math.cos(2 * Math.PI * turn)) / 2) * (steps.length - 1)));
    requestAnimationFrame(move);
  };
  const rest = () => {
    begun = null;
    button.textContent = "Play";
  };
  const play = () => {
    const share = slider.value / (steps.length - 1);
    begun = performance.now() - (Math.acos(1 - 2 * share) / (2 * Math.PI)) * SECONDS * 1000;
    button.textContent = "Pause";
    requestAnimationFrame(move);
  };

  hero.querySelector(".cn-hero-controls").hidden = false;
  slider.addEventListener("input", () => {
    rest();
    show(Number(slider.value));
  });
  button.addEventListener("click", () => (begun === null ? play() : rest()));
  if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) rest();
  else play();
});
