// What the recorded Envoy was given; the tests give Lamina the same.
export const ORACLE_BODY_SIZES = [
  0,
  1,
  5,
  9,
  10,
  25,
  99,
  100,
  101,
  109,
  110,
  250,
  252,
  255,
  259,
  999,
  1000,
  12_345,
  1_100_000,
];

export const ORACLE_STATS_CONFIG = {
  histogram_bucket_settings: [
    {
      match: { suffix: "upstream_rq_body_size" },
      buckets: [0.1, 1, 10, 99, 100, 101, 250, 255, 1000, 1_234_567, 10_000_000],
    },
    { match: { safe_regex: { regex: ".*" } }, buckets: [1, 1000] },
  ],
  stats_tags: [
    { tag_name: "foo", regex: "^cluster\\.(([[:alnum:]]+)\\.)upstream_cx" },
    { tag_name: "ahead", regex: "^tcp\\.(.*?)(?=\\.)" },
    { tag_name: "fixed", fixed_value: 'x y"\\' },
  ],
};
