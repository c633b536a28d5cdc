// What the JavaScript programs use: one request, and a line of JSON for each step.

const environment = process.env;

export async function ask(method, path, body, password = environment.BILLOGRAM_API_PASSWORD) {
  const secret = Buffer.from(`${environment.BILLOGRAM_API_USER}:${password}`).toString("base64");
  return fetch(environment.BILLOGRAM_BASE_URL + path, {
    method,
    headers: { Authorization: `Basic ${secret}`, "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
}

export async function run(steps) {
  for (const [step, act] of Object.entries(steps)) {
    let told;
    try {
      told = { value: (await act()) ?? null };
    } catch (error) {
      told = { error: error.kind ?? error.name };
    }
    console.log(`{"step": ${JSON.stringify(step)}, ${JSON.stringify(told).slice(1)}`);
  }
  process.exit(0);
}

export class ApiError extends Error {
  constructor(kind) {
    super(kind);
    this.kind = kind;
  }
}
