/**
 * Smoke tests of the application against a restored database. Runs in a pod, beside a server that nobody else reaches: `node -e <this text>`.
 * It makes an account and a course of its own in that database, reads them back, and reads what was restored; with READ_ONLY it asks
 * without an account, and leaves nothing. Prints a line of JSON for each
 * step; ends with 1 when one is not as it should be. Environment: PORT, API_HOST, READ_ONLY; LISTEN_ADDRESS as the server itself has it.
 */
const { randomBytes } = require("node:crypto");
const { request } = require("node:http");

const { PORT, API_HOST, READ_ONLY, LISTEN_ADDRESS = "127.0.0.1" } = process.env;
/** Seconds that the server may take to be ready. */
const READY_SECONDS = 60;

function call(method, path, { token, body } = {}) {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      host: API_HOST,
      "x-forwarded-proto": "https",
      "user-agent": "maestroverse-drill",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
    };
    const sent = request({ host: LISTEN_ADDRESS, port: PORT, method, path, headers, timeout: 10_000 }, (answer) => {
      let received = "";
      answer.setEncoding("utf8");
      answer.on("data", (part) => (received += part));
      answer.on("end", () => {
        let json = {};
        try {
          json = JSON.parse(received);
        } catch {
          // Not JSON: the status tells.
        }
        resolve({ status: answer.statusCode, json });
      });
    });
    sent.on("timeout", () => sent.destroy(new Error("no answer within 10 s")));
    sent.on("error", reject);
    sent.end(text);
  });
}

async function step(name, wanted, work, holds = () => true) {
  const began = Date.now();
  const answer = await work().catch((error) => ({ status: error.message, json: {} }));
  const passed = answer.status === wanted && holds(answer.json);
  process.stdout.write(`${JSON.stringify({ step: name, status: answer.status, wanted, passed, milliseconds: Date.now() - began })}\n`);
  if (!passed) process.exit(1);
  return answer.json;
}

async function ready() {
  for (let waited = 0; ; waited++) {
    const answer = await call("GET", "/health").catch((error) => ({ status: error.message, json: {} }));
    if (answer.status === 200 || waited >= READY_SECONDS) return answer;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function main() {
  const account = { email: `drill-${randomBytes(6).toString("hex")}@example.com`, password: randomBytes(18).toString("base64") };
  const title = `Drill ${randomBytes(4).toString("hex")}`;
  await step("health", 200, ready);
  if (READ_ONLY === "yes") return void (await step("nobody is let in without a login", 401, () => call("GET", "/api/courses")));
  await step("register", 201, () => call("POST", "/api/register", { body: account }));
  const { token } = await step(
    "login",
    200,
    () => call("POST", "/api/login", { body: account }),
    ({ token: given }) => typeof given === "string",
  );
  await step(
    "who am I",
    200,
    () => call("GET", "/api/me", { token }),
    ({ email }) => email === account.email,
  );
  const course = await step(
    "write",
    201,
    () => call("POST", "/api/courses", { token, body: { title } }),
    ({ id }) => id !== undefined,
  );
  const after = `/api/courses?after=${course.id - 1}`;
  await step(
    "read back",
    200,
    () => call("GET", after, { token }),
    ({ courses = [] }) => courses.some((each) => each.title === title),
  );
  await step(
    "read what was restored",
    200,
    () => call("GET", "/api/courses", { token }),
    ({ courses }) => Array.isArray(courses),
  );
}

void main();
