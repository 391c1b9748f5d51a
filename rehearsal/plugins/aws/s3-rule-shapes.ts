/** Rules of buckets: lifecycle and replication, as S3 takes them. */
import { type Block, block, flag, list, oneOfNumbers, optional, required, type Shape, text, textByKey, whole } from "./shape";
import { fromTagList, type Tags, toTagList } from "./tags";

const STATUS = text(["Enabled", "Disabled"]);
const optionalStatus = optional(block({ status: required(STATUS) }));
const tag = optional(block({ key: required(text()), value: required(text()) }));
/** S3 knows no other number. */
const minutes = block({ minutes: required(oneOfNumbers([15], "(minutes)")) });

/** Tags by name, which S3 has as a list. */
const tagSet: Shape = {
  ...textByKey,
  toApi: (value) => toTagList(value as Tags),
  fromApi: (value) => fromTagList(value as Parameters<typeof fromTagList>[0]),
};

/** A day, which S3 has as a time. */
const date: Shape = {
  ...text(/^\d{4}-\d\d-\d\d(T00:00:00Z)?$/, "be a day such as 2027-01-31"),
  toApi: (value) => new Date(value as string),
  fromApi: (value) => (value instanceof Date ? value.toISOString().replace(".000Z", "Z") : value),
};

/** A filter with nothing in it and one with an empty prefix both mean every object. */
function filter(fields: Parameters<typeof block>[0]): Shape {
  const shape: Block = block({ ...fields, prefix: optional(text(), { fallback: "" }), tag });
  const everything = (value: unknown) => JSON.stringify(shape.canonical(value)) === JSON.stringify({ prefix: "" });
  return {
    ...shape,
    toApi: (value) => (everything(value) ? { Prefix: "" } : shape.toApi(value)),
    align: (declared, live) => (everything(live) && everything(declared) ? declared : shape.align(declared, live)),
  };
}

const sizes = { objectSizeGreaterThan: optional(whole(0)), objectSizeLessThan: optional(whole(1)) };
const transition = {
  storageClass: required(text(["GLACIER", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "DEEP_ARCHIVE", "GLACIER_IR"])),
};
const newerNoncurrentVersions = optional(whole(1));

/** A rule of a lifecycle. */
export const lifecycleRule = block({
  id: required(text(), { api: "ID" }),
  status: required(STATUS),
  filter: optional(
    filter({ ...sizes, and: optional(block({ ...sizes, prefix: optional(text(), { fallback: "" }), tags: optional(tagSet) })) }),
    { fallback: { prefix: "" } },
  ),
  expiration: optional(
    block({ date: optional(date), days: optional(whole(1)), expiredObjectDeleteMarker: optional(flag, { fallback: false }) }),
  ),
  noncurrentVersionExpiration: optional(block({ noncurrentDays: required(whole(1)), newerNoncurrentVersions })),
  noncurrentVersionTransitions: optional(list(block({ noncurrentDays: required(whole(0)), newerNoncurrentVersions, ...transition }))),
  transitions: optional(list(block({ date: optional(date), days: optional(whole(0)), ...transition }))),
  abortIncompleteMultipartUpload: optional(block({ daysAfterInitiation: required(whole(1)) })),
});

/** What moto takes and then answers with constants, or not at all: read back it would look like drift for ever. */
const NOT_TOLD_BY_MOTO = { unread: true };

/** A rule of a replication. */
export const replicationRule = block({
  id: optional(text(), { computed: true, api: "ID" }),
  priority: optional(whole(0)),
  status: required(STATUS),
  filter: optional(
    filter({ and: optional(block({ prefix: optional(text(), { fallback: "" }), tags: optional(tagSet) })) }),
    NOT_TOLD_BY_MOTO,
  ),
  deleteMarkerReplication: optional(block({ status: required(STATUS) }), NOT_TOLD_BY_MOTO),
  existingObjectReplication: optional(block({ status: required(STATUS) }), NOT_TOLD_BY_MOTO),
  sourceSelectionCriteria: optional(
    block({ replicaModifications: optionalStatus, sseKmsEncryptedObjects: optionalStatus }),
    NOT_TOLD_BY_MOTO,
  ),
  destination: required(
    block({
      bucket: required(text(/^arn:aws[\w-]*:s3:::/, "be a bucket's ARN")),
      account: optional(text()),
      storageClass: optional(text()),
      accessControlTranslation: optional(block({ owner: required(text(["Destination"])) })),
      encryptionConfiguration: optional(block({ replicaKmsKeyId: required(text(), { api: "ReplicaKmsKeyID" }) })),
      metrics: optional(block({ status: required(STATUS), eventThreshold: optional(minutes) })),
      replicationTime: optional(block({ status: required(STATUS), time: required(minutes) })),
    }),
  ),
});
