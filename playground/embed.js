// A still figure of the playground gets a button that puts the playground in its place, and a link
// to the whole of it. Not before the button is pressed is anything loaded.
(() => {
  const base = document.currentScript.src.replace(/[^/]*$/, "");
  const page = new URL("../../playground.html", base).href;

  const made = (tag, properties) => Object.assign(document.createElement(tag), properties);
  const added = (element) =>
    new Promise((resolve, reject) => {
      element.onload = resolve;
      element.onerror = () => reject(new Error(`could not load ${element.src ?? element.href}`));
      document.head.append(element);
    });

  let loading = null;
  const load = () =>
    (loading ??= Promise.all([
      added(made("link", { rel: "stylesheet", href: `${base}playground.css` })),
      added(made("script", { src: `${base}playground.js` })),
    ]));

  for (const figure of document.querySelectorAll(".cn-still")) {
    const { state } = figure.dataset;
    const button = made("button", { type: "button", textContent: "Turn it yourself" });
    const link = made("a", { href: `${page}#${state}`, textContent: "Open in the playground" });
    const told = made("span", { role: "status" });
    const controls = made("p", { className: "cn-still-controls" });
    controls.append(button, link, told);
    figure.append(controls);

    const remember = (hash) => {
      link.hash = hash;
    };
    const mount = async () => {
      await load();
      const live = made("div", { className: "cn-embed", tabIndex: -1 });
      await globalThis.confidenceNeuronsPlayground.mountEmbed(live, { state, base, remember });
      const [style, title] = figure.querySelectorAll("style, .cn-title");
      button.remove();
      told.textContent = "";
      figure.replaceChildren(style, title, live, controls);
      figure.setAttribute("aria-label", title.textContent); // numbers may change from now on
      live.focus();
    };
    button.addEventListener("click", () => {
      button.disabled = true;
      told.textContent = "Loading the model, 2.3 MB";
      mount().catch((error) => {
        loading = null;
        button.disabled = false;
        told.textContent = error.message;
      });
    });
  }
})();
