# Images of Lamina: the plain proxy (the default target) and `proxyv2`, Istio's sidecar image with Lamina beside its Envoy.
#
#   docker build --build-arg REVISION=$(git rev-parse HEAD) -t lamina .
#   docker build --build-arg REVISION=$(git rev-parse HEAD) --target proxyv2 -t lamina-proxyv2 .

ARG ISTIO_VERSION=1.29.6

FROM node:22-bookworm-slim AS build
ARG REVISION=unknown
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
WORKDIR /lamina
COPY . .
RUN LAMINA_REVISION=$REVISION ./compile.sh && scripts/image-root.sh /image

# Name the binary in ProxyConfig: `binaryPath: /usr/local/bin/lamina`.
FROM istio/proxyv2:${ISTIO_VERSION} AS proxyv2
COPY --from=build /image/usr/local/bin/lamina /usr/local/bin/lamina

# glibc, CA certificates and nothing else: Lamina writes no file at start and needs no shell, home or /tmp.
FROM scratch AS lamina
COPY --from=build /image /
USER 1337:1337
ENTRYPOINT ["/usr/local/bin/lamina"]
