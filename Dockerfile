# The whole program: `docker build -t weir .`, then e.g. `docker run --rm weir --help`. What it serves: docs/deployment.md.
# Debian rather than Alpine: the embedded store's library needs glibc.
FROM node:22.22.2-bookworm-slim AS build
WORKDIR /weir
COPY package.json package-lock.json ./
# no script of a dependency has to run; Weir's own (prepare) compiles, which follows
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY schemas ./schemas
COPY models ./models
COPY services ./services
RUN npx tsc -p . && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:22.22.2-bookworm-slim
ENV NODE_ENV=production
WORKDIR /weir
COPY --from=build /weir/node_modules ./node_modules
COPY --from=build /weir/dist ./dist
COPY package.json LICENSE ./
COPY schemas ./schemas
COPY models/shipped ./models/shipped
# a volume that is mounted here for the first time takes over this owner
RUN install -d -o node -g node /var/lib/weir
USER node
WORKDIR /var/lib/weir
VOLUME /var/lib/weir
# serve.listen; serve.http.listen
EXPOSE 9600 9610
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9600/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/weir/dist/services/launcher.cjs"]
CMD ["serve", "--config", "/etc/weir/weir.yaml"]
