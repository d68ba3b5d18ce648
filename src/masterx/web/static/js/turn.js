// One send, until the server has answered it: the stream, a lost connection, a renewed sign-in. No page in here.

import { ApiError, Offline, request, requestJson } from "./api.js";
import { eventsOf } from "./stream.js";

const PAUSES_MS = [500, 1000, 2000, 4000, 8000];

// What the server says of a turn that failed, before or after the stream began.
export class TurnFailed extends Error {
  constructor({ error, code, details, request_id: requestId, retry_after: retryAfter, kept }) {
    super(error);
    this.code = code;
    this.details = details ?? {};
    this.requestId = requestId ?? "";
    this.retryAfter = retryAfter ?? null;
    this.kept = kept ?? null;
  }
}

export const newKey = () => crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].join("-");

const sleep = (milliseconds, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    const give = () => {
      clearTimeout(timer);
      reject(new DOMException("Stopped", "AbortError"));
    };
    if (signal.aborted) give();
    signal.addEventListener("abort", give, { once: true });
  });

const online = (signal) =>
  new Promise((resolve, reject) => {
    if (navigator.onLine) resolve();
    addEventListener("online", () => resolve(), { once: true, signal });
    signal.addEventListener("abort", () => reject(new DOMException("Stopped", "AbortError")), { once: true });
  });

// Asks, and repeats with the same key after a lost connection: the server answers a key once, so nothing is
// charged twice. `on` has meta(data), token(text), reattach(). Returns the recorded answer.
// Throws TurnFailed, SignedOut, Offline, or an AbortError when `signal` stopped it.
export async function ask({ body, key, signal, on }) {
  let losses = 0;
  let conflicts = 0;
  for (;;) {
    try {
      return await askOnce({ body, key, signal, on });
    } catch (error) {
      if (error instanceof ApiError && error.code === "request_in_progress" && conflicts++ < 60) {
        await sleep((error.retryAfter ?? 1) * 1000, signal);
      } else if (error instanceof Offline && losses < PAUSES_MS.length) {
        on.reattach();
        if (navigator.onLine) await sleep(PAUSES_MS[losses++], signal);
        else await online(signal);
      } else if (error instanceof ApiError) {
        throw new TurnFailed({
          error: error.message,
          code: error.code,
          details: error.details,
          request_id: error.requestId,
          retry_after: error.retryAfter,
        });
      } else {
        throw error;
      }
    }
  }
}

async function askOnce({ body, key, signal, on }) {
  const response = await request("POST", "/api/v1/chat", {
    body,
    signal,
    headers: { Accept: "text/event-stream", "Idempotency-Key": key },
  });
  for await (const { event, data } of eventsOf(response)) {
    if (event === "meta") on.meta(data);
    else if (event === "token") on.token(data.text);
    else if (event === "done") return data;
    else if (event === "error") throw new TurnFailed(data);
  }
  throw new Offline("The stream ended early.");
}

// A stopped answer is on disk a moment after its connection closed. Resolves to {session, answer}, or null.
export async function recorded({ session_id: session, message_id: id }) {
  for (let pause = 50; pause <= 1600; pause *= 2) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    const found = await requestJson("GET", `/api/v1/sessions/${session}?limit=2`).catch(() => null);
    const answer = found?.messages.find((message) => message.id === id);
    if (answer) return { session: found.session, answer };
  }
  return null;
}
