/** Where a broker of the tests listens and keeps its data. */
export interface BrokerPlace {
  data: string;
  port: number;
  controllerPort: number;
  /** only with `security: true` */
  secured?: SecuredPlace;
}

/** Ports and PEM files of the secured listeners. */
export interface SecuredPlace {
  saslPort: number;
  tlsPort: number;
  mutualPort: number;
  saslTlsPort: number;
  /** the server's key, then its certificate */
  serverPem: string;
  caPem: string;
  /** user names of SASL and their passwords */
  users: Readonly<Record<string, string>>;
  /** SASL users may only do what an ACL allows */
  acls: boolean;
}

/**
 * server.properties of one KRaft node that is broker and controller: small internal topics, and takeovers and restarts
 * that take moments instead of the usual minute.
 */
export function brokerProperties(place: BrokerPlace): string {
  const listeners = [
    ['PLAINTEXT', 'PLAINTEXT', place.port],
    ...(place.secured === undefined ? [] : securedListeners(place.secured)),
  ] as const;
  const properties: Record<string, string | number> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${place.controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    listeners: [
      ...listeners.map(([name, , port]) => `${name}://127.0.0.1:${port}`),
      `CONTROLLER://127.0.0.1:${place.controllerPort}`,
    ].join(),
    'advertised.listeners': listeners.map(([name, , port]) => `${name}://127.0.0.1:${port}`).join(),
    'listener.security.protocol.map': [...listeners.map(([name, protocol]) => `${name}:${protocol}`), 'CONTROLLER:PLAINTEXT'].join(),
    'log.dirs': place.data,
    'auto.create.topics.enable': 'false',
    'default.replication.factor': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 500,
    // back after a SIGKILL in 4 s instead of 12
    'broker.session.timeout.ms': 1500,
    'broker.heartbeat.interval.ms': 300,
    'log.cleaner.dedupe.buffer.size': 4_194_304,
    // ms; what deleteTopics leaves goes soon
    'file.delete.delay.ms': 1000,
    ...(place.secured === undefined ? {} : securedProperties(place.secured)),
  };
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

function securedListeners(secured: SecuredPlace): [string, string, number][] {
  return [
    ['SASL', 'SASL_PLAINTEXT', secured.saslPort],
    ['TLS', 'SSL', secured.tlsPort],
    ['MUTUAL', 'SSL', secured.mutualPort],
    ['SASLTLS', 'SASL_SSL', secured.saslTlsPort],
  ];
}

function securedProperties(secured: SecuredPlace): Record<string, string> {
  const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  const users = Object.entries(secured.users).map(([name, password]) => `user_${name}="${password}"`);
  const properties: Record<string, string> = {
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS',
    'allow.everyone.if.no.acl.found': String(!secured.acls),
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': secured.serverPem,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': secured.caPem,
    'listener.name.mutual.ssl.client.auth': 'required',
  };
  for (const listener of ['sasl', 'sasltls']) {
    properties[`listener.name.${listener}.plain.sasl.jaas.config`] = `${plain} ${users.join(' ')};`;
    properties[`listener.name.${listener}.scram-sha-256.sasl.jaas.config`] = scram;
    properties[`listener.name.${listener}.scram-sha-512.sasl.jaas.config`] = scram;
  }
  return properties;
}
