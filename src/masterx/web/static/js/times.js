// Times of day as the server writes them.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export const clockTime = (moment) => clock.format(moment);

const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });

export const dayAndTime = (moment) => `${day.format(moment)}, ${clockTime(moment)}`;
