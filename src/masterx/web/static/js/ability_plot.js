// Ability over time with its band, drawn by uPlot from the figures in the page. The table below says the same.

const BAND_PART = 0.17;

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const fontSize = () => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.8125;

const dayOf = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const timeOf = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const A_DAY = 86_400;

function faint(colour) {
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.fillStyle = colour;
  const hex = canvas.fillStyle;
  return hex.startsWith("#") ? `${hex}${Math.round(BAND_PART * 255).toString(16).padStart(2, "0")}` : hex;
}

const goalLine = () => ({ label: "Goal", stroke: style("--ink2"), width: 2, dash: [4, 3], points: { show: false } });

function optionsFor(shown, width, height) {
  const colour = style("--plot-0");
  const axis = { stroke: style("--ink3"), font: `${fontSize()}px ${style("--face-interface")}`, ticks: { show: false } };
  const last = shown.at.length - 1;
  const words = (seconds) => {
    const moment = new Date(seconds * 1000);
    return shown.at[last] - shown.at[0] < A_DAY ? timeOf.format(moment) : dayOf.format(moment);
  };
  const edge = { stroke: "transparent", width: 0, points: { show: false } };
  return {
    width,
    height,
    padding: [10, 18, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: true },
      y: { range: (_, least, most) => [Math.max(0, Math.floor(least / 10 - 0.5) * 10), Math.min(100, Math.ceil(most / 10 + 0.5) * 10)] },
    },
    axes: [
      {
        ...axis,
        size: fontSize() * 2.2,
        gap: 6,
        grid: { show: false },
        space: fontSize() * 7,
        values: (_, splits) => {
          const labels = splits.map(words);
          return labels.map((label, index) => (label === labels[index - 1] ? null : label));
        },
      },
      { ...axis, size: fontSize() * 2.6, grid: { stroke: style("--line"), width: 1 }, incrs: [10, 20, 50] },
    ],
    series: [
      {},
      { ...edge, label: "At most" },
      {
        label: "Ability",
        stroke: colour,
        width: 2.5,
        points: {
          show: true,
          size: 9,
          width: 2,
          fill: style("--surface"),
          stroke: colour,
          filter: (_, __, shows) => (shows ? [0, last] : null),
        },
      },
      { ...edge, label: "At least" },
      ...(shown.goal === null ? [] : [goalLine()]),
    ],
    bands: [{ series: [1, 3], fill: faint(colour) }],
  };
}

function start(place) {
  const shown = JSON.parse(document.getElementById(place.dataset.ability).textContent);
  let plot;
  const draw = () => {
    plot?.destroy();
    const options = optionsFor(shown, Math.max(200, place.clientWidth), place.clientHeight || 270);
    const goal = shown.goal === null ? [] : [shown.at.map(() => shown.goal)];
    plot = new uPlot(options, [shown.at, shown.high, shown.level, shown.low, ...goal], place);
  };
  draw();
  new ResizeObserver(() => {
    if (Math.abs(place.clientWidth - plot.width) > 1) draw();
  }).observe(place);
  for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
    matchMedia(query).addEventListener("change", draw);
  }
  document.fonts.ready.then(draw);
}

for (const place of document.querySelectorAll("[data-ability]")) start(place);
