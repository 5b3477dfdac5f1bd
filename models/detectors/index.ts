import type { AccountBaselines } from '../baselines/account.ts';
import type { InterfaceBaselines } from '../baselines/interface.ts';
import type { SparseBaselines } from '../baselines/sparse.ts';
import type { Detector } from '../detector.ts';
import { accessFromOutside } from './access-from-outside.ts';
import { accountEnumeration } from './account-enumeration.ts';
import { accountSharing } from './account-sharing.ts';
import { accountTakeover } from './account-takeover.ts';
import { antMoving } from './ant-moving.ts';
import { beaconing } from './beaconing.ts';
import { bulkExport } from './bulk-export.ts';
import { credentialStuffing } from './credential-stuffing.ts';
import { credentialStuffingSlow } from './credential-stuffing-slow.ts';
import { crossBorder } from './cross-border.ts';
import { databaseExposed } from './database-exposed.ts';
import { foreignAccess } from './foreign-access.ts';
import { foreignCallers } from './foreign-callers.ts';
import { fraudCohort } from './fraud-cohort.ts';
import { guardedPortNewcomer } from './guarded-port-newcomer.ts';
import { hostFanOut } from './host-fan-out.ts';
import { interfaceFailing } from './interface-failing.ts';
import { interfaceFlood } from './interface-flood.ts';
import { interfaceLarger } from './interface-larger.ts';
import { interfaceSilent } from './interface-silent.ts';
import { interfaceSlow } from './interface-slow.ts';
import { learnedAccount } from './learned-account.ts';
import { learnedInterface } from './learned-interface.ts';
import { machineBehaviour } from './machine-behaviour.ts';
import { objectTraversal } from './object-traversal.ts';
import { partnerAfterContract } from './partner-after-contract.ts';
import { privilegedMisuse } from './privileged-misuse.ts';
import { probing } from './probing.ts';
import { registrationBatch } from './registration-batch.ts';
import { scraping } from './scraping.ts';
import { scrapingCohort } from './scraping-cohort.ts';
import { serverCallsOut } from './server-calls-out.ts';
import { slowGrowth } from './slow-growth.ts';
import { smsBombing } from './sms-bombing.ts';
import { smsPumping } from './sms-pumping.ts';
import { sourceLoginFailures } from './source-login-failures.ts';
import { sourceSends } from './source-sends.ts';
import { targetUnderAttack } from './target-under-attack.ts';
import { unauthenticatedInterface } from './unauthenticated-interface.ts';
import { unusualAccount } from './unusual-account.ts';
import { unusualInterface } from './unusual-interface.ts';

/** Every detector, by view. The order is part of the state's layout: append only. */
export const DETECTORS: {
  account: readonly Detector<AccountBaselines>[];
  interface: readonly Detector<InterfaceBaselines>[];
  source: readonly Detector<SparseBaselines>[];
  target: readonly Detector<SparseBaselines>[];
} = {
  account: [
    accountTakeover,
    antMoving,
    bulkExport,
    crossBorder,
    foreignAccess,
    hostFanOut,
    machineBehaviour,
    objectTraversal,
    scraping,
    accountSharing,
    beaconing,
    partnerAfterContract,
    learnedAccount,
    unusualAccount,
    serverCallsOut,
    privilegedMisuse,
    slowGrowth,
  ],
  interface: [
    accountEnumeration,
    credentialStuffingSlow,
    credentialStuffing,
    databaseExposed,
    foreignCallers,
    fraudCohort,
    interfaceFailing,
    interfaceFlood,
    interfaceSilent,
    registrationBatch,
    scrapingCohort,
    smsPumping,
    unauthenticatedInterface,
    interfaceLarger,
    learnedInterface,
    unusualInterface,
    guardedPortNewcomer,
    interfaceSlow,
  ],
  source: [probing, sourceLoginFailures, sourceSends, accessFromOutside],
  target: [smsBombing, targetUnderAttack],
};

/** All of them in one list, for documents, `weir doctor` and the alert stage's titles and severities. */
export const ALL_DETECTORS: readonly Detector<never>[] = [
  ...DETECTORS.account,
  ...DETECTORS.interface,
  ...DETECTORS.source,
  ...DETECTORS.target,
];
