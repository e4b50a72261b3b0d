// Field tables of small messages that many translators share (addresses, numbers with a runtime key, header values, data sources).
import type { FieldTable } from "./field-table.ts";

function allHonoured(message: string, ...honoured: string[]): FieldTable {
  return { message, honoured, accepted: {}, refused: {} };
}

export const commonFieldTables: readonly FieldTable[] = [
  {
    message: "envoy.config.core.v3.Address",
    honoured: ["socket_address", "pipe"],
    accepted: {},
    refused: { envoy_internal_address: "internal listeners arrive in a later release" },
  },
  {
    message: "envoy.config.core.v3.SocketAddress",
    honoured: ["protocol", "address", "port_value", "ipv4_compat"],
    accepted: {},
    refused: {
      named_port: "give port_value",
      resolver_name: "custom resolvers are not supported; give an IP address, or a name with a DNS cluster",
      network_namespace_filepath: "start Lamina inside the network namespace",
    },
  },
  allHonoured("envoy.config.core.v3.Pipe", "path", "mode"),
  allHonoured("envoy.config.core.v3.CidrRange", "address_prefix", "prefix_len"),
  allHonoured("envoy.config.core.v3.Locality", "region", "zone", "sub_zone"),
  allHonoured("envoy.config.core.v3.TypedExtensionConfig", "name", "typed_config"),
  allHonoured("envoy.config.core.v3.Metadata", "filter_metadata", "typed_filter_metadata"),
  allHonoured("envoy.config.core.v3.RuntimeFractionalPercent", "default_value", "runtime_key"),
  allHonoured("envoy.config.core.v3.RuntimeFeatureFlag", "default_value", "runtime_key"),
  allHonoured("envoy.config.core.v3.RuntimeUInt32", "default_value", "runtime_key"),
  allHonoured("envoy.config.core.v3.RuntimeDouble", "default_value", "runtime_key"),
  allHonoured("envoy.config.core.v3.RuntimePercent", "default_value", "runtime_key"),
  allHonoured("envoy.config.core.v3.HeaderValue", "key", "value", "raw_value"),
  allHonoured("envoy.config.core.v3.HeaderValueOption", "header", "append", "append_action", "keep_empty_value"),
  {
    message: "envoy.config.core.v3.DataSource",
    honoured: ["filename", "inline_bytes", "inline_string", "environment_variable"],
    accepted: {},
    refused: { watched_directory: "files are read once, when the configuration is loaded" },
  },
  allHonoured("envoy.type.v3.Percent", "value"),
  allHonoured("envoy.type.v3.FractionalPercent", "numerator", "denominator"),
  allHonoured("envoy.type.v3.Int64Range", "start", "end"),
  allHonoured("envoy.type.v3.Int32Range", "start", "end"),
  allHonoured("envoy.type.v3.DoubleRange", "start", "end"),
];
