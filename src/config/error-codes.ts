// Every error code of the configuration with its explanation, as `lamina help CFGnnn` prints it. Append in the order of the numbers.

/** Title and one paragraph. */
export interface ErrorCode {
  readonly title: string;
  readonly text: string;
}

export const errorCodes: Readonly<Record<string, ErrorCode>> = {
  CFG001: {
    title: "The text is not valid YAML or JSON",
    text:
      "The file could not be parsed, so nothing in it was looked at. The place is where the parser gave up; the mistake often stands a line before: a missing colon, a bracket that was not closed, a tab used for indentation. A configuration is one YAML document; custom tags are not known.",
  },
  CFG002: {
    title: "A configuration file cannot be read",
    text: "The file named with -c does not exist, may not be read by this user, is a folder, or is larger than 64 MB.",
  },
  CFG003: {
    title: "Nested too deeply",
    text:
      "Objects and lists are nested deeper than 128 levels. No message of Envoy's API comes near that; the limit keeps a hostile or generated file from exhausting the stack.",
  },
  CFG004: {
    title: "A YAML alias cannot be followed",
    text:
      "An alias (*name) refers to an anchor (&name) that does not stand before it, or to one that contains the alias itself; or all aliases together stand for more than 100,000 values, as in a file made to exhaust memory.",
  },
  CFG005: {
    title: "Not a kind of file that is read",
    text:
      "Configuration is read from .yaml, .yml and .json files. Binary and text protobuf (.pb, .pb_text) are not; Envoy's /config_dump gives the same content as JSON.",
  },
  CFG006: {
    title: "There is no configuration",
    text: "Neither -c nor --config-yaml was given, or a file is empty. A file that should change nothing may hold {}.",
  },
  CFG009: {
    title: "More problems than are listed",
    text: "Only the first 100 problems are listed. Mend those and load again.",
  },
  CFG010: {
    title: "A value of the wrong kind",
    text:
      "The field takes another kind of value: an object where text was given, text where a list or an object is needed, a number without quotes where text is needed. In YAML a plain 123, true or yes is not text; quotes make it so.",
  },
  CFG011: {
    title: "Unknown field",
    text:
      "The message has no field of this name, neither in snake_case nor in camelCase. A misspelt field would have no effect without anybody noticing; so it is refused. With --allow-unknown-static-fields unknown fields are let through, listed once and counted in server.static_unknown_fields.",
  },
  CFG012: {
    title: "A value breaks a rule of the API",
    text:
      "Envoy's protos state rules for many fields: ranges, lengths, allowed values, fields that must be set. The same rules are enforced here, before anything is built from the configuration. The message says what the value must be.",
  },
  CFG013: {
    title: "A key is given twice",
    text:
      "The same key stands twice in one object, or a field once in snake_case and once in camelCase. Many loaders silently take the last one; here both are refused, as one of the two is a mistake.",
  },
  CFG014: {
    title: "Two fields that exclude each other",
    text: "The fields are alternatives (a oneof of the API): only one of them may be given. Remove the other.",
  },
  CFG015: {
    title: "Unknown name of an enum",
    text:
      "The field takes one of a fixed set of names (or their numbers). Case does not matter. The message lists the names.",
  },
  CFG016: {
    title: "Not a number that fits",
    text:
      "The field takes a number: whole numbers within the range of the field's type, no fraction, no leading zeros (which some YAML readers take for octal). 64-bit numbers may be written as text to keep all digits.",
  },
  CFG017: {
    title: "Not a duration or a time",
    text:
      'Durations are seconds with an "s": "5s", "0.25s". Units such as ms or m do not exist in proto JSON. Times are written as in RFC 3339: "2026-01-31T08:00:00Z".',
  },
  CFG018: {
    title: "Not base64",
    text:
      "Fields of type bytes are written in base64 (standard or URL-safe alphabet). Plain text goes into the field's inline_string sibling, where there is one.",
  },
  CFG020: {
    title: 'An extension without "@type"',
    text:
      'A typed_config (google.protobuf.Any) holds any message; its "@type" says which: "type.googleapis.com/" and the full name. The name beside it is only a label.',
  },
  CFG021: {
    title: "Unknown message type",
    text:
      "The type URL names a message that this build does not know: misspelt, of API version v2, or of an extension that is not part of the API subset. A type URL has a slash before the full message name.",
  },
  CFG022: {
    title: "A TypedStruct that is not complete",
    text:
      "udpa.type.v1.TypedStruct and xds.type.v3.TypedStruct stand for another message: type_url names it, value holds its fields as plain JSON.",
  },
  CFG023: {
    title: "Bytes that are no message",
    text:
      "A resource or an extension that came as protobuf bytes cannot be decoded as the message that its type URL names.",
  },
  CFG030: {
    title: "Not supported by this version",
    text:
      "The field is known, but this version does not act on it, and ignoring it would change what the proxy does; so it is refused. The hint says what to do instead. `lamina fields MESSAGE` lists what is honoured, accepted without effect, and refused.",
  },
  CFG031: {
    title: "Unknown extension",
    text:
      "This version has no extension that takes this message in this place. `lamina extensions` lists those that it has.",
  },
  CFG032: {
    title: "An extension in the wrong place",
    text:
      "The message configures an extension of another category: an HTTP filter cannot stand among network filters, a listener filter not among HTTP filters.",
  },
  CFG033: {
    title: "An extension without configuration",
    text:
      'Extensions are found by the "@type" of their typed_config, not by name. Give the message even where it is empty.',
  },
  CFG034: {
    title: "A runtime layer that cannot be used",
    text:
      "Layers have different names, and one of them at most is the admin layer. Values of a static layer are text, numbers, booleans, fractions (numerator and denominator) or objects of them; the keys of nested objects join with dots.",
  },
  CFG035: {
    title: "A stats tag that cannot be used",
    text: "A tag needs a name; a tag with a fixed value may be given once only.",
  },
  CFG036: {
    title: "The admin address cannot be used",
    text: "The admin server listens on one IP address with a port number, or on a UNIX socket (pipe).",
  },
  CFG037: {
    title: "Two resources of one name",
    text: "Listeners and clusters are told apart by their names in updates, statistics and routes. Give each its own.",
  },
  CFG038: {
    title: "Unknown local cluster",
    text: "cluster_manager.local_cluster_name must name one of static_resources.clusters.",
  },
  CFG060: {
    title: "A matcher that cannot be used",
    text:
      "A regular expression must be RE2 syntax: no look-around, no back-references. It must match a path, header or parameter in full, so it needs no ^ and $. ignore_case goes with plain text only; an expression begins with (?i) instead. In a substitution \\1 to \\9 stand for groups of the pattern, \\0 for the whole match.",
  },
  CFG061: {
    title: "Unknown cluster in a route",
    text:
      "A route or a mirror policy names a cluster that does not exist. Where clusters come later, set validate_clusters: false; requests are then answered with cluster_not_found_response_code until the cluster is there.",
  },
  CFG062: {
    title: "A domain given twice",
    text:
      "Within one route configuration each domain (also * and wildcards) belongs to one virtual host. Upper and lower case are the same.",
  },
  CFG063: {
    title: "A header that cannot be added or removed",
    text:
      "Operations on headers take plain header names. Pseudo headers (:path, :authority, ...) and host are changed by the rewrites of a route. Values must not hold line ends. append is the old form of append_action; only one of them may be given.",
  },
  CFG064: {
    title: "Weighted clusters that give no choice",
    text:
      "Each weighted cluster has a name or a cluster_header, not both. The weights must add up to more than 0 and at most 4294967295; a cluster of weight 0 gets no requests.",
  },
  CFG065: {
    title: "Rewrites that exclude each other",
    text: "A route rewrites the path by prefix_rewrite or by regex_rewrite, not by both.",
  },
  CFG066: {
    title: "The body of a direct response cannot be used",
    text:
      "The body stands in the configuration (inline_string, or inline_bytes that are UTF-8) and has at most max_direct_response_body_size_bytes of the route configuration, 4096 when that is not set.",
  },
  CFG067: {
    title: "A retry policy that cannot work",
    text:
      "retry_back_off.max_interval must not be shorter than base_interval. Without max_interval it is ten times the base.",
  },
  CFG068: {
    title: "A mirror policy without one cluster",
    text: "A mirror policy names its cluster by cluster or by cluster_header, not by both.",
  },
  CFG069: {
    title: "An upgrade given twice",
    text: "upgrade_configs of a route lists each upgrade type once. Upper and lower case are the same.",
  },
  CFG080: {
    title: "A log format without content",
    text:
      "A SubstitutionFormatString holds one of json_format, text_format and text_format_source. Leave log_format out altogether for Envoy's default line.",
  },
  CFG081: {
    title: "A format cannot be compiled",
    text:
      "The format has an operator that does not exist, or one with a bad argument. Operators are written %NAME%, %NAME(argument)% or %NAME(argument):length%, in capitals; a percent sign is %%. docs/en/access-log.md lists them; they are those of Envoy's substitution formatter.",
  },
  CFG082: {
    title: "A format from outside the configuration",
    text:
      "text_format_source takes inline_string or inline_bytes. Formats are not read from files or environment variables, as workers compile them from the configuration alone.",
  },
  CFG083: {
    title: "An access log filter without content",
    text:
      "An AccessLogFilter holds one of the filters by status code, duration, header, response flag, runtime value, gRPC status, metadata, log type, not_health_check and traceable, or and_filter and or_filter of several.",
  },
  CFG090: {
    title: "The short form has another shape",
    text:
      "A lamina.yaml has the keys listen, routes, clusters, admin and access_log; docs/en/short-form.md describes what each takes. A file with static_resources is a full bootstrap instead.",
  },
  CFG091: {
    title: "Unknown key of the short form",
    text:
      "The short form has no such key in this place. What it cannot say is said in a full bootstrap: `lamina adapt` prints the one that the file stands for, to start from.",
  },
  CFG092: {
    title: "Unknown cluster in the short form",
    text:
      'A target ("to", "tcp") is the name of one of clusters, or an address such as "127.0.0.1:9000" that becomes a cluster of its own.',
  },
  CFG093: {
    title: "Not an address",
    text:
      'Addresses of the short form are "host:port", ":port" for all IPv4 addresses, "[v6]:port" or "unix:/path". Endpoints may be host names, which are then resolved by DNS; a listener needs an IP address.',
  },
  CFG900: {
    title: "Internal error: a message without field table",
    text:
      "Lamina reads a message but does not say what it does with its fields. That is a gap in Lamina: please report it with the path.",
  },
  CFG901: {
    title: "Internal error while translating",
    text:
      "A translator failed in a way that is no statement about the configuration. That is a mistake in Lamina: please report it with the text of the message.",
  },
};
