import { readFileSync } from 'node:fs';
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, type Admin, ResourcePatternTypes } from 'kafkajs';

/** What a user may do, as docs/deployment.md says it. */
export interface Right {
  operation: 'Read' | 'Write' | 'Create' | 'Describe' | 'DescribeConfigs';
  kind: 'topic' | 'group' | 'transactional-id';
  resource: string;
  /** of everything whose name begins so */
  prefixed: boolean;
}

const KINDS: Record<Right['kind'], number> = {
  topic: AclResourceTypes.TOPIC,
  group: AclResourceTypes.GROUP,
  'transactional-id': AclResourceTypes.TRANSACTIONAL_ID,
};
const OPERATIONS: Record<Right['operation'], number> = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Create: AclOperationTypes.CREATE,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
};

export function deploymentDocument(): string {
  return readFileSync(new URL('../../docs/deployment.md', import.meta.url), 'utf8');
}

/** Rights of the one user of all processes: the document's lines of kafka-acls.sh. */
export function rightsOfAll(): Right[] {
  const lines = deploymentDocument()
    .split('\n')
    .filter((line) => line.startsWith('kafka-acls.sh '));
  return lines.flatMap((line) => {
    const [, kind, resource] = /--(topic|group|transactional-id) (\S+)/.exec(line) as RegExpExecArray;
    const prefixed = line.includes('--resource-pattern-type prefixed');
    return [...line.matchAll(/--operation (\w+)/g)].map(([, operation]) => ({ operation, kind, resource, prefixed }) as Right);
  });
}

/** Rights of the users of single roles: the document's table and what it says around it. */
export function rightsOfRoles(sourceTopic: string): Map<string, Right[]> {
  const text = deploymentDocument();
  const rows = text.slice(text.indexOf('| role | topics: Read |')).split('\n').slice(2);
  const roles = new Map<string, Right[]>();
  for (const row of rows) {
    if (!row.startsWith('|')) break;
    const [role, read, write, groups, described, ids] = row.split('|').slice(1).map(namesIn);
    const all = (operation: Right['operation'], kind: Right['kind'], resources: string[]) =>
      resources.map((name): Right => ({ operation, kind, resource: name.replace('*', ''), prefixed: name.endsWith('*') }));
    const reads = read.length > 0 ? read : [sourceTopic];
    const writes = role[0] === 'store' ? write : [...write, 'weir.ledger', 'weir.dead-letters'];
    roles.set(role[0], [
      ...all('Describe', 'topic', ['weir.*', sourceTopic]),
      ...all('DescribeConfigs', 'topic', ['weir.*']),
      ...all('Read', 'topic', reads),
      ...all('Write', 'topic', writes),
      ...all('Read', 'group', groups),
      ...all('Describe', 'group', described),
      ...all('Write', 'transactional-id', ids),
    ]);
  }
  return roles;
}

function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]);
}

export async function grant(admin: Admin, user: string, rights: readonly Right[]): Promise<void> {
  await admin.createAcls({ acl: rights.map((right) => entry(user, right)) });
}

/** @returns how many rights were taken away */
export async function revoke(admin: Admin, user: string, right: Right): Promise<number> {
  const { filterResponses } = await admin.deleteAcls({ filters: [entry(user, right)] });
  return filterResponses.flatMap(({ matchingAcls }) => matchingAcls).length;
}

function entry(user: string, { operation, kind, resource, prefixed }: Right) {
  return {
    resourceType: KINDS[kind],
    resourceName: resource,
    resourcePatternType: prefixed ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
    operation: OPERATIONS[operation],
    permissionType: AclPermissionTypes.ALLOW,
    principal: `User:${user}`,
    host: '*',
  };
}
