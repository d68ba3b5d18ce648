// What happened, what is kept, what to do: the words for each way in which a turn can fail.

import { Offline } from "./api.js";
import { clockTime, dayAndTime } from "./times.js";

const KEPT = "Your question is kept.";
const WINDOWS = ["hour", "day", "week", "month"];
const A_MINUTE = 60;
const A_DAY = 86_400;

export function failureOf(error) {
  if (error instanceof Offline) {
    return { tone: "brick", icon: "wifi-off", head: "The server cannot be reached.", text: KEPT };
  }
  const code = shortCode(error.requestId);
  switch (error.code) {
    case "rate_limited": {
      const seconds = Math.ceil(error.retryAfter ?? 5);
      return {
        tone: "pencil",
        icon: "clock",
        head: "A little fast for this server.",
        text: `You can send again in ${seconds} s. ${KEPT}`,
        wait: seconds,
      };
    }
    case "budget_exceeded":
      return overBudget(error);
    case "not_found":
      return {
        tone: "brick",
        icon: "circle-alert",
        head: "This lesson is not here any more.",
        text: "Your question is kept and waits in the box. A new lesson can take it.",
      };
    case "invalid_input":
    case "body_too_large":
      return { tone: "brick", icon: "circle-alert", head: error.message, text: KEPT };
    case "conflict":
      return {
        tone: "pencil",
        icon: "info",
        head: "This lesson went on elsewhere.",
        text: `Load the page again to see how. ${KEPT}`,
      };
    case "signed_out":
      return { tone: "pencil", icon: "info", head: "You are signed out.", text: KEPT };
    case "internal_error":
    case "database_error":
    case "configuration_error":
      return { tone: "brick", icon: "circle-alert", head: "Something went wrong on this server.", text: KEPT, code };
    case "database_unavailable":
      return { tone: "brick", icon: "circle-alert", head: "This server cannot write just now.", text: KEPT, code };
    default:
      return { tone: "brick", icon: "circle-alert", head: "No model could answer just now.", text: KEPT, code };
  }
}

function overBudget({ retryAfter, details }) {
  const said = { tone: "pencil", icon: "clock" };
  if (retryAfter && retryAfter < A_MINUTE) {
    // Answers that are being written hold what is left of it.
    const seconds = Math.ceil(retryAfter);
    const text = `You can send again in ${seconds} s. ${KEPT}`;
    return { ...said, head: "The tutor is busy with other answers.", text, wait: seconds };
  }
  const budget = WINDOWS.includes(details?.window) ? `This ${details.window}'s budget` : "The budget";
  return {
    ...said,
    head: retryAfter ? `The tutor rests until ${timeIn(retryAfter)}.` : "The tutor rests for now.",
    text: `${budget} is used up. Your question is kept and waits in the box.`,
  };
}

function timeIn(seconds) {
  const then = new Date(Date.now() + seconds * 1000);
  return seconds < A_DAY ? clockTime(then) : dayAndTime(then);
}

// The end of the request's id: enough to find it in the log.
function shortCode(requestId) {
  const end = (requestId ?? "").replaceAll("-", "").slice(-8);
  return end && `${end.slice(0, 4)} ${end.slice(4)}`;
}
