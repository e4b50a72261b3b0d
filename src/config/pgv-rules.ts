// Types of the generated validation table src/gen/validate-rules.ts: the `validate.rules` annotations (protoc-gen-validate) of the proto subset.

/**
 * The rules of every message that has some, by full message name such as `envoy.config.cluster.v3.Cluster`.
 *
 * What the annotations mean, as PGV defines it:
 * - A message is valid when its own fields pass and, for every set field, list item and map value of a message type, that
 *   message is valid too (whether or not the field has rules), except where `skip` is set. An `Any` is not looked into.
 * - Rules of a wrapper field (`google.protobuf.UInt32Value` …) apply to the wrapped value, and only when it is set.
 * - Rules of a member of a oneof, or of an `optional` scalar, apply only when it is set. Other scalars always have a value:
 *   unset means 0, false or "".
 */
export type RuleTable = ReadonlyMap<string, MessageRules>;

export interface MessageRules {
  /** Rules by proto field name (`connect_timeout`), in the order of the field numbers. Absent: no field has rules. */
  readonly fields?: Readonly<Record<string, FieldRules>>;
  /** Names of the oneofs of which one member must be set. */
  readonly requiredOneofs?: readonly string[];
  /** True: neither this message nor what it contains is checked. */
  readonly disabled?: true;
}

/** Rules of one field, or of each item of a list, each key or each value of a map. */
export interface FieldRules {
  /** True: a field of a message type (also Any, Duration, Timestamp, wrappers) must be set. */
  readonly required?: true;
  /** True: a field of a message type is not looked into. `required` still counts. */
  readonly skip?: true;
  readonly value?: ValueRules;
}

export type ValueRules =
  | NumberRules
  | BigintRules
  | BoolRules
  | StringRules
  | BytesRules
  | EnumRules
  | RepeatedRules
  | MapRules
  | AnyRules
  | DurationRules
  | TimestampRules;

/** True: an empty value (0, "", no items) passes without a look at the other rules. */
interface IgnoreEmpty {
  readonly ignoreEmpty?: true;
}

/**
 * Bounds of an ordered value; each one that is present must hold, with one exception: when the lower bound is greater than
 * the upper one, the value must lie outside: `gt: 10, lt: 5` means value > 10 or value < 5.
 */
export interface Bounds<T> {
  readonly const?: T;
  readonly lt?: T;
  readonly lte?: T;
  readonly gt?: T;
  readonly gte?: T;
  readonly in?: readonly T[];
  readonly notIn?: readonly T[];
}

/** float, double and the integers of up to 32 bits. */
export interface NumberRules extends Bounds<number>, IgnoreEmpty {
  readonly kind: "number";
}

/** The integers of 64 bits. */
export interface BigintRules extends Bounds<bigint>, IgnoreEmpty {
  readonly kind: "bigint";
}

export interface BoolRules {
  readonly kind: "bool";
  readonly const?: boolean;
}

export interface StringRules extends IgnoreEmpty {
  readonly kind: "string";
  readonly const?: string;
  /** Lengths in Unicode code points. */
  readonly len?: number;
  readonly minLen?: number;
  readonly maxLen?: number;
  /** Lengths in bytes of UTF-8. */
  readonly lenBytes?: number;
  readonly minBytes?: number;
  readonly maxBytes?: number;
  /** RE2 syntax; matches anywhere in the value unless anchored. */
  readonly pattern?: string;
  readonly prefix?: string;
  readonly suffix?: string;
  readonly contains?: string;
  readonly notContains?: string;
  readonly in?: readonly string[];
  readonly notIn?: readonly string[];
  readonly wellKnown?: WellKnownString;
}

/**
 * Formats of strings. The strict header forms are those of RFC 9110 (a name may start with ':' as in HTTP/2);
 * the loose forms only exclude NUL, CR and LF.
 */
export type WellKnownString =
  | "email"
  | "hostname"
  | "ip"
  | "ipv4"
  | "ipv6"
  | "uri"
  | "uri_ref"
  /** A host name or an IP address. */
  | "address"
  | "uuid"
  | "http_header_name"
  | "http_header_name_loose"
  | "http_header_value"
  | "http_header_value_loose";

export interface BytesRules extends IgnoreEmpty {
  readonly kind: "bytes";
  readonly const?: Uint8Array;
  readonly len?: number;
  readonly minLen?: number;
  readonly maxLen?: number;
  readonly pattern?: string;
  readonly prefix?: Uint8Array;
  readonly suffix?: Uint8Array;
  readonly contains?: Uint8Array;
  readonly in?: readonly Uint8Array[];
  readonly notIn?: readonly Uint8Array[];
  /** An IP address in network byte order. */
  readonly wellKnown?: "ip" | "ipv4" | "ipv6";
}

export interface EnumRules {
  readonly kind: "enum";
  readonly const?: number;
  /** True: the number must be one of the enum's values. */
  readonly definedOnly?: true;
  readonly in?: readonly number[];
  readonly notIn?: readonly number[];
}

export interface RepeatedRules extends IgnoreEmpty {
  readonly kind: "repeated";
  readonly minItems?: number;
  readonly maxItems?: number;
  /** True: no two items may be equal (scalars and enums only). */
  readonly unique?: true;
  readonly items?: FieldRules;
}

export interface MapRules extends IgnoreEmpty {
  readonly kind: "map";
  readonly minPairs?: number;
  readonly maxPairs?: number;
  /** True: every value of a message type must be set. */
  readonly noSparse?: true;
  readonly keys?: FieldRules;
  readonly values?: FieldRules;
}

export interface AnyRules {
  readonly kind: "any";
  /** Type URLs. */
  readonly in?: readonly string[];
  readonly notIn?: readonly string[];
}

/** In nanoseconds. */
export interface DurationRules extends Bounds<bigint> {
  readonly kind: "duration";
}

/** In nanoseconds since 1970-01-01T00:00:00Z. */
export interface TimestampRules extends Bounds<bigint> {
  readonly kind: "timestamp";
  /** True: must lie in the past. */
  readonly ltNow?: true;
  /** True: must lie in the future. */
  readonly gtNow?: true;
  /** At most so many nanoseconds away from now. */
  readonly withinNs?: bigint;
}
