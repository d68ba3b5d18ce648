// Scores over runs, a line a provider, drawn by uPlot from the figures in the page. The table below says the same.

const HEIGHT = 240;
const DASHES = [[], [9, 4], [4, 3], [], [2, 3], []];

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const fontSize = () => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.8125;
const dayOf = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const timeOf = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const A_DAY = 86_400;

function colourOf(place) {
  return style(`--plot-${place}`).startsWith("var(") ? style("--edge") : style(`--plot-${place}`) || style("--edge");
}

function optionsFor(shown, width) {
  const axis = { stroke: style("--ink3"), font: `${fontSize()}px ${style("--face-interface")}`, ticks: { show: false } };
  const isOneDay = shown.at[shown.at.length - 1] - shown.at[0] < A_DAY;
  const words = (seconds) => (isOneDay ? timeOf : dayOf).format(new Date(seconds * 1000));
  return {
    width,
    height: HEIGHT,
    padding: [10, 14, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: true },
      y: { range: (_, least, most) => [Math.max(0, Math.floor(least / 10 - 0.3) * 10), Math.min(100, Math.ceil(most / 10 + 0.3) * 10)] },
    },
    axes: [
      {
        ...axis,
        size: fontSize() * 2.2,
        gap: 6,
        grid: { show: false },
        space: fontSize() * 6,
        values: (_, splits) => {
          const labels = splits.map(words);
          return labels.map((label, index) => (label === labels[index - 1] ? null : label));
        },
      },
      { ...axis, size: fontSize() * 2.8, grid: { stroke: style("--line"), width: 1 }, incrs: [5, 10, 20, 50] },
    ],
    series: [
      {},
      ...shown.series.map(({ name, place }) => ({
        label: name,
        stroke: colourOf(place),
        width: 2.5,
        dash: DASHES[place] ?? [],
        spanGaps: true,
        points: { show: true, size: 6, fill: colourOf(place) },
      })),
    ],
  };
}

function start(place) {
  const read = () => JSON.parse(document.getElementById(place.dataset.history).textContent);
  let shown = read();
  let drawn = JSON.stringify(shown);
  let plot;
  const draw = () => {
    plot?.destroy();
    plot = undefined;
    place.hidden = !shown.series.some(({ values }) => values.filter((value) => value !== null).length > 1);
    if (place.hidden) return;
    plot = new uPlot(optionsFor(shown, Math.max(200, place.clientWidth)), [shown.at, ...shown.series.map(({ values }) => values)], place);
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
    if (JSON.stringify(fresh) === drawn) return;
    [shown, drawn] = [fresh, JSON.stringify(fresh)];
    draw();
  });
}

for (const place of document.querySelectorAll("[data-history]")) start(place);
