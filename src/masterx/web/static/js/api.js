// Requests to this server: access is renewed once when it ran out, errors have types.

export class ApiError extends Error {
  constructor(status, body, retryAfter) {
    super(body.error ?? "Something went wrong on this server.");
    this.status = status;
    this.code = body.code ?? "internal_error";
    this.details = body.details ?? {};
    this.requestId = body.request_id ?? "";
    this.retryAfter = retryAfter;
  }
}

// The connection failed, before or during the answer.
export class Offline extends Error {}

export class SignedOut extends Error {}

let renewal = null;

// One renewal at a time, whoever asks for it.
function renew() {
  renewal ??= fetch("/sign-in/refresh", { method: "POST" })
    .then((response) => response.status === 204)
    .finally(() => (renewal = null));
  return renewal;
}

async function reach(address, options) {
  try {
    const response = await fetch(address, options);
    if (response.status !== 401) return response;
    return (await renew()) ? await fetch(address, options) : response;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Offline("The server cannot be reached.", { cause: error });
  }
}

export async function request(method, address, { body, headers = {}, signal, keepalive = false } = {}) {
  const options = { method, headers: { ...headers }, signal, keepalive };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  const response = await reach(address, options);
  if (response.ok) return response;
  if (response.status === 401) throw new SignedOut("Sign in again.");
  const retryAfter = Number(response.headers.get("Retry-After")) || null;
  throw new ApiError(response.status, await response.json().catch(() => ({})), retryAfter);
}

export async function requestJson(method, address, options) {
  return (await request(method, address, options)).json();
}

// True when the password is right; the browser then holds new cookies.
export async function signInAgain(email, password) {
  const form = new URLSearchParams({ email, password, next: "/" });
  const response = await fetch("/sign-in", { method: "POST", body: form, redirect: "manual" });
  return response.type === "opaqueredirect";
}
