/** The kinds of values that settings are made of. Each message completes "<path> must be …". */
import { z } from "zod";
import { holdsAgeIdentity, isAgeRecipient } from "../../components/lib/age-recipient";

export const integer = (min: number, max: number, unit: string) =>
  z.int(`a whole number of ${unit}, ${min} to ${max}`).min(min, `${min} to ${max} (${unit})`).max(max, `${min} to ${max} (${unit})`);
export const decimal = (min: number, max: number, unit: string) =>
  z.number(`a number, ${min} to ${max} (${unit})`).min(min, `${min} to ${max} (${unit})`).max(max, `${min} to ${max} (${unit})`);
export const percent = () => integer(1, 100, "percent");
export const matching = (pattern: RegExp, rule: string) => z.string(rule).regex(pattern, rule);
export const hostname = () =>
  matching(/^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/, "a DNS host name without scheme, port or wildcard");
export const dnsLabel = () =>
  matching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "a DNS label: lower-case letters, digits and '-', 63 at most");
export const isoDate = () => z.iso.date("a calendar date YYYY-MM-DD (UTC), in quotes");
/** A block of addresses of one's own: 10.0.0.0/8 is the largest private one, /19 what an IPv6 registry gives a large network. */
export const cidr = () =>
  z
    .union([z.cidrv4(), z.cidrv6()], "an address block in CIDR notation, for example 10.0.0.0/16")
    .refine(
      (block) => Number(block.split("/")[1]) >= (block.includes(":") ? 19 : 8),
      "a block of your own (IPv4 /8 or smaller, IPv6 /19 or smaller), not the internet or a part of it",
    );
/** ARNs in policies begin with `arn:aws:`; China and the US government's clouds have other beginnings (`aws-cn`, `aws-us-gov`). */
export const awsRegion = () =>
  matching(/^(?!cn-|us-gov-|us-iso)[a-z]{2}(-[a-z]+)+-\d$/, "an AWS region such as us-east-1, not of China or the US government's clouds");
export const bucketName = () =>
  matching(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, "an S3 bucket name: 3 to 63 lower-case letters, digits and '-'");
/** What dumps are encrypted for. */
export const ageRecipient = () =>
  z.string("a public key of age, age1…").refine(isAgeRecipient, {
    error: ({ input }) =>
      holdsAgeIdentity(String(input))
        ? "a public key of age (age1…, what `age-keygen -y` says), and this is an identity, which opens every dump: who has read this file has it; make another"
        : "a public key of age: age1 and 58 letters and digits, copied whole",
  });
export const unique = <T extends z.ZodType>(item: T, min: number, max: number, what: string) =>
  z
    .array(item, `a list of ${what}`)
    .min(min, `a list of ${min} to ${max} ${what}`)
    .max(max, `a list of ${min} to ${max} ${what}`)
    .refine((list) => new Set(list.map((entry) => JSON.stringify(entry))).size === list.length, `a list of ${what} without repetitions`);

/** A rotated credential: which generation is current, and since when; it has one value. */
export const generation = () =>
  z.strictObject({
    /** Counts up by one at each rotation, from 1. */
    generation: integer(1, 9999, "rotations"),
    /** Day on which this generation became current (UTC). */
    rotatedOn: isoDate(),
    /** false; the components say why. */
    overlap: z.boolean("true or false"),
  });

/** A credential whose next value exists before the old one goes. */
export const overlappingGeneration = () =>
  generation().extend({
    /** Which other generation exists: none, n+1 (`next`), n−1 (true). */
    overlap: z.union([z.boolean(), z.literal("next")], "false, next or true"),
  });

/** A secret of the application: a rotated credential whose next value is accepted before it signs. */
export const secretGeneration = () =>
  overlappingGeneration().extend({
    /** While overlap is true: the day on which n−1 had become current, for the way back. */
    previousRotatedOn: isoDate().optional(),
  });

/** An image by its immutable name. */
export const image = z
  .strictObject({
    /** Registry and repository, without tag. */
    repository: matching(
      /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)+$/,
      "a registry and repository, for example registry.example.com/maestroverse/server",
    ),
    /** The git short SHA that the image was built from. */
    tag: matching(
      /^[0-9a-f]{7,40}$/,
      "a git SHA in lower case (`git rev-parse --short HEAD`, 7 to 40 hex digits); latest, an empty or another mutable tag could change under a running deployment",
    ).optional(),
    /** The image's digest, instead of or beside the tag. */
    digest: matching(/^sha256:[0-9a-f]{64}$/, "sha256: and 64 hex digits").optional(),
  })
  .refine((value) => value.tag !== undefined || value.digest !== undefined, "an image with a tag (git short SHA) or a digest (sha256:…)");
