// Stacked bars over time, drawn by uPlot from the figures in the page. The table below says the same in words.

const HEIGHT = 270;
const GRID = 1;
const BAR_PART = 0.66;
const BAR_MOST = 44;
const GAP_OF_SEGMENTS = 1;

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const fontSize = () => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.8125;
const axisFont = () => `${fontSize()}px ${style("--face-interface")}`;

function dollars(value) {
  if (value === 0) return "$0";
  if (value >= 1000) return `$${(value / 1000).toLocaleString("en", { maximumFractionDigits: 1 })}k`;
  if (value >= 1) return `$${value.toLocaleString("en", { maximumFractionDigits: 2 })}`;
  return `$${value.toPrecision(2).replace(/0+$/, "").replace(/\.$/, "")}`;
}

function exactly(value) {
  if (value >= 0.095) return value.toLocaleString("en", { style: "currency", currency: "USD" });
  return `$${value.toFixed(value === 0 ? 2 : value >= 0.0001 ? 4 : 6)}`;
}

// Each series stands on those before it: drawn from the highest down, so that none hides another.
function stack(series, length) {
  const sums = new Array(length).fill(0);
  return series.map(({ values }) => values.map((value, index) => (sums[index] += value)));
}

function optionsFor(shown, width) {
  const { labels, series } = shown;
  const ink = style("--ink3");
  const surface = style("--surface");
  const bars = uPlot.paths.bars({ size: [BAR_PART, BAR_MOST], radius: 0 });
  const each = series.map(({ name, place }) => ({
    label: name,
    fill: style(`--plot-${place}`) || style("--edge"),
    stroke: surface,
    width: GAP_OF_SEGMENTS,
    paths: bars,
    points: { show: false },
  }));
  const everyLabel = Math.ceil(labels.length / Math.max(2, Math.floor(width / (fontSize() * 6))));
  const axis = { stroke: ink, font: axisFont(), ticks: { show: false } };
  return {
    width,
    height: HEIGHT,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, x: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: [-0.6, labels.length - 0.4] },
      y: { range: (_, __, most) => [0, most > 0 ? most * 1.08 : 1] },
    },
    axes: [
      {
        ...axis,
        size: fontSize() * 2.2,
        gap: 6,
        grid: { show: false },
        splits: () => labels.map((_, index) => index).filter((index) => index % everyLabel === 0),
        values: (_, splits) => splits.map((index) => labels[index] ?? ""),
      },
      {
        ...axis,
        size: (_, values) => Math.max(3, ...(values ?? []).map(({ length }) => length)) * fontSize() * 0.62 + 12,
        grid: { stroke: style("--line"), width: GRID },
        values: (_, splits) => splits.map(dollars),
      },
    ],
    series: [{}, ...each.reverse()],
  };
}

function columnsOf({ labels, series }) {
  return [labels.map((_, index) => index), ...stack(series, labels.length).reverse()];
}

// What the bar under the pointer stands for, beside it.
function readout(plot, box, shown) {
  const { idx: index, left } = plot.cursor;
  if (index === null || index === undefined || left < 0 || !shown.labels[index]) {
    box.hidden = true;
    return;
  }
  const line = (place, name, value) => {
    const row = document.createElement("span");
    const swatch = place !== null && document.querySelector(`.legend .swatch--${place}`);
    if (swatch) row.append(swatch.cloneNode(true));
    const amount = document.createElement("b");
    amount.textContent = exactly(value);
    row.append(name, amount);
    return row;
  };
  const head = document.createElement("strong");
  head.textContent = shown.labels[index];
  const parts = shown.series.filter(({ values }) => values[index] > 0).reverse();
  const total = shown.series.reduce((sum, { values }) => sum + values[index], 0);
  const lines = parts.map(({ name, place, values }) => line(place, name, values[index]));
  if (parts.length !== 1) lines.push(line(null, "Together", total));
  box.replaceChildren(head, ...lines);
  box.hidden = false;
  const at = plot.bbox.left / devicePixelRatio + plot.valToPos(index, "x");
  const width = box.offsetWidth;
  const right = at + BAR_MOST / 2 + 8;
  box.style.left = `${right + width > plot.width ? Math.max(0, at - BAR_MOST / 2 - 8 - width) : right}px`;
}

function startPlot(place) {
  const read = () => JSON.parse(document.getElementById(place.dataset.plot).textContent);
  let shown = read();
  let drawn = JSON.stringify(shown);
  let plot;
  const box = document.createElement("div");
  box.className = "plot-said";
  box.hidden = true;

  const draw = () => {
    plot?.destroy();
    plot = undefined;
    place.hidden = shown.series.length === 0;
    if (place.hidden) return;
    const options = optionsFor(shown, Math.max(200, place.clientWidth));
    options.hooks = { setCursor: [(self) => readout(self, box, shown)] };
    plot = new uPlot(options, columnsOf(shown), place);
    place.append(box);
  };

  draw();
  new ResizeObserver(() => {
    if (plot && Math.abs(place.clientWidth - plot.width) > 1) draw();
  }).observe(place);
  for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
    matchMedia(query).addEventListener("change", draw);
  }
  document.fonts.ready.then(draw);
  document.addEventListener("masterx:refreshed", () => {
    const fresh = read();
    const text = JSON.stringify(fresh);
    if (text === drawn) return;
    const sameSeries = JSON.stringify(fresh.series.map(({ name }) => name)) === JSON.stringify(shown.series.map(({ name }) => name));
    const sameLabels = JSON.stringify(fresh.labels) === JSON.stringify(shown.labels);
    [shown, drawn] = [fresh, text];
    if (plot && sameSeries && sameLabels) plot.setData(columnsOf(shown));
    else draw();
  });
}

for (const place of document.querySelectorAll("[data-plot]")) startPlot(place);
