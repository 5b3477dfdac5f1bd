/**
 * Rooms and who may import whom. A room imports itself and the rooms of the levels before its own;
 * rooms of one level do not import each other.
 */
const LEVELS = [
  ['schemas'],
  ['services/core'],
  ['services/ingest', 'services/identify', 'services/features', 'models', 'services/state', 'services/telemetry', 'services/simulation'],
  ['services/scoring', 'services/alerting'],
  ['services/topology.ts'],
  ['services/drivers', 'services/storage', 'services/console'],
  ['services/training'],
  ['services/evaluation'],
  ['services/commands'],
  ['services/main.ts'],
  ['services/launcher.cts'],
];

/** Contracts of models/ that rooms of its own level may import: the feature lists are the same in training and serving. */
const CONTRACTS = ['models/windows.ts', 'models/candidate.ts'];

const pathOf = (room) => (/\.c?ts$/.test(room) ? `^${room.replace('.', '\\.')}$` : `^${room}/`);

const roomRules = LEVELS.flatMap((rooms, level) =>
  rooms.map((room) => ({
    name: `room-${room.replace(/^services\//, '')}`,
    comment: `${room} imports itself and: ${LEVELS.slice(0, level).flat().join(', ') || 'nothing of ours'}`,
    severity: 'error',
    from: { path: pathOf(room) },
    to: {
      path: '^(schemas|models|services)/',
      pathNot: [room, ...LEVELS.slice(0, level).flat(), ...(level >= 2 ? CONTRACTS : [])].map(pathOf),
    },
  })),
);

const everyRoom = LEVELS.flat().map(pathOf);

module.exports = {
  forbidden: [
    ...roomRules,
    {
      name: 'known-room',
      comment: 'every file of ours lies in a room that is listed in .dependency-cruiser.cjs',
      severity: 'error',
      from: { path: '^(schemas|models|services)/', pathNot: everyRoom },
      to: {},
    },
    {
      name: 'no-tests-in-product',
      comment: 'the product does not import tests',
      severity: 'error',
      from: { path: '^(schemas|models|services)/' },
      to: { path: '^test/' },
    },
    { name: 'resolvable', comment: 'an import that resolves to nothing', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'pure-rooms',
      comment: 'what a stage runs sees no file, transport, thread or process',
      severity: 'error',
      from: { path: '^(schemas|services/core|services/identify|services/features|services/scoring|services/alerting)/' },
      to: {
        dependencyTypes: ['core'],
        path: '^(node:)?(fs|fs/promises|net|http|https|dgram|tls|child_process|worker_threads|cluster|process|os|readline)$',
      },
    },
    {
      name: 'storage-alone-knows-clickhouse',
      severity: 'error',
      comment: 'the client lies in storage/, the rest asks storage/',
      from: { path: '^(schemas|models|services)/', pathNot: '^services/storage/' },
      to: { path: 'node_modules/(@clickhouse|chdb)' },
    },
    {
      name: 'drivers-alone-know-transports',
      severity: 'error',
      comment: 'Kafka and HTTP servers belong to drivers/; /metrics and health are answered by telemetry/',
      from: { path: '^(schemas|models|services)/', pathNot: ['^services/drivers/', '^services/telemetry/endpoint\\.ts$'] },
      to: { path: 'node_modules/(kafkajs|fastify)' },
    },
    {
      name: 'no-common-room',
      severity: 'error',
      comment: 'no folder called utils, helpers or common',
      from: {},
      to: { path: '/(utils|helpers|common)/', pathNot: 'node_modules' },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
