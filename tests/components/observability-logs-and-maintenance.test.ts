/** What never leaves a node, and when alerts are silent on purpose. */
import { LOG_RULES, scrub } from "../../components/lib/log-scrubbing";
import { buildDowntimes, type MaintenanceWindow, validateMaintenance } from "../../components/lib/maintenance";

const request = (target: string, status = 200, rest = '"https://app.maestroverse.edu/" "Mozilla/5.0"') =>
  `203.0.113.7 - - [25/Nov/2026:12:00:00 +0000] "GET ${target} HTTP/1.1" ${status} 31 ${rest}`;

describe("a line of a log", () => {
  it.each([
    ["a token in the query", request("/api/reset?token=abc.DEF-123&lang=en"), request("/api/reset?token=[redacted]&lang=en")],
    ["a session id of socket.io", request("/socket.io/?EIO=4&sid=Z9xY_1"), request("/socket.io/?EIO=4&sid=[redacted]")],
    ["an e-mail address in a path", request("/api/users/noor.haddad+x@maestroverse.edu"), request("/api/users/[email]")],
    ["the same, percent-encoded", request("/api/users?q=noor%40maestroverse.edu"), request("/api/users?q=[email]")],
    ["a JSON web token", "login eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl failed", "login [token] failed"],
    ["a bearer token", "Authorization: Bearer 0a1b2c3d4e5f", "Authorization: Bearer [token]"],
    ["basic credentials", "authorization=Basic bm9vcjpwYXNz", "authorization=Basic [token]"],
    ["cookies", 'Cookie: sid=s%3Aabc; theme=dark" 200', 'Cookie: [cookies]" 200'],
    ["cookies as JSON", '{"cookie":"sid=abc; a=b","status":500}', '{"cookie":"[cookies]","status":500}'],
    [
      "a referrer with a secret",
      request("/", 200, '"https://app/?code=4f2a&x=1" "-"'),
      request("/", 200, '"https://app/?code=[redacted]&x=1" "-"'),
    ],
  ])("is sent without %s", (_, line, sent) => {
    expect(scrub(line)).toBe(sent);
  });

  it("is sent as it is where it has nothing of them", () => {
    for (const line of [request("/api/classes/7?page=2"), request("/api/keyboards?monkey=1"), "server listens on 3000"])
      expect(scrub(line)).toBe(line);
  });

  it("of a healthy probe is not sent, that of a failed one is", () => {
    expect([scrub(request("/health")), scrub(request("/health?from=probe"))]).toEqual([undefined, undefined]);
    expect(scrub(request("/health", 503))).toBe(request("/health", 503));
    expect(scrub(request("/healthy"))).toBe(request("/healthy"));
  });

  it("needs every rule: without one of them something leaks", () => {
    const leaks: Record<string, string> = {
      healthy_probes: request("/health"),
      mask_json_web_tokens: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl",
      mask_authorization: "Bearer 0a1b2c3d4e5f",
      mask_cookies: "cookie: theme=dark",
      mask_secret_parameters: "/?code=4f2a",
      mask_email_addresses: "noor@maestroverse.edu",
    };
    expect(LOG_RULES.map(({ name }) => name).sort()).toEqual(Object.keys(leaks).sort());
    for (const [name, line] of Object.entries(leaks)) {
      const others = LOG_RULES.filter((rule) => rule.name !== name);
      expect([name, scrub(line, others) === line, scrub(line) === line]).toEqual([name, true, false]);
    }
  });
});

describe("planned maintenance", () => {
  const window: MaintenanceWindow = { reason: "PostgreSQL 16", startsAt: "2026-12-06T02:00", minutes: 120, timeZone: "America/New_York" };

  it("silences what the work causes, once, at the hour on the wall", () => {
    expect(buildDowntimes("prod", [window])).toEqual({
      "maintenance-2026-12-06t02-00": {
        message: "Planned maintenance: PostgreSQL 16. Uptime tests go on and are kept; backups, secrets and saturation still alert.",
        scope: "*",
        displayTimezone: "America/New_York",
        monitorTags: ["env:prod", "service:maestroverse-api", "maintenance:muted"],
        oneTimeSchedule: { start: "2026-12-06T07:00:00Z", end: "2026-12-06T09:00:00Z" },
      },
    });
  });

  it("comes again on the same hour of the clock", () => {
    const [downtime] = Object.values(buildDowntimes("prod", [{ ...window, repeats: "FREQ=MONTHLY;BYDAY=1SU" }]));
    expect(downtime?.recurringSchedule).toEqual({
      timezone: "America/New_York",
      recurrences: [{ rrule: "FREQ=MONTHLY;BYDAY=1SU", duration: "120m", start: "2026-12-06T02:00:00" }],
    });
    expect(downtime?.oneTimeSchedule).toBe(undefined);
  });

  it.each<[string, Partial<MaintenanceWindow>, string]>([
    ["without a reason", { reason: " " }, 'maintenance[0].reason must say what is done, got " ".'],
    ["of five minutes", { minutes: 5 }, "maintenance[0].minutes must be 15 to 240, got 5."],
    ["of five hours", { minutes: 300 }, "maintenance[0].minutes must be 15 to 240, got 300."],
    ["every day", { repeats: "FREQ=DAILY" }, 'maintenance[0].repeats must be an RRULE that is weekly or monthly, got "FREQ=DAILY".'],
    ["in the hour that spring skips", { startsAt: "2027-03-14T02:30" }, "maintenance[0].startsAt must be one moment"],
    ["in the hour that autumn repeats", { startsAt: "2027-11-07T01:30" }, "maintenance[0].startsAt must be one moment"],
    ["at no time", { startsAt: "2026-12-06" }, "maintenance[0].startsAt must be one moment"],
    ["in no time zone", { timeZone: "Europe/Atlantis" }, "maintenance[0].startsAt must be one moment"],
  ])("is refused %s", (_, change, problem) => {
    const problems = validateMaintenance([{ ...window, ...change }]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it("is accepted, and twice at one moment is not", () => {
    expect(validateMaintenance([window])).toEqual([]);
    expect(validateMaintenance([window, { ...window, reason: "nodes" }])).toEqual([
      "maintenance[1].startsAt must differ from the others', got 2026-12-06T02:00 twice. Join them.",
    ]);
  });
});
