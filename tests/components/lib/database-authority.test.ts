import { readFileSync } from "node:fs";
import { join } from "node:path";
import { authorityFile, authorityMount, validateAuthority } from "../../../components/lib/database-authority";

const fixture = (name: string) => readFileSync(join(__dirname, "..", "..", "fixtures", name), "utf8");
const PEM = fixture("database-authority.pem");
const SERVER_PEM = fixture("database-server.pem");

it("are a text or a file of the image, and nothing where there is no TLS", () => {
  expect(validateAuthority({ sslMode: "verify-full", certificateAuthority: { pem: PEM + PEM } })).toEqual([]);
  expect(validateAuthority({ sslMode: "verify-full", certificateAuthority: { imageFile: "/etc/ssl/certs/rds.pem" } })).toEqual([]);
  expect(validateAuthority({ sslMode: "disable" })).toEqual([]);
});

it("are mounted, read-only, where the connection string says that they are", () => {
  const { volumes, volumeMounts } = authorityMount("authority-1");
  expect(volumes).toEqual([{ name: "database-authority", configMap: { name: "authority-1" } }]);
  expect(volumeMounts).toEqual([{ name: "database-authority", mountPath: "/etc/maestroverse/database-authority", readOnly: true }]);
  expect(authorityFile({ pem: PEM })).toBe("/etc/maestroverse/database-authority/ca.pem");
  expect(authorityFile({ imageFile: "/etc/ssl/certs/rds.pem" })).toBe("/etc/ssl/certs/rds.pem");
  expect(authorityMount(undefined)).toEqual({ volumes: [], volumeMounts: [] });
});

it.each([
  [
    undefined,
    "certificateAuthority must have pem or imageFile with sslMode verify-full, got neither. Give the certificates that the server's is checked against, or name the file of every image that holds them.",
  ],
  [
    { pem: PEM, imageFile: "/a" },
    "certificateAuthority must have pem or imageFile with sslMode verify-full, got both. Give the certificates that the server's is checked against, or name the file of every image that holds them.",
  ],
  [
    { pem: "/etc/ssl/certs/rds.pem" },
    "certificateAuthority.pem must be certificates of authorities in PEM, got none. Copy the whole file, BEGIN and END lines included.",
  ],
  [
    { pem: PEM.replace("MII", "MIJ") },
    "certificateAuthority.pem must be certificates of authorities in PEM, got one that cannot be read (number 1). Copy it again.",
  ],
  [
    { pem: `${PEM}-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----` },
    "certificateAuthority.pem must be certificates of authorities in PEM, got a private key, which does not belong here. Take it out, and count it as known to others.",
  ],
  [
    { pem: PEM + SERVER_PEM },
    "certificateAuthority.pem must be certificates of authorities in PEM, got one of a server (number 2, CN=db.maestroverse.edu). Give the authority that signed it.",
  ],
])("are refused where they would check nothing: %#", (certificateAuthority, problem) => {
  expect(validateAuthority({ sslMode: "verify-full", certificateAuthority })).toEqual([problem]);
});
