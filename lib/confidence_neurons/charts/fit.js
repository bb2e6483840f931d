// Charts fit the column that they stand in.
//
// A specification is made for the column of a desktop: its panels, the views named
// `panel_0`, `panel_1`, ..., stand side by side. In a narrow column they stand below
// each other, in the order of their numbers. Titles, and the legends under a chart,
// are broken by the width that is really there; panels are as wide as their column
// allows. This wraps `vegaEmbed`, so it has to be loaded after it and before any chart.
(() => {
  "use strict";
  const embed = window.vegaEmbed;
  if (!embed) return;

  const DESKTOP = 680; // the column that specifications are made for
  const NARROW = 560; // below this panels stand below each other
  const LEAST = 60; // width of a panel's plot
  const SHORTEST = 110; // height along which the title of an axis may always stand
  const LONGEST = 40; // width of what may stand at the right of a plot: a number, a name
  const AROUND = 70; // width of numbers and a title beside a plot, before they are drawn
  const BESIDE_LABEL = 36; // width of a legend's symbol and of the gap to the next one
  const PATIENCE_MS = 120; // until a column that changes its width has come to rest
  const PARTS = ["hconcat", "vconcat", "concat", "layer"];
  const TOLD_BY = ["color", "stroke", "fill", "shape", "strokeDash"];

  // --- The parts of a specification ---

  const parts = (node) => PARTS.flatMap((key) => node[key] ?? []);
  const views = (node) => [node, ...parts(node).flatMap(views)];
  const isPanel = (node) => /^panel_\d+$/.test(node.name ?? "");
  const numberOf = (panel) => +panel.name.slice("panel_".length);
  const panelsOf = (node) => (isPanel(node) ? [node] : parts(node).flatMap(panelsOf));
  const gap = (node, spec) => node.spacing ?? spec.spacing ?? 20;

  // A copy without the data, which is large and stays as it is.
  const copied = ({ datasets, ...rest }) => {
    const copy = structuredClone(rest);
    if (datasets) copy.datasets = datasets;
    return copy;
  };

  // --- Words in lines ---

  const pen = document.createElement("canvas").getContext("2d");
  const inLines = (words, font, room) => {
    pen.font = font;
    const lines = [];
    for (const word of [words].flat().join(" ").split(/\s+/)) {
      const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
      if (lines.length && pen.measureText(longer).width <= room) lines.splice(-1, 1, longer);
      else lines.push(word);
    }
    return lines;
  };
  const isWords = (title) => typeof title === "string" || Array.isArray(title);
  const fontOf = (config, size, weight = "bold") =>
    `${weight} ${size}px ${config?.font ?? "sans-serif"}`;

  // The title of a chart or of a panel.
  const breakTitle = (node, config, room) => {
    const { title } = node;
    if (isWords(title)) {
      node.title = inLines(title, fontOf(config, config?.title?.fontSize ?? 13), room);
    } else if (title && isWords(title.text)) {
      const size = title.fontSize ?? config?.title?.fontSize ?? 13;
      title.text = inLines(title.text, fontOf(config, size), room);
    }
  };

  // The title of an axis, along its side.
  const breakAxis = (channel, config, room) => {
    const font = fontOf(config, config?.axis?.titleFontSize ?? 11);
    for (const holder of [channel, channel?.axis]) {
      if (holder && isWords(holder.title) && holder.title.length) {
        holder.title = inLines(holder.title, font, room);
      }
    }
  };

  // As many columns of names as fit.
  const setLegend = (channel, config, room) => {
    const names = channel?.scale?.domain ?? channel?.sort;
    if (!Array.isArray(names) || channel.legend === null) return;
    pen.font = fontOf(config, config?.legend?.labelFontSize ?? 10, "normal");
    const widest = Math.max(...names.map((name) => pen.measureText(`${name}`).width));
    const fit = Math.floor(room / (widest + BESIDE_LABEL));
    channel.legend ??= {};
    channel.legend.columns = Math.max(1, Math.min(names.length, fit));
  };

  // --- Widths ---

  // What each panel's plot may take of a column, where `around` says how much stands at
  // its left and at its right. Plots in a row are as wide as each other, and those below
  // each other begin at the same place.
  const share = (node, width, around, spec, widths = {}) => {
    const [down, across] = [node.vconcat ?? [], node.hconcat ?? []];
    const left = Math.max(0, ...down.filter(isPanel).map(({ name }) => around[name][0]));
    const room = width - gap(node, spec) * (across.length - 1);
    const taken = across.filter(isPanel).flatMap(({ name }) => around[name]);
    const rest = room - taken.reduce((sum, side) => sum + side, 0);
    for (const child of down) {
      if (isPanel(child)) widths[child.name] = width - left - around[child.name][1];
      else share(child, width, around, spec, widths);
    }
    for (const child of across) {
      if (!isPanel(child)) share(child, room / across.length, around, spec, widths);
      else if (across.every(isPanel)) widths[child.name] = rest / across.length;
      else widths[child.name] = room / across.length - around[child.name][0] - around[child.name][1];
    }
    for (const name of Object.keys(widths)) widths[name] = Math.max(LEAST, widths[name]);
    return widths;
  };

  // How much stands beside each plot in the column that the specification is made for.
  const expected = (spec, narrow) => {
    const panels = panelsOf(spec);
    const none = Object.fromEntries(panels.map((panel) => [panel.name, [0, 0]]));
    const full = share(spec, DESKTOP, none, spec);
    const left = panels.map((panel) => Math.max(0, full[panel.name] - panel.width));
    const most = Math.max(AROUND, ...left);
    return Object.fromEntries(
      panels.map((panel, i) => [panel.name, [narrow ? most : left[i], 0]]));
  };

  // --- The specification for a column ---

  const belowEachOther = (spec, panels) => {
    for (const key of PARTS) delete spec[key];
    spec.vconcat = panels.sort((one, other) => numberOf(one) - numberOf(other));
    // Panels in a row may have the names of their rows once, at the left.
    const named = panels.flatMap(views).map((view) => view.encoding?.y).find(
      (y) => y?.axis && y.axis.labels !== false);
    for (const view of panels.flatMap(views)) {
      if (view.encoding?.y?.axis?.labels === false) view.encoding.y = structuredClone(named);
    }
  };

  const fitted = (original, width, around) => {
    const spec = copied(original);
    const { config } = spec;
    const panels = panelsOf(spec);
    if (panels.length && width < NARROW) belowEachOther(spec, panels);
    const widths = share(spec, width, around, spec);
    const own = [spec.resolve?.scale?.color, spec.resolve?.legend?.color].includes("independent");
    const broken = (node, room, above) => {
      const plot = widths[node.name] ?? (typeof node.width === "number" ? node.width : room);
      const height = typeof node.height === "number" ? node.height : above;
      if (node !== spec) breakTitle(node, config, plot + 20);
      breakAxis(node.encoding?.x, config, plot + 10);
      breakAxis(node.encoding?.y, config, Math.max(SHORTEST, height + 10));
      const under = panels.length && !own ? width - around.panel_0[0] : plot;
      for (const told of TOLD_BY) setLegend(node.encoding?.[told], config, under);
      for (const part of parts(node)) broken(part, plot, height);
    };
    breakTitle(spec, config, width - 8);
    broken(spec, panels.length ? width : width - around.whole, 300);
    const { datasets, ...rest } = spec;
    for (const panel of panels) delete panel.width;
    const shape = JSON.stringify(rest);
    // Never as wide as each other: then every panel keeps a signal for its own width.
    panels.forEach((panel, i) => { panel.width = Math.round(widths[panel.name]) + i / 64; });
    return { spec, shape };
  };

  // --- A chart in its place ---

  // How much is drawn to the left and to the right of a panel's plot. A legend that is
  // longer than the plot stands under its neighbours, too.
  const beside = (scene, name) => {
    for (const mark of scene.items ?? []) {
      if (mark.name === `${name}_group`) {
        const [{ x, width, bounds }] = mark.items;
        const right = Math.max(0, bounds.x2 - x - width);
        return [Math.max(0, x - bounds.x1), Math.min(right, LONGEST)];
      }
      const inside = beside(mark, name);
      if (inside) return inside;
    }
    return null;
  };

  class Chart {
    constructor(place, original, options) {
      Object.assign(this, { place, original, options, shape: null, result: null });
      this.around = {}; // of a narrow and of a wide column
    }

    get width() {
      return this.place.clientWidth || DESKTOP;
    }

    // Draw, and draw again where what was expected is not what came out.
    async fit() {
      for (let time = 0; time < 3; time += 1) {
        const narrow = this.width < NARROW;
        const known = this.around[narrow];
        const around = known ?? { whole: AROUND, ...expected(this.original, narrow) };
        const { spec, shape } = fitted(this.original, this.width, around);
        if (shape === this.shape) break;
        await this.draw(spec, shape);
        this.around[narrow] = await this.settle();
      }
      await this.settle();
      return this.result;
    }

    async draw(spec, shape) {
      if (this.result) {
        const { view } = this.result; // the controls stay as they are
        for (const param of spec.params ?? []) {
          if (param.bind && "value" in param) param.value = view.signal(param.name);
        }
        this.result.finalize();
      }
      this.shape = shape;
      this.spec = spec;
      this.result = await embed(this.place, spec, this.options);
    }

    // Give each plot the width that is left beside what is written around it.
    async settle() {
      const { view } = this.result;
      const panels = panelsOf(this.spec);
      if (!panels.length) return this.settleWhole();
      const around = {};
      let edges = 2 * 5; // the padding of a chart
      for (let time = 0; time < 4; time += 1) {
        for (const { name } of panels) {
          around[name] = beside(view.scenegraph().root, name) ?? [0, 0];
        }
        const svg = this.place.querySelector("svg.marks");
        if (time) edges += Math.max(0, svg.clientWidth - this.width);
        const wanted = share(this.spec, this.width - edges, around, this.spec);
        const off = panels.map(({ name }) => wanted[name] - view.signal(`${name}_width`));
        const fits = svg && svg.clientWidth <= this.width;
        if (!svg || (fits && Math.max(...off.map(Math.abs)) < 1)) break;
        panels.forEach(({ name }) => view.signal(`${name}_width`, wanted[name]));
        await view.resize().runAsync();
      }
      return around;
    }

    async settleWhole() {
      const { view } = this.result;
      if (this.spec.width === "container") {
        const svg = this.place.querySelector("svg.marks");
        if (svg && Math.abs(svg.clientWidth - this.width) > 1) {
          view.width(this.width);
          await view.resize().runAsync();
        }
        return { whole: Math.max(0, this.width - view.width()) };
      }
      return { whole: AROUND };
    }

    // From now on: when the column changes its width, or the picture its size.
    watch() {
      let timer = null;
      let queue = Promise.resolve();
      const again = () => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          queue = queue.then(() => this.fit()).then(() => look()).catch(console.error);
        }, PATIENCE_MS);
      };
      const observer = new ResizeObserver(() => {
        const svg = this.place.querySelector("svg.marks");
        if (this.width !== seen.width || svg?.clientWidth !== seen.svg) again();
      });
      const seen = {};
      const look = () => {
        const svg = this.place.querySelector("svg.marks");
        Object.assign(seen, { width: this.width, svg: svg?.clientWidth });
        observer.disconnect();
        observer.observe(this.place);
        if (svg) observer.observe(svg);
      };
      look();
    }
  }

  window.vegaEmbed = Object.assign(async (target, spec, options) => {
    const place = typeof target === "string" ? document.querySelector(target) : target;
    if (typeof spec === "string" || !place) return embed(target, spec, options);
    const chart = new Chart(place, spec, options);
    const result = await chart.fit();
    chart.watch();
    return result;
  }, embed);
})();
