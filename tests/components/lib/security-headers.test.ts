import { hiddenHeaders, securityHeaders } from "../../../components/lib/security-headers";

const HSTS = { maxAgeSeconds: 31_536_000, includeSubDomains: true };

it("the edge owns these headers", () => {
  expect(Object.fromEntries(securityHeaders(HSTS).map(({ name, value }) => [name, value]))).toEqual({
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-site",
  });
});

it("subdomains are included only where the setting says so, and preload never", () => {
  const [hsts] = securityHeaders({ maxAgeSeconds: 15_552_000, includeSubDomains: false });
  expect(hsts?.value).toBe("max-age=15552000");
});

it("the application's copy of each is hidden, and what tells the software", () => {
  expect(hiddenHeaders(HSTS)).toEqual([...securityHeaders(HSTS).map(({ name }) => name), "X-Powered-By"]);
});

it("no header is named twice, in any case", () => {
  const names = hiddenHeaders(HSTS).map((name) => name.toLowerCase());
  expect(new Set(names).size).toBe(names.length);
});

it("no value has a character that the controller's annotation cuts at or refuses", () => {
  expect(securityHeaders(HSTS).filter(({ value }) => /[,:$"\\\n]/.test(value))).toEqual([]);
});
