// Loaded before `weir serve` (node --import): the account stage throws whenever it meets the event that WEIR_TEST_POISON
// names, as JSON {partition, offset}. Everything else is the program as it is.
import { pathToFileURL } from 'node:url';

const { partition, offset } = JSON.parse(process.env.WEIR_TEST_POISON);
const { RunVersions } = await import(pathToFileURL(`${process.env.WEIR_TEST_BUILD}/services/commands/run-versions.js`));
const read = RunVersions.prototype.read;

RunVersions.prototype.read = async function (name) {
  const version = await read.call(this, name);
  const createAccount = version.topology.createAccount;
  version.topology.createAccount = async (...task) => {
    const stage = await createAccount(...task);
    const process = stage.process.bind(stage);
    stage.process = (batch) => {
      if (batch.partition === partition && batch.columns.offset.subarray(0, batch.n).includes(offset)) throw new Error('poison');
      return process(batch);
    };
    return stage;
  };
  return version;
};
