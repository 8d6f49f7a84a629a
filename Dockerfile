FROM node:22-bookworm-slim AS build
# For the database driver where its prebuilt binary cannot be fetched.
RUN apt-get update \
 && apt-get install -y --no-install-recommends python3 make g++ \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts && npm rebuild better-sqlite3
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:22-bookworm-slim
ENV NODE_ENV=production AIBROKER_HOST=0.0.0.0 AIBROKER_HOME=/data
WORKDIR /app
COPY --from=build /app/package.json /app/modelsconfig.yml ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# Files the program reads that the compiler does not copy.
COPY --from=build /app/src/ledger/sqlite/migrations src/ledger/sqlite/migrations
RUN install -d -o node -g node -m 700 /data
USER node
VOLUME /data
EXPOSE 8791
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s --retries=3 \
  CMD ["node", "dist/src/cli/main.js", "health"]
ENTRYPOINT ["node", "dist/src/cli/main.js"]
CMD ["serve"]
